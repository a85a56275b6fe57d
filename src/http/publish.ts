/** Putting staged files in their places without harm to what is there. */
import { FileExists, FileExpected } from '../errors/errors.js';
import type { Info } from '../fs/info.js';
import type {
  Lifetime,
  NamespacePublishOptions,
  NamespaceStagedFile,
} from '../namespaces/namespace-options.js';
import { joinPath } from '../path/parts.js';
import { requireReplaceable } from './compressed-upload.js';
import type { Exchange } from './exchange.js';
import { entityTagOf } from './semantics/entity-tag.js';
import { lookUp } from './stored-file.js';
import { randomName, withSuffix } from './upload-name.js';

/** `name-1` to this; then at random, so that the thousandth `a.png` is not a thousand tries. */
const COUNTED_TRIES = 50;
const RANDOM_TRIES = 5;

/** What is at the path changed after it was settled what may be done there. */
export class PathChanged extends Error {}

/** How long a file shall live, and who wants to know till when. */
export interface Fate extends Lifetime, Pick<NamespacePublishOptions, 'onPublished'> {}

/**
 * Publish where no file is, or one past its deadline that no purge has removed yet.
 * @throws FileExists
 */
export async function publishNew(
  exchange: Exchange,
  staged: NamespaceStagedFile,
  path: string,
  fate: Fate,
): Promise<Info> {
  try {
    return await staged.publish(path, { ...fate, overwrite: false });
  } catch (error) {
    if (!(error instanceof FileExists)) throw error;
    const { info: remains, expired } = await lookUp(exchange, path);
    if (!expired || remains === null) throw error;
    const check = (current: Info | null): void => {
      if (current !== null && !isVersion(current, remains)) throw error;
    };
    return staged.publish(path, { ...fate, overwrite: true, check });
  }
}

/** Remove what was published, with its deadline. What somebody else has put there since stays, with its own. */
export async function takeBack({ fs }: Exchange, published: Info): Promise<void> {
  const check = (current: Info | null): void => {
    if (current === null || !isVersion(current, published)) throw new PathChanged();
  };
  try {
    await fs.remove(published.path, { check });
  } catch (error) {
    if (!(error instanceof PathChanged)) throw error;
  }
}

function isVersion(current: Info, known: Info): boolean {
  return !current.isDir && entityTagOf(current) === entityTagOf(known);
}

/**
 * Publish under the first name that is free: `name.ext`, `name-1.ext`, …
 * Of any number of uploads at once, each gets one of its own.
 */
export async function publishRenamed(
  exchange: Exchange,
  staged: NamespaceStagedFile,
  { directory, name, fate }: { directory: string; name: string; fate: Fate },
): Promise<Info> {
  for (let tries = 0; ; tries++) {
    try {
      const path = joinPath(directory, nameOfTry(name, tries));
      await requireReplaceable(exchange, path);
      return await publishNew(exchange, staged, path, fate);
    } catch (error) {
      const taken = error instanceof FileExists || error instanceof FileExpected;
      if (!taken || tries >= COUNTED_TRIES + RANDOM_TRIES) throw error;
    }
  }
}

function nameOfTry(name: string, tries: number): string {
  if (tries === 0) return name;
  return withSuffix(name, tries <= COUNTED_TRIES ? String(tries) : randomName().slice(0, 8));
}
