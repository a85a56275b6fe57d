/**
 * Where compressed forms of files are sent in their place, who stores one
 * changes what everybody gets of the file: that is to replace it.
 */
import type { Exchange } from './exchange.js';
import { CODINGS } from './semantics/accept-encoding.js';
import { lookUp } from './stored-file.js';

/**
 * @param path of the upload
 * @returns undefined where nobody has to be waited for
 * @throws HttpProblem 405 or 403: there is a file that it would be sent for
 */
export function requireReplaceable(exchange: Exchange, path: string): Promise<void> | undefined {
  const original = originalOf(exchange, path);
  return original === null ? undefined : requireReplace(exchange, original);
}

async function requireReplace(exchange: Exchange, original: string): Promise<void> {
  const { info, expired } = await lookUp(exchange, original);
  if (info === null || info.isDir || expired) return;
  await exchange.require('replace', original);
}

/** Whether an upload would be sent for another file, if that is there. */
export function isCompressedForm(exchange: Exchange, path: string): boolean {
  return originalOf(exchange, path) !== null;
}

/** The file whose compressed form a path names; null for none. */
function originalOf({ options }: Exchange, path: string): string | null {
  const form = CODINGS.find(({ coding, ending }) => {
    return options.precompressed.includes(coding) && path.endsWith(ending);
  });
  const original = form === undefined ? '' : path.slice(0, -form.ending.length);
  return original === '' || original.endsWith('/') ? null : original;
}
