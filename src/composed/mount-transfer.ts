/** Copying and moving between two paths that may lie in one mount, or in two. Paths are canonical. */
import { DestinationExists, FileExpected, FSError } from '../errors/errors.js';
import { findInfo } from '../fs/derived/read.js';
import type { CopyOptions, Filesystem } from '../fs/filesystem.js';
import { isWithin } from '../path/parts.js';
import { localError, type MountTable } from './mount-table.js';

/**
 * Do something within the one filesystem in which two paths lie; it may be mounted at two places.
 * @returns false, and nothing is done, when they lie in two
 */
export async function withinOne(
  mounts: MountTable,
  source: string,
  destination: string,
  work: (fs: Filesystem, from: string, to: string) => Promise<void>,
): Promise<boolean> {
  const [from, to] = [mounts.spot(source), mounts.spot(destination)];
  if (from.fs !== to.fs) return false;
  try {
    await work(from.fs, from.inner, to.inner);
    return true;
  } catch (error) {
    const isOfSource = error instanceof FSError && isWithin(from.inner, error.path ?? '');
    throw localError(error, isOfSource ? from.mount : to.mount);
  }
}

/**
 * Move from one mount to another in a way of their own, such as that of two namespaces, which keeps the deadline.
 * @param whole what the mounts are shown in
 * @returns false, and nothing is done, when they have none
 */
export async function moveOver(
  whole: Filesystem,
  mounts: MountTable,
  [source, destination]: readonly [string, string],
  options: CopyOptions = {},
): Promise<boolean> {
  const [from, to] = [mounts.spot(source), mounts.spot(destination)];
  const there = await findInfo(whole, destination);
  if (there !== null && options.overwrite !== true) throw new DestinationExists(destination);
  if (there?.isDir) throw new FileExpected(destination);
  try {
    return await from.fs.moveInto(to.fs, from.inner, to.inner, options);
  } catch (error) {
    const isOfSource = error instanceof FSError && error.path === from.inner;
    throw localError(error, isOfSource ? from.mount : to.mount);
  }
}
