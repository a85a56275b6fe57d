/** Directory methods of the interface, over the essentials. */
import {
  DirectoryExists,
  DirectoryExpected,
  FSError,
  OperationFailed,
  ResourceNotFound,
} from '../../errors/errors.js';
import { normalizePath } from '../../path/normalize.js';
import { ancestors } from '../../path/parts.js';
import type { Meta } from '../capabilities.js';
import type { FilesystemEssentials, MakeDirOptions } from '../essentials.js';
import type { RemoveOutcome } from '../staged-file.js';

export async function makeDirs(
  fs: FilesystemEssentials,
  path: string,
  options: MakeDirOptions = {},
): Promise<void> {
  const target = normalizePath(path);
  for (const above of ancestors(target).reverse()) await makeAbove(fs, above);
  await fs.makeDir(target, options);
}

/** A directory on the way: one that is there is fine, a file is not. */
async function makeAbove(fs: FilesystemEssentials, path: string): Promise<void> {
  try {
    await fs.makeDir(path, { recreate: true });
  } catch (error) {
    if (error instanceof DirectoryExists) throw new DirectoryExpected(path, { cause: error });
    throw error;
  }
}

/** What removing a tree needs beyond the essentials. */
interface Tree extends FilesystemEssentials {
  isLink(path: string): Promise<boolean>;
  getMeta(): Meta;
}

/** A link goes like a file, and what it leads to stays. */
export async function removeTree(fs: Tree, path: string): Promise<void> {
  const target = normalizePath(path);
  if (await leadsElsewhere(fs, target)) return fs.remove(target);
  for await (const info of fs.scanDir(target)) {
    if (info.isDir) await ignoringMissing(removeTree(fs, info.path));
    else await ignoringMissing(fs.remove(info.path));
  }
  if (target !== '') await ignoringMissing(fs.removeDir(target));
}

async function leadsElsewhere(fs: Tree, path: string): Promise<boolean> {
  if (path === '' || !fs.getMeta().links || !(await fs.isLink(path))) return false;
  if ((await fs.getInfo(path)).isDir) return true;
  throw new DirectoryExpected(path);
}

async function ignoringMissing(removal: Promise<void>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (!(error instanceof ResourceNotFound)) throw error;
  }
}

export function removeMany(fs: FilesystemEssentials, paths: readonly string[]): Promise<RemoveOutcome[]> {
  return Promise.all(paths.map((path) => removeOne(fs, path)));
}

async function removeOne(fs: FilesystemEssentials, path: string): Promise<RemoveOutcome> {
  try {
    await fs.remove(path);
    return { path, result: 'removed' };
  } catch (error) {
    if (error instanceof ResourceNotFound) return { path, result: 'missing' };
    if (error instanceof FSError) return { path, result: 'failed', error };
    return { path, result: 'failed', error: new OperationFailed(path, { cause: error }) };
  }
}
