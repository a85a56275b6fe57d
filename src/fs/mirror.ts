/**
 * `mirror`: make one directory tree like another; pyfilesystem2's `fs.mirror`.
 *
 * The original trusts times alone, and so keeps a file of the same size that was
 * replaced by an older one. Here sizes and times that agree mean the same file,
 * where the destination keeps times; else the bytes decide.
 */
import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { DirectoryExpected, IllegalDestination, ResourceNotFound } from '../errors/errors.js';
import { compareCodePoints, dirname, joinPath } from '../path/parts.js';
import { forEachLimited } from './derived/concurrency.js';
import { ensureDir, makeDirs } from './derived/directories.js';
import { keptOptions } from './derived/kept.js';
import { checkTransferOptions, optionsChecker } from './derived/option-types.js';
import { concurrencyOf, Tally, transferTree } from './derived/transfer.js';
import { copyOne } from './derived/transfer-file.js';
import type { Place } from './derived/transfer-place.js';
import { isInside, isLinked, placeIn } from './derived/transfer-place.js';
import type { Filesystem } from './filesystem.js';
import type { Info } from './info.js';
import type { MoveTransferOptions } from './transfer-options.js';

/** Options of `mirror`. */
export interface MirrorOptions extends MoveTransferOptions {
  /** Directory of the source; default the root. */
  sourcePath?: string;
  /** Directory of the destination, made when it is missing; default the root. */
  destinationPath?: string;
  /**
   * Believe that a file of the same size is the same when it is newer at the
   * destination, without reading it. Cheap where times can't be set, and blind
   * to a file that was replaced by an older one of its size. Default false.
   */
  trustNewer?: boolean;
}

/** What `mirror` did. */
export interface MirrorReport {
  /** Files that were removed because the source had none of that name, including those in removed directories. */
  readonly removed: number;
}

const checkTrust = optionsChecker<Pick<MirrorOptions, 'trustNewer'>>({ trustNewer: 'boolean' });

/**
 * Make the destination like the source: what differs is copied, what the source
 * has not is removed. `preserveTime` is true by default, so that the next
 * mirroring can tell by times.
 *
 * A file takes the place of a directory, or a directory that of a file, only when
 * the new bytes have arrived. After a failure the mirror is in part old and in
 * part new; doing it again completes it. Links to directories of the source are
 * taken for nothing.
 *
 * @returns how much was removed; `onProgress` tells of what was copied
 * @throws ResourceNotFound, DirectoryExpected: the source; IllegalDestination: one lies in the other
 * @example await mirror(disk, bucket, { destinationPath: 'backup', concurrency: 64 })
 */
export async function mirror(
  source: Filesystem,
  destination: Filesystem,
  options: MirrorOptions = {},
): Promise<MirrorReport> {
  checkTransferOptions(options);
  checkTrust(options);
  const { sourcePath = '', destinationPath = '', preserveTime = true, signal } = options;
  const from = placeIn(source, sourcePath);
  const to = placeIn(destination, destinationPath);
  signal?.throwIfAborted();
  if (isInside(from, to) || isInside(to, from)) throw new IllegalDestination(to.path);
  if (!(await source.getInfo(from.path)).isDir) throw new DirectoryExpected(from.path);
  await ensureDir(to);
  const tally = new Tally(options.onProgress);
  const limit = concurrencyOf(source, destination, options);
  const report = { removed: 0 };
  const how = { ...options, preserveTime, report };
  let failure: { readonly error: unknown } | null = null;
  const proceed = () => {
    signal?.throwIfAborted();
    if (failure !== null) throw failure.error;
  };
  const replace: ReplaceFile = (directory, target) =>
    replaceFile(directory, { fs: destination, path: target.path }, how, tally);
  await forEachLimited(differences(from, to, proceed, replace, report), limit, async (difference) => {
    try {
      tally.count(difference.info, difference.to.path, await settle(difference, how));
    } catch (error) {
      failure ??= { error };
      throw error;
    }
  });
  signal?.throwIfAborted();
  return report;
}

/** How far a mirroring has come with its removals. */
interface Removals {
  removed: number;
}

type Mirroring = MirrorOptions & { report: Removals };

/** A file of the source, and what is at its place. */
interface Difference {
  readonly info: Info;
  readonly from: Place;
  readonly to: Place;
  readonly there: Info | null;
}

/**
 * All files of the source. On the way, what the source has not is removed, and directories are made.
 * @param proceed throws where nothing more is to be done; asked before each entry, as removals come between two files
 */
async function* differences(
  from: Place,
  to: Place,
  proceed: () => void,
  replace: ReplaceFile,
  report: Removals,
): AsyncGenerator<Difference> {
  const waiting: [Place, Place][] = [[from, to]];
  for (let pair = waiting.pop(); pair !== undefined; pair = waiting.pop()) {
    const [here, there] = pair;
    let removed = false;
    for await (const [info, current] of sideBySide(here, there)) {
      proceed();
      const source = info === null ? null : { fs: from.fs, path: info.path };
      if (info === null || source === null || (info.isDir && (await isLinked(source)))) {
        removed ||= current !== null;
        if (current !== null) await removeAny({ fs: to.fs, path: current.path }, current, report);
        continue;
      }
      const target = { fs: to.fs, path: joinPath(there.path, info.name) };
      if (!info.isDir) yield { info, from: source, to: target, there: current };
      else if (current?.isDir === false) await replace(source, target);
      else {
        // Through a link the files would go elsewhere.
        if (current !== null && (await isLinked(target))) {
          await to.fs.remove(target.path);
          report.removed++;
        }
        await ensureDir(target);
        waiting.push([source, target]);
      }
    }
    // It may have been there only for what was in it, and so may those above it.
    if (removed && !to.fs.getMeta().realDirectories) await makeDirs(to.fs, there.path, { recreate: true });
  }
}

/** The entries of two directories, by name. Both list in code-point order, so neither is kept whole. */
async function* sideBySide(a: Place, b: Place): AsyncGenerator<[Info | null, Info | null]> {
  const [one, other] = [a, b].map(({ fs, path }) => fs.scanDir(path)[Symbol.asyncIterator]()) as [
    AsyncIterator<Info>,
    AsyncIterator<Info>,
  ];
  try {
    // The source first: nothing is removed for one that can't be read.
    let left = await nextOf(one);
    let right = await nextOf(other);
    while (left !== null || right !== null) {
      const order = left === null ? 1 : right === null ? -1 : compareCodePoints(left.name, right.name);
      const pair: [Info | null, Info | null] = [order <= 0 ? left : null, order >= 0 ? right : null];
      if (order <= 0) left = await nextOf(one);
      if (order >= 0) right = await nextOf(other);
      yield pair;
    }
  } finally {
    await one.return?.();
    await other.return?.();
  }
}

async function nextOf(entries: AsyncIterator<Info>): Promise<Info | null> {
  const { done, value } = await entries.next();
  return done === true ? null : value;
}

async function removeAny(place: Place, info: Pick<Info, 'isDir'>, report?: Removals): Promise<void> {
  try {
    const files = info.isDir && report !== undefined ? await filesIn(place) : 1;
    await (info.isDir ? place.fs.removeTree(place.path) : place.fs.remove(place.path));
    if (report !== undefined) report.removed += files;
  } catch (error) {
    if (!(error instanceof ResourceNotFound)) throw error;
  }
}

/** How many files go with a directory: of a link only the link does. */
async function filesIn(directory: Place): Promise<number> {
  if (await isLinked(directory)) return 1;
  let files = 0;
  for await (const { isDir } of directory.fs.scanTree(directory.path)) if (!isDir) files++;
  return files;
}

/** Bring a file over where it differs. @returns whether it was copied */
async function settle({ info, from, to, there }: Difference, options: Mirroring): Promise<boolean> {
  options.signal?.throwIfAborted();
  if (there === null) return copyOne(from, info, to, options);
  if (there.isDir) {
    await replaceDirectory(from, info, to, options);
    return true;
  }
  if (await isSame(from, info, to, there, options)) return false;
  return copyOne(from, info, to, options);
}

/** The bytes are taken in before the directory goes. */
async function replaceDirectory(from: Place, info: Info, to: Place, options: Mirroring): Promise<void> {
  const { signal, preserveTime, report } = options;
  const body = await from.fs.openRead(from.path);
  const staged = await to.fs
    .stage(to.path, body, {
      ...keptOptions(info),
      ...(signal === undefined ? {} : { signal }),
    })
    .finally(() => body.destroy());
  try {
    await staged.synced;
    const files = await filesIn(to);
    await to.fs.removeTree(to.path);
    report.removed += files;
    await staged.publish(to.path);
  } catch (error) {
    await staged.discard();
    throw error;
  }
  if (preserveTime) await to.fs.setInfo(to.path, { modified: info.modified });
}

type ReplaceFile = (directory: Place, target: Place) => Promise<void>;

/** Put a directory of the source in the place of a file, which goes when all that is in the directory has arrived beside it. */
async function replaceFile(
  directory: Place,
  target: { readonly fs: Filesystem; readonly path: string },
  options: Mirroring,
  tally: Tally,
): Promise<void> {
  const { fs, path } = target;
  const beside = { fs, path: joinPath(dirname(path), `.mirror-${randomUUID()}`) };
  const { onProgress: _, report, ...how } = options;
  try {
    await ensureDir(beside);
    await transferTree(directory, beside, how, async (from, info, to) => {
      const copied = await copyOne(from, info, to, how);
      tally.count(info, joinPath(path, to.path.slice(beside.path.length + 1)), copied);
      return copied;
    });
    await fs.remove(path);
    report.removed++;
  } catch (error) {
    // The first error is the one to tell.
    await removeAny(beside, { isDir: true }).catch(() => undefined);
    throw error;
  }
  await fs.moveDir(beside.path, path, { create: true });
}

async function isSame(
  from: Place,
  info: Info,
  to: Place,
  there: Info,
  { trustNewer = false, preserveTime }: MirrorOptions,
): Promise<boolean> {
  if (info.size !== there.size) return false;
  if (areTelling(info, to, there) && info.modified.getTime() === there.modified.getTime()) return true;
  if (trustNewer && there.modified > info.modified) return true;
  if (!(await haveSameBytes(from, to))) return false;
  // So that the next time the times are enough.
  if (preserveTime) await to.fs.setInfo(to.path, { modified: info.modified });
  return true;
}

/** Some storages tell whole seconds only, and clocks differ. */
const COARSE_GRAIN_MS = 2000;
const FINE_GRAIN_MS = 50;

/**
 * Whether times that agree mean the same file. They don't where none can be
 * set, as then they agree by chance. And a source may have been replaced within
 * the moment in which it was brought over, or in which both were written. One
 * of the two that was made later than its time says was brought over later.
 */
function areTelling({ modified, created }: Info, { fs }: Place, there: Info): boolean {
  if (!fs.getMeta().setTimes) return false;
  const grain = modified.getMilliseconds() === 0 ? COARSE_GRAIN_MS : FINE_GRAIN_MS;
  const latest = Math.max(...[created, there.created].map((date) => date?.getTime() ?? 0));
  return latest > modified.getTime() + grain;
}

async function haveSameBytes(a: Place, b: Place): Promise<boolean> {
  const one = await a.fs.openRead(a.path);
  try {
    const other = await b.fs.openRead(b.path);
    try {
      return await areEqual(one[Symbol.asyncIterator](), other[Symbol.asyncIterator]());
    } finally {
      other.destroy();
    }
  } finally {
    one.destroy();
  }
}

/** Whatever the chunks are that they come in. */
async function areEqual(one: AsyncIterator<Buffer>, other: AsyncIterator<Buffer>): Promise<boolean> {
  let [left, right] = [await chunkOf(one), await chunkOf(other)];
  while (left.length > 0 && right.length > 0) {
    const length = Math.min(left.length, right.length);
    if (!left.subarray(0, length).equals(right.subarray(0, length))) return false;
    left = left.length > length ? left.subarray(length) : await chunkOf(one);
    right = right.length > length ? right.subarray(length) : await chunkOf(other);
  }
  return left.length === right.length;
}

/** The next bytes; none at the end. */
async function chunkOf(chunks: AsyncIterator<Buffer>): Promise<Buffer> {
  for (;;) {
    const { done, value } = await chunks.next();
    if (done === true) return Buffer.alloc(0);
    if (value.length > 0) return value;
  }
}
