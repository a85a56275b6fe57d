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
import type { Info } from '../info.js';
import type { RemoveManyOptions, RemoveOutcome } from '../staged-file.js';
import { forEachLimited } from './concurrency.js';
import { checkMakeDirOptions } from './option-types.js';
import { removeValid } from './remove-many.js';

export async function makeDirs(
  fs: FilesystemEssentials,
  path: string,
  options: MakeDirOptions = {},
): Promise<void> {
  checkMakeDirOptions(options);
  const target = normalizePath(path);
  for (const above of ancestors(target).reverse()) await ensureDir({ fs, path: above });
  await fs.makeDir(target, options);
}

/** Make a directory that may be there. @throws DirectoryExpected a file is */
export async function ensureDir(place: {
  readonly fs: Pick<FilesystemEssentials, 'makeDir'>;
  readonly path: string;
}): Promise<void> {
  const { fs, path } = place;
  try {
    await fs.makeDir(path, { recreate: true });
  } catch (error) {
    throw error instanceof DirectoryExists ? new DirectoryExpected(path, { cause: error }) : error;
  }
}

/** What removing a tree needs beyond the essentials. */
export interface RemovableTree extends FilesystemEssentials {
  isLink(path: string): Promise<boolean>;
  getMeta(): Meta;
  scanTree(path: string): AsyncIterable<Info>;
  removeMany(paths: readonly string[], options?: RemoveManyOptions): Promise<RemoveOutcome[]>;
}

/** Files removed in one call where the backend names no number of its own, and calls at a time where it has none for many. */
const REMOVE_AT_ONCE = 32;

/** A link goes like a file, and what it leads to stays. */
export async function removeTree(fs: RemovableTree, path: string): Promise<void> {
  const target = normalizePath(path);
  if (await leadsElsewhere(fs, target)) return fs.remove(target);
  const size = Math.max(fs.getMeta().removeBatch, REMOVE_AT_ONCE);
  const directories = target === '' ? [] : [target];
  let files: string[] = [];
  for await (const info of fs.scanTree(target)) {
    if (info.isDir) directories.push(info.path);
    else if (files.push(info.path) >= size) files = await removeAll(fs, files);
  }
  await removeAll(fs, files);
  for (const directory of directories.reverse()) await removeEmptyDir(fs, directory);
}

/** @returns what is left to do, so nothing */
async function removeAll(fs: RemovableTree, files: readonly string[]): Promise<string[]> {
  for (const { error } of await fs.removeMany(files, { assumePresent: true })) {
    if (error !== undefined) throw error;
  }
  return [];
}

async function removeEmptyDir(fs: RemovableTree, path: string): Promise<void> {
  try {
    await fs.removeDir(path);
  } catch (error) {
    if (error instanceof ResourceNotFound) return;
    // A link to a directory, which was not entered.
    if (!(error instanceof DirectoryExpected) || !fs.getMeta().links) throw error;
    await fs.remove(path);
  }
}

/** `removeDir` calls at a time. */
const DIRECTORIES_AT_ONCE = 8;

/** Deepest first, so that a directory is empty when its turn comes. */
export async function removeEmptyDirs(fs: FilesystemEssentials, paths: readonly string[]): Promise<void> {
  for (const level of deepestFirst(paths.map(normalizePath))) {
    await forEachLimited(level, DIRECTORIES_AT_ONCE, async (path) => {
      if (path === '') return;
      await fs.removeDir(path).catch((error: unknown) => {
        if (!(error instanceof FSError)) throw error;
      });
    });
  }
}

/** Directories by depth, those farthest from the root first. */
function deepestFirst(directories: Iterable<string>): string[][] {
  const levels: string[][] = [];
  for (const directory of directories) {
    const depth = directory.split('/').length;
    const level = levels[depth];
    if (level === undefined) levels[depth] = [directory];
    else level.push(directory);
  }
  return levels.filter((level) => level !== undefined).reverse();
}

async function leadsElsewhere(fs: RemovableTree, path: string): Promise<boolean> {
  if (path === '' || !fs.getMeta().links || !(await fs.isLink(path))) return false;
  if ((await fs.getInfo(path)).isDir) return true;
  throw new DirectoryExpected(path);
}

export function removeMany(fs: FilesystemEssentials, paths: readonly string[]): Promise<RemoveOutcome[]> {
  return removeValid(paths, normalizePath, async (valid) => {
    const outcomes: RemoveOutcome[] = [];
    await forEachLimited(valid.entries(), REMOVE_AT_ONCE, async ([i, path]) => {
      outcomes[i] = await removeOne(fs, path);
    });
    return outcomes;
  });
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
