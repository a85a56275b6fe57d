/**
 * Large files are let go of in the thread pool.
 *
 * To close a file seems to be nothing to wait for where nothing was written. But
 * when it has been removed or replaced meanwhile, its last close frees it: all
 * of its blocks, and what of it is in memory, tens of ms for each GB. So does
 * the rename that replaces one that nobody has open.
 */
import { closeCallback, closeSync, type Stats } from './system-calls.js';

/** What is smaller is freed in less time than the pool takes. */
const LARGE_BYTES = 8 * 1024 * 1024;

export function isLarge({ size }: Pick<Stats, 'size'>): boolean {
  return size > LARGE_BYTES;
}

/**
 * Close what was open for reading, or pinned.
 * @param size of the file in bytes, when it was last looked at
 * @param then is called when it is closed: at once for a small one
 */
export function closeRead(fd: number, size: number, then: () => void = () => undefined): void {
  if (isLarge({ size })) {
    closeCallback(fd, () => then()); // Nothing was written, so no error can tell of a loss.
    return;
  }
  closeSync(fd);
  then();
}
