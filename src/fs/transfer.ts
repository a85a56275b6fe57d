/**
 * Copying and moving between any two filesystems; pyfilesystem2's `fs.copy` and
 * `fs.move`. Files stream from one to the other; within one filesystem its own
 * `copy` and `move` are used, which may not touch the bytes at all.
 */
import { FileExpected, IllegalDestination } from '../errors/errors.js';
import { ensureDir } from './derived/directories.js';
import { removeEmptied } from './derived/emptied-directories.js';
import { checkTransferOptions } from './derived/option-types.js';
import type { Bring } from './derived/transfer.js';
import { checkTransfer, Tally, transferTree } from './derived/transfer.js';
import { checkCondition, copyOne } from './derived/transfer-file.js';
import { isInside, placeIn } from './derived/transfer-place.js';
import { moveByCopying } from './derived/versions.js';
import type { Filesystem } from './filesystem.js';
import type { MoveTransferOptions, TransferOptions } from './transfer-options.js';

/**
 * Copy one file, replacing what is at the destination. A copy that fails leaves
 * there what was there.
 *
 * @returns whether it was copied; false when `condition` held it back
 * @throws ResourceNotFound: the source, or the parent of the destination; FileExpected: one of them is a directory; IllegalDestination: onto itself
 * @example await copyFile(disk, 'a.txt', bucket, 'b.txt', { condition: 'newer' })
 */
export async function copyFile(
  source: Filesystem,
  sourcePath: string,
  destination: Filesystem,
  destinationPath: string,
  options: TransferOptions = {},
): Promise<boolean> {
  checkTransferOptions(options);
  checkCondition(options.condition);
  const from = placeIn(source, sourcePath);
  const to = placeIn(destination, destinationPath);
  if (isInside(from, to) && isInside(to, from)) throw new IllegalDestination(to.path);
  const info = await source.getInfo(from.path);
  const copied = await copyOne(from, info, to, options);
  new Tally(options.onProgress).count(info, to.path, copied);
  return copied;
}

/**
 * Copy a directory with all in it. The destination is made when it is missing;
 * what is there is merged with, and files of the same name are replaced. What
 * goes into a directory above is what was there at the start, as with the method.
 *
 * After a failure nothing new is begun, the files under way are let come to
 * their end, and the first error is thrown.
 *
 * @throws ResourceNotFound: the source, or the parent of the destination; DirectoryExpected, FileExpected: one is a file where the other is a directory; IllegalDestination: into itself
 * @example await copyDir(disk, 'photos', bucket, '2026', { concurrency: 64 })
 */
export async function copyDir(
  source: Filesystem,
  sourcePath: string,
  destination: Filesystem,
  destinationPath: string,
  options: TransferOptions = {},
): Promise<void> {
  checkTransferOptions(options);
  checkCondition(options.condition);
  const from = placeIn(source, sourcePath);
  const to = placeIn(destination, destinationPath);
  options.signal?.throwIfAborted();
  await checkTransfer(from, to);
  await ensureDir(to);
  await transferTree(from, to, options, (file, info, target) => copyOne(file, info, target, options));
}

/** Copy all of a filesystem into another; as `copyDir` of the roots. */
export function copyFS(
  source: Filesystem,
  destination: Filesystem,
  options?: TransferOptions,
): Promise<void> {
  return copyDir(source, '', destination, '', options);
}

/**
 * Move one file, replacing what is at the destination; onto itself does nothing.
 * The source is removed only when the whole file is at the destination; a version
 * that comes meanwhile is brought over too. If it can't be removed the file is in
 * both places, and the error is thrown.
 *
 * @throws ResourceNotFound: the source, or the parent of the destination; FileExpected: one of them is a directory; OperationFailed: the source is replaced again and again
 */
export async function moveFile(
  source: Filesystem,
  sourcePath: string,
  destination: Filesystem,
  destinationPath: string,
  options: MoveTransferOptions = {},
): Promise<void> {
  checkTransferOptions(options);
  const from = placeIn(source, sourcePath);
  const to = placeIn(destination, destinationPath);
  const { preserveTime = true, signal, onProgress } = options;
  signal?.throwIfAborted();
  const info = await source.getInfo(from.path);
  if (info.isDir) throw new FileExpected(from.path);
  if (isInside(from, to) && isInside(to, from)) return;
  await moveOver(source, from.path, destination, to.path, { preserveTime, signal });
  new Tally(onProgress).count(info, to.path, true);
}

/**
 * Move a directory with all in it. The destination is made when it is missing,
 * and merged with when it is there; onto itself does nothing. A file is removed
 * from the source once it is whole at the destination, so wherever a move ends,
 * each file is in one of the places, and doing it again completes it; so not
 * where it had begun to put things into itself, as the method `moveDir` says.
 *
 * @throws as `copyDir`; DirectoryNotEmpty: somebody added to the source meanwhile
 */
export async function moveDir(
  source: Filesystem,
  sourcePath: string,
  destination: Filesystem,
  destinationPath: string,
  options: MoveTransferOptions = {},
): Promise<void> {
  checkTransferOptions(options);
  const from = placeIn(source, sourcePath);
  const to = placeIn(destination, destinationPath);
  const { preserveTime = true, signal } = options;
  signal?.throwIfAborted();
  if (isInside(from, to) && isInside(to, from)) return;
  await checkTransfer(from, to);
  await ensureDir(to);
  const bring: Bring = async (file, _, target) => {
    await moveOver(source, file.path, destination, target.path, { preserveTime, signal });
    return true;
  };
  await transferTree(from, to, options, bring, removeEmptied);
}

/** Move all of a filesystem into another; as `moveDir` of the roots. The source's root stays. */
export function moveFS(
  source: Filesystem,
  destination: Filesystem,
  options?: MoveTransferOptions,
): Promise<void> {
  return moveDir(source, '', destination, '', options);
}

interface MoveOptions {
  preserveTime: boolean;
  signal: AbortSignal | undefined;
}

async function moveOver(
  source: Filesystem,
  sourcePath: string,
  destination: Filesystem,
  destinationPath: string,
  { preserveTime, signal }: MoveOptions,
): Promise<void> {
  signal?.throwIfAborted();
  const how = { overwrite: true, preserveTime };
  if (source === destination) return source.move(sourcePath, destinationPath, how);
  if (await source.moveInto(destination, sourcePath, destinationPath, how)) return;
  const from = placeIn(source, sourcePath);
  const to = placeIn(destination, destinationPath);
  // By way of a link, further down than where the transfer began.
  if (isInside(from, to) && isInside(to, from)) return;
  const options = { preserveTime, ...(signal === undefined ? {} : { signal }) };
  await moveByCopying(source, sourcePath, true, async () => {
    const info = await source.getInfo(sourcePath);
    await copyOne(from, info, to, options);
    return info;
  });
}
