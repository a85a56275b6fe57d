/** `copyDir` and `moveDir` of one filesystem: both merge into a directory that is there. */
import { DirectoryExpected, ResourceNotFound } from '../../errors/errors.js';
import type { CopyDirOptions } from '../transfer-options.js';
import { ensureDir } from './directories.js';
import { removeEmptied } from './emptied-directories.js';
import { checkCopyDirOptions } from './option-types.js';
import { findInfo } from './read.js';
import type { Bring } from './transfer.js';
import { checkTransfer, transferTree } from './transfer.js';
import { copyOne } from './transfer-file.js';
import type { Place, TransferEnd } from './transfer-place.js';
import { isInside, placeIn } from './transfer-place.js';

export async function copyDir(
  fs: TransferEnd,
  source: string,
  destination: string,
  options: CopyDirOptions = {},
): Promise<void> {
  checkCopyDirOptions(options);
  const from = placeIn(fs, source);
  const to = placeIn(fs, destination);
  await checkTransfer(from, to);
  await prepare(to, options);
  const { preserveTime = false } = options;
  await transferTree(from, to, {}, (file, info, target) => copyOne(file, info, target, { preserveTime }));
}

export async function moveDir(
  fs: TransferEnd,
  source: string,
  destination: string,
  options: CopyDirOptions = {},
): Promise<void> {
  checkCopyDirOptions(options);
  const from = placeIn(fs, source);
  const to = placeIn(fs, destination);
  if (isInside(from, to) && isInside(to, from)) {
    if ((await fs.getInfo(from.path)).isDir) return;
    throw new DirectoryExpected(from.path);
  }
  await checkTransfer(from, to);
  await prepare(to, options);
  const { preserveTime = true } = options;
  const bring: Bring = async (file, _, target) => {
    await fs.move(file.path, target.path, { overwrite: true, preserveTime });
    return true;
  };
  await transferTree(from, to, {}, bring, removeEmptied);
}

/** @throws ResourceNotFound: missing, and not to be made; DirectoryExpected: a file */
async function prepare(to: Place, { create = false }: CopyDirOptions): Promise<void> {
  if (create) return ensureDir(to);
  const there = await findInfo(to.fs, to.path);
  if (there === null) throw new ResourceNotFound(to.path);
  if (!there.isDir) throw new DirectoryExpected(to.path);
}
