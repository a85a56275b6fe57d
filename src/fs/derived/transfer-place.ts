/** The places between which files are brought over, and what a transfer needs of their filesystems. */
import { isWithin, relativePath } from '../../path/parts.js';
import type { Meta } from '../capabilities.js';
import type { FilesystemEssentials } from '../essentials.js';
import type { Info } from '../info.js';
import type { StagedFile } from '../staged-file.js';
import type { Copier, Location } from '../transfer-options.js';
import type { Scannable } from '../tree-options.js';

/** What a transfer needs of each filesystem. */
export interface TransferEnd extends FilesystemEssentials, Scannable {
  getInfo(path: string): Promise<Info>;
  scanDir(path: string): AsyncIterable<Info>;
  getMeta(): Meta;
  validatePath(path: string): string;
  locate(path: string): Location;
  copy(
    source: string,
    destination: string,
    options?: { overwrite?: boolean; preserveTime?: boolean },
  ): Promise<void>;
  move(
    source: string,
    destination: string,
    options?: { overwrite?: boolean; preserveTime?: boolean },
  ): Promise<void>;
  removeTree(path: string): Promise<void>;
  locateBytes(path: string): Location | null;
  copierFrom(source: Location, path: string): Copier | null;
  stage(path: string, source: AsyncIterable<Uint8Array>, options?: object): Promise<StagedFile>;
}

/** A place in a filesystem, its path canonical. */
export interface Place {
  readonly fs: TransferEnd;
  readonly path: string;
}

/** Where a file goes to. */
export interface Target extends Place {
  /** Nothing was in its directory when this transfer came to it, so where looking costs a request nobody looks again. */
  readonly vacant?: boolean;
}

/** @throws TypeError no filesystem, or no path */
export function placeIn(fs: TransferEnd, path: string): Place {
  if (typeof fs?.validatePath !== 'function')
    throw new TypeError('files are copied and moved between Filesystems');
  return { fs, path: fs.validatePath(path) };
}

/** Whether `inner` is `outer` or lies in it, as far as the filesystems can tell. */
export function isInside(outer: Place, inner: Place): boolean {
  if (outer.fs === inner.fs && isWithin(outer.path, inner.path)) return true;
  const [a, b] = [outer.fs.locate(outer.path), inner.fs.locate(inner.path)];
  return a.storage === b.storage && isWithin(a.path, b.path);
}

/** The path that leads from `outer` to `inner`, which is there or below; null when it is elsewhere, as far as the filesystems can tell. */
export function wayDown(outer: Place, inner: Place): string | null {
  const [a, b] = [outer.fs.locate(outer.path), inner.fs.locate(inner.path)];
  if (a.storage === b.storage && isWithin(a.path, b.path)) return relativePath(a.path, b.path);
  // By way of a link that leads out of it.
  if (outer.fs === inner.fs && isWithin(outer.path, inner.path)) return relativePath(outer.path, inner.path);
  return null;
}

/** Whether a place is a link; asked only where links occur. */
export async function isLinked({ fs, path }: Place): Promise<boolean> {
  return path !== '' && fs.getMeta().links && (await fs.isLink(path));
}
