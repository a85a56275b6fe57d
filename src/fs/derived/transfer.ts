/**
 * Bringing files from one filesystem to another, or to another place in the
 * same: what the methods `copyDir` and `moveDir`, the functions of
 * `fs/transfer.ts` and mirroring have in common.
 *
 * A file is brought over whole or not at all, because `write` and `copy`
 * publish it in one step. So a failure leaves the destination as it was, or
 * with whole new files, and never takes anything from the source.
 */
import {
  DestinationExists,
  DirectoryExists,
  DirectoryExpected,
  DirectoryNotEmpty,
  FileExists,
  FileExpected,
  IllegalDestination,
  PermissionDenied,
  ResourceNotFound,
} from '../../errors/errors.js';
import { ancestors, dirname, isWithin, joinPath } from '../../path/parts.js';
import type { Meta } from '../capabilities.js';
import type { FilesystemEssentials } from '../essentials.js';
import type { Info } from '../info.js';
import type { StagedFile } from '../staged-file.js';
import type {
  Copier,
  CopyCondition,
  Location,
  MoveTransferOptions,
  TransferOptions,
} from '../transfer-options.js';
import type { Scannable } from '../tree-options.js';
import { forEachLimited } from './concurrency.js';
import { findInfo, isEmpty } from './read.js';

const LOCAL_CONCURRENCY = 4;
const NETWORK_CONCURRENCY = 32;

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

export function placeIn(fs: TransferEnd, path: string): Place {
  return { fs, path: fs.validatePath(path) };
}

/** The place at the same path below, seen from `from`, in another tree. */
function mapped(path: string, from: Place, to: Place): string {
  return joinPath(to.path, from.path === '' ? path : path.slice(from.path.length + 1));
}

/** Whether `inner` is `outer` or lies in it, as far as the filesystems can tell. */
export function isInside(outer: Place, inner: Place): boolean {
  if (outer.fs === inner.fs && isWithin(outer.path, inner.path)) return true;
  const [a, b] = [outer.fs.locate(outer.path), inner.fs.locate(inner.path)];
  return a.storage === b.storage && isWithin(a.path, b.path);
}

/** Counts what has been done, and tells. */
export class Tally {
  #files = 0;
  #skipped = 0;
  #bytes = 0;
  readonly #tell: TransferOptions['onProgress'];

  constructor(tell: TransferOptions['onProgress']) {
    this.#tell = tell;
  }

  count(source: Info, destination: string, copied: boolean): void {
    if (copied) {
      this.#files++;
      this.#bytes += source.size;
    } else this.#skipped++;
    const counts = { files: this.#files, skipped: this.#skipped, bytes: this.#bytes };
    this.#tell?.({ source: source.path, destination, copied, ...counts });
  }
}

/** @throws RangeError, TypeError */
export function concurrencyOf(
  from: TransferEnd,
  to: TransferEnd,
  { concurrency }: MoveTransferOptions,
): number {
  if (concurrency === undefined) {
    const network = from.getMeta().network || to.getMeta().network;
    return network ? NETWORK_CONCURRENCY : LOCAL_CONCURRENCY;
  }
  if (typeof concurrency !== 'number') throw new TypeError('concurrency must be a number');
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new RangeError(`concurrency must be a whole number from 1, not ${concurrency}`);
  }
  return concurrency;
}

/**
 * Copy one file, replacing what is there.
 * @returns false when the condition held it back
 */
export async function copyOne(
  from: Place,
  info: Info,
  to: Target,
  options: TransferOptions,
): Promise<boolean> {
  const { condition = 'always', signal, preserveTime = false } = options;
  signal?.throwIfAborted();
  if (info.isDir) throw new FileExpected(from.path);
  if (!(await isWanted(condition, info, to))) return false;
  const overwrite = condition !== 'not-exists';
  try {
    if (from.fs === to.fs) await from.fs.copy(from.path, to.path, { overwrite, preserveTime });
    else await bringOver(from, info, to, { overwrite, preserveTime, signal });
    return true;
  } catch (error) {
    const lostRace = error instanceof FileExists || error instanceof DestinationExists;
    if (lostRace && !overwrite) return false;
    throw error;
  }
}

async function isWanted(condition: CopyCondition, source: Info, to: Target): Promise<boolean> {
  if (condition === 'always') return true;
  const there = to.vacant === true ? null : await findInfo(to.fs, to.path);
  if (there?.isDir) throw new FileExpected(to.path);
  switch (condition) {
    case 'newer':
      return there === null || source.modified > there.modified;
    case 'older':
      return there === null || source.modified < there.modified;
    case 'exists':
      return there !== null;
    case 'not-exists':
      return there === null;
    default:
      throw new TypeError(`unknown condition ${JSON.stringify(condition)}`);
  }
}

interface StreamOptions {
  overwrite: boolean;
  preserveTime: boolean;
  signal: AbortSignal | undefined;
}

async function bringOver(from: Place, info: Info, to: Target, options: StreamOptions): Promise<void> {
  // Only a write can promise everywhere that it replaces nothing.
  const bytes = options.overwrite ? from.fs.locateBytes(from.path) : null;
  const copier = bytes && to.fs.copierFrom(bytes, to.path);
  if (copier === null || !(await copied(copier, to))) await streamOver(from, info, to, options);
  if (options.preserveTime) await to.fs.setInfo(to.path, { modified: info.modified });
}

/** @returns false when what is missing or refused may be what only the source's filesystem can tell of, or reach */
async function copied(copier: Copier, to: Target): Promise<boolean> {
  try {
    await copier({ assumeClear: to.vacant === true });
    return true;
  } catch (error) {
    if (error instanceof ResourceNotFound || error instanceof PermissionDenied) return false;
    throw error;
  }
}

async function streamOver(
  from: Place,
  info: Info,
  to: Target,
  { overwrite, signal }: StreamOptions,
): Promise<void> {
  const body = await from.fs.openRead(from.path);
  try {
    await to.fs.write(to.path, body, {
      overwrite,
      assumeClear: to.vacant === true,
      ...(info.contentType === undefined ? {} : { contentType: info.contentType }),
      ...(signal === undefined ? {} : { signal }),
    });
  } finally {
    body.destroy(); // A write that is refused does not begin to read.
  }
}

/** The directories of a destination in which nothing was when a transfer came to them. */
class VacantDirectories {
  readonly #topmost = new Set<string>();

  has(path: string): boolean {
    if (this.#topmost.size === 0) return false;
    return [path, ...ancestors(path), ''].some((above) => this.#topmost.has(above));
  }

  /** Make a directory that may be there, and note whether it is vacant. @throws DirectoryExpected a file is there */
  async ensure(place: Place): Promise<void> {
    if (this.has(place.path)) return place.fs.makeDir(place.path, { recreate: true, assumeClear: true });
    await ensureDir(place);
    await this.look(place);
  }

  /** Only where it saves requests: elsewhere a look at a place comes with the write to it. */
  async look({ fs, path }: Place): Promise<void> {
    if (fs.getMeta().network && (await isEmpty(fs, path))) this.#topmost.add(path);
  }
}

/** Make a directory that may be there. @throws DirectoryExpected a file is */
export async function ensureDir({ fs, path }: Place): Promise<void> {
  try {
    await fs.makeDir(path, { recreate: true });
  } catch (error) {
    throw error instanceof DirectoryExists ? new DirectoryExpected(path, { cause: error }) : error;
  }
}

/** @throws ResourceNotFound, DirectoryExpected, IllegalDestination */
export async function checkTransfer(from: Place, to: Place): Promise<void> {
  if (isInside(from, to)) throw new IllegalDestination(to.path);
  if (!(await from.fs.getInfo(from.path)).isDir) throw new DirectoryExpected(from.path);
}

/** Bring all files below `from` to the same places below `to`, and make the directories. Both are directories. */
export async function transferTree(
  from: Place,
  to: Place,
  options: MoveTransferOptions,
  bring: (source: Place, info: Info, target: Target) => Promise<boolean>,
): Promise<void> {
  const tally = new Tally(options.onProgress);
  const limit = concurrencyOf(from.fs, to.fs, options);
  const directories = new VacantDirectories();
  await directories.look(to);
  await forEachLimited(filesOf(from, to, directories, options.signal), limit, async (info) => {
    const path = mapped(info.path, from, to);
    const target = { fs: to.fs, path, vacant: directories.has(dirname(path)) };
    tally.count(info, target.path, await bring({ fs: from.fs, path: info.path }, info, target));
  });
  options.signal?.throwIfAborted();
}

/**
 * The files below `from`, each after its directory has been made below `to`.
 * Links to directories are left out: followed, they may lead in a circle.
 */
async function* filesOf(
  from: Place,
  to: Place,
  directories: VacantDirectories,
  signal: AbortSignal | undefined,
): AsyncGenerator<Info> {
  for await (const info of from.fs.scanTree(from.path)) {
    signal?.throwIfAborted();
    if (!info.isDir) yield info;
    else if (!(await isLinked({ fs: from.fs, path: info.path }))) {
      await directories.ensure({ fs: to.fs, path: mapped(info.path, from, to) });
    }
  }
}

/** Whether a place is a link; asked only where links occur. */
export async function isLinked({ fs, path }: Place): Promise<boolean> {
  return path !== '' && fs.getMeta().links && (await fs.isLink(path));
}

/**
 * Remove the directories from which all files were moved. What was added
 * meanwhile stays, and so do links to directories, with what holds them.
 * @throws DirectoryNotEmpty something stays
 */
export async function removeEmptied({ fs, path }: Place): Promise<void> {
  const directories: string[] = [];
  try {
    for await (const info of fs.scanTree(path)) if (info.isDir) directories.push(info.path);
  } catch (error) {
    if (error instanceof ResourceNotFound) return; // It was there only for what was in it.
    throw error;
  }
  for (const directory of directories.reverse()) {
    if (!(await isLinked({ fs, path: directory }))) await removeOneEmptied(fs, directory);
  }
  if (path === '') return;
  if (await isLinked({ fs, path })) await fs.remove(path);
  else await removeOneEmptied(fs, path);
}

async function removeOneEmptied(fs: TransferEnd, path: string): Promise<void> {
  try {
    await fs.removeDir(path);
  } catch (error) {
    if (error instanceof ResourceNotFound) return; // It was there only for what was in it.
    // What can't be seen, such as a link that leads nowhere, goes along.
    if (!(error instanceof DirectoryNotEmpty) || !(await isEmpty(fs, path))) throw error;
    await fs.removeTree(path);
  }
}
