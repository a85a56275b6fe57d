/**
 * From the name that a client gives its file to the name it is stored under.
 *
 * The client's name may be a path of its machine, a trick on ours, or nothing.
 * What is left of it here is one component that begins with no dot and has
 * nothing in it that a terminal or a header would act on.
 */
import { randomBytes } from 'node:crypto';
import { visibleName } from '../path/content-disposition.js';
import { splitExtension } from '../path/parts.js';

/** Of one component, on every common file system. */
const MAX_NAME_BYTES = 255;

/**
 * The name to store a file under.
 * @param clientName as the client sent it, decoded; undefined for none
 * @returns a name of one component; a random one when nothing is left, and a random stem before a name that is all extension (`.jpg`)
 */
export function uploadName(clientName: string | undefined): string {
  const name = visibleName(clientName ?? '');
  if (/^\.*$/.test(name)) return randomName();
  return name.startsWith('.') ? `${randomName()}.${name.replace(/^[.\s]+/, '')}` : name;
}

/**
 * The same name with something between stem and extension. The stem is cut
 * where it would be too long with that.
 * @example withSuffix('a.png', '1') // 'a-1.png'
 */
export function withSuffix(name: string, suffix: string): string {
  const { stem, extension } = splitExtension(name);
  const end = `-${suffix}${extension}`;
  const room = MAX_NAME_BYTES - Buffer.byteLength(end);
  const characters = [...stem];
  while (characters.length > 1 && Buffer.byteLength(characters.join('')) > room) characters.pop();
  return characters.join('') + end;
}

/** Long enough that nobody guesses one or draws one twice. */
export function randomName(): string {
  return randomBytes(12).toString('hex');
}
