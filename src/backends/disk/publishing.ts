/** Giving a whole file its name, in one step. */
import type { ChangingCalls } from './changing-calls.js';
import { errnoOf } from './errno-errors.js';
import { DIRECTORY, type Pin } from './pin.js';
import {
  close,
  closeSync,
  constants,
  fstat,
  fsync,
  link,
  lstat,
  open,
  rename,
  type Stats,
  unlink,
} from './system-calls.js';

/** Of a file's mode: without the bits that lend its owner's rights to who runs it. */
const PERMISSIONS = 0o777;

/** What link(2) says on file systems without hard links, for files of others, or when an inode has too many. */
export const noHardLink = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

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
  try {
    await calls.unlink(from);
  } catch (error) {
    // Somebody has removed it, or this very call has, where a network file system asks twice.
    if (errnoOf(error) === 'ENOENT') return;
    await unlinkSecondName(from, to).catch(() => undefined);
    throw error;
  }
}

/**
 * Give a file that is to replace another the permissions of that one: what is its owner's alone does not become
 * everybody's by being written anew.
 */
export async function keepMode(
  { systemPath, stats }: { readonly systemPath: string; readonly stats: Stats },
  target: string,
  calls: Pick<ChangingCalls, 'lstat' | 'chmod'>,
): Promise<void> {
  const there = await calls.lstat(target);
  if (there?.isFile() && (there.mode & PERMISSIONS) !== (stats.mode & PERMISSIONS)) {
    await calls.chmod(systemPath, there.mode & PERMISSIONS);
  }
}

/** Only while the first name is there: who refuses to remove it may have done so all the same. */
async function unlinkSecondName(first: string, second: string): Promise<void> {
  if (await areTwoNames(first, second)) await unlink(second);
}

/** Whether two paths are two names of one file, so that it is still there without the first. */
export async function areTwoNames(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([lstat(a), lstat(b).catch(() => null)]);
  return other !== null && one.ino === other.ino && one.dev === other.dev && one.nlink > 1;
}

/** Without hard links: take the name with an empty file, then replace that. Who is killed between leaves the empty file. */
async function moveOntoPlaceholder(from: string, to: string): Promise<void> {
  const placeholder = await makeEmptyFile(to);
  try {
    await rename(from, to);
  } catch (error) {
    await takeBack(to, placeholder).catch(() => undefined);
    throw error;
  }
}

/** Make a file where nothing is. @throws the system's `EEXIST` */
async function makeEmptyFile(systemPath: string): Promise<Stats> {
  const fd = await open(systemPath, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o666);
  try {
    return await fstat(fd);
  } finally {
    await close(fd);
  }
}

/** Take away a file that was put there, unless it is another by now, or has become more. */
export async function takeBack(systemPath: string, { dev, ino, size }: Stats): Promise<void> {
  const there = await lstat(systemPath);
  // The inode of one that was removed is soon used again: hence the size.
  if (there.dev === dev && there.ino === ino && there.size === size) await unlink(systemPath);
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

/**
 * Change the names in directories during `work`, which calls `sync` to bring them to the disk. What that takes is there
 * before: to be out of descriptors when the change is made would call it a failure, and it would be seen all the same.
 * @param directories none: nothing is synced
 */
export async function withSync<T>(
  directories: readonly Pin[],
  work: (sync: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const opened: number[] = [];
  try {
    for (const { here } of directories) {
      const fd = await open(here, constants.O_RDONLY | DIRECTORY).catch(unlessNoSync);
      if (fd !== undefined) opened.push(fd);
    }
    return await work(async () => {
      for (const fd of opened) await fsync(fd).catch(unlessNoSync);
    });
  } finally {
    for (const fd of opened) closeSync(fd); // With nothing left to write it waits for nothing.
  }
}

function unlessNoSync(error: unknown): undefined {
  if (!noDirectorySync.has(errnoOf(error))) throw error;
}

/** Bring the names in a directory to the disk. */
export function syncDirectory(directory: Pin): Promise<void> {
  return withSync([directory], (sync) => sync());
}
