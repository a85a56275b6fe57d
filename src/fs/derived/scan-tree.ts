/**
 * Everything below a directory, directory by directory.
 *
 * One generator with a stack of its own: nested `yield*` would hand every entry
 * up through all levels.
 */
import { normalizePath } from '../../path/normalize.js';
import type { Meta } from '../capabilities.js';
import type { Info } from '../info.js';
import type { ScanTreeOptions } from '../tree-options.js';
import { checkScanTreeOptions } from './option-types.js';

interface Scanned {
  scanDir(path: string): AsyncIterable<Info>;
  isLink(path: string): Promise<boolean>;
  getMeta(): Meta;
}

/** A directory that is being read. */
interface Level {
  readonly path: string;
  readonly entries: AsyncIterator<Info>;
}

/** Each directory comes right before what is in it. A link to a directory is given out and not entered: it may lead in a circle. */
export async function* scanTree(
  fs: Scanned,
  path: string,
  options: ScanTreeOptions = {},
): AsyncGenerator<Info> {
  checkScanTreeOptions(options);
  const { enter = () => true, tolerate = () => false } = options;
  const { links } = fs.getMeta();
  const open = (directory: string): Level => ({
    path: directory,
    entries: fs.scanDir(directory)[Symbol.asyncIterator](),
  });
  const levels = [open(normalizePath(path))];
  try {
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      const info = await nextOf(level, tolerate);
      if (info === null) {
        levels.pop();
        continue;
      }
      yield info;
      if (info.isDir && enter(info) && !(links && (await isLink(fs, info.path, tolerate)))) {
        levels.push(open(info.path));
      }
    }
  } finally {
    for (const { entries } of levels.reverse()) await entries.return?.();
  }
}

/**
 * Leave out what lies below directories that `enter` refuses: for a backend
 * whose own `scanTree` lists a whole tree at once.
 * @param entries each directory right before what is in it
 */
export async function* pruned(
  entries: AsyncIterable<Info>,
  enter: ((directory: Info) => boolean) | undefined,
): AsyncGenerator<Info> {
  let refused: string | null = null;
  for await (const info of entries) {
    if (refused !== null && info.path.startsWith(refused)) continue;
    refused = info.isDir && enter?.(info) === false ? `${info.path}/` : null;
    yield info;
  }
}

type Tolerate = NonNullable<ScanTreeOptions['tolerate']>;

async function nextOf({ path, entries }: Level, tolerate: Tolerate): Promise<Info | null> {
  try {
    const { done, value } = await entries.next();
    return done === true ? null : value;
  } catch (error) {
    if (tolerate(path, error)) return null;
    throw error;
  }
}

async function isLink(fs: Scanned, path: string, tolerate: Tolerate): Promise<boolean> {
  try {
    return await fs.isLink(path);
  } catch (error) {
    if (tolerate(path, error)) return true;
    throw error;
  }
}
