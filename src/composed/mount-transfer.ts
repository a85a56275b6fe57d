/** Copying and moving between two paths that may lie in one mount, or in two. Paths are canonical. */
import { isOfSource } from '../fs/derived/transfer-error.js';
import type { CopyOptions, Filesystem } from '../fs/filesystem.js';
import { localError, type MountTable, type Spot } from './mount-table.js';

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
    throw await localTransferError(error, from, to);
  }
}

/**
 * Move from one mount to another in a way of their own, such as that of two namespaces, which keeps the deadline.
 * @returns false, and nothing is done, when they have none
 */
export async function moveOver(
  mounts: MountTable,
  source: string,
  destination: string,
  options?: CopyOptions,
): Promise<boolean> {
  const [from, to] = [mounts.spot(source), mounts.spot(destination)];
  try {
    return await from.fs.moveInto(to.fs, from.inner, to.inner, options);
  } catch (error) {
    throw await localTransferError(error, from, to);
  }
}

/** An error of bringing something from one spot to another, as one of the whole. */
export async function localTransferError(
  error: unknown,
  from: Spot,
  to: Pick<Spot, 'mount' | 'inner'>,
): Promise<unknown> {
  return localError(error, (await isOfSource(error, from, to.inner)) ? from.mount : to.mount);
}
