/** Giving a whole file its name, in one step. */
import type { ChangingCalls } from './changing-calls.js';
import { errnoOf } from './errno-errors.js';
import { DIRECTORY, type Pin } from './pin.js';
import { close, closeSync, constants, fsync, link, lstat, open, rename, unlink } from './system-calls.js';

/** What link(2) says on file systems without hard links, for files of others, or when an inode has too many. */
const noHardLink = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** What fsync(2) and open(2) say of directories that can't be synced: nothing is lost by going on. */
const noDirectorySync = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EACCES', 'EPERM', 'EISDIR']);

/**
 * Move a file to a name that nothing has. Of two at once, one wins; the other
 * gets the system's `EEXIST`. rename(2) would replace, so it is a hard link
 * and the old name's removal.
 */
export async function moveExclusively(
  from: string,
  to: string,
  calls: Pick<ChangingCalls, 'link' | 'unlink'> = { link, unlink },
): Promise<void> {
  try {
    await calls.link(from, to);
  } catch (error) {
    if (!noHardLink.has(errnoOf(error))) throw error;
    return moveOntoPlaceholder(from, to);
  }
  await calls.unlink(from);
}

/** Without hard links: take the name with an empty file, then replace that. */
async function moveOntoPlaceholder(from: string, to: string): Promise<void> {
  await close(await open(to, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o666));
  try {
    await rename(from, to);
  } catch (error) {
    await unlink(to).catch(() => undefined);
    throw error;
  }
}

/** What rename(2) says when something is at the new name, or the directory can't go there in one step. */
const noWholeRename = new Set(['EEXIST', 'ENOTEMPTY', 'ENOTDIR', 'EISDIR', 'EINVAL', 'EXDEV', 'EBUSY']);

/** Move a directory with all in it. @returns false, and nothing is done, when it is a link or the new name is taken */
export async function renameDirectory(from: string, to: string): Promise<boolean> {
  if (!(await lstat(from)).isDirectory()) return false;
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (noWholeRename.has(errnoOf(error))) return false;
    throw error;
  }
}

/** Bring the names in a directory to the disk. */
export async function syncDirectory(directory: Pin): Promise<void> {
  try {
    const fd = await open(directory.here, constants.O_RDONLY | DIRECTORY);
    try {
      await fsync(fd);
    } finally {
      closeSync(fd); // With nothing left to write it waits for nothing.
    }
  } catch (error) {
    if (!noDirectorySync.has(errnoOf(error))) throw error;
  }
}
