/**
 * Where a copy goes. On this machine a write takes its place by a rename,
 * which would put a file where a link, a pipe or a device is: so links are
 * followed first, and what is no file is left alone.
 */
import type { Dirent, Stats } from 'node:fs';
import { lstat, opendir, realpath, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { codeOf } from '../errors/code-of.js';
import type { Filesystem } from '../fs/filesystem.js';
import { dirname } from '../path/parts.js';
import { UsageError } from './failure.js';
import type { OpenPlace } from './place.js';
import type { Session } from './session.js';

/** A file to be written: links on this machine are followed, and directories above it made. @throws UsageError */
export async function openTarget(
  { fs, namespace, directory }: OpenPlace,
  path: string,
  session: Session,
): Promise<{ fs: Filesystem; path: string }> {
  if (directory !== null) {
    const written = join(directory, path);
    const followed = await followTarget(written);
    if (followed !== written) return session.place(followed, { create: true });
  }
  // A namespace makes them by itself.
  if (namespace === null && dirname(path) !== '') await fs.makeDirs(dirname(path), { recreate: true });
  return { fs, path };
}

export async function isDirectory({ fs, path, namespace }: OpenPlace): Promise<boolean> {
  return (namespace !== null && path === '') || (await fs.isDir(path));
}

/**
 * The file that a copy to `path` is to make or replace.
 * @throws UsageError something else is there, or a link to nothing
 */
async function followTarget(path: string): Promise<string> {
  const there = await ifThere(lstat(path));
  if (there === null || there.isFile() || there.isDirectory()) return path;
  if (!there.isSymbolicLink()) throw notReplaced(path);
  const target = await ifThere(stat(path));
  if (target === null) throw new UsageError(`${path} is a link to something that is not there`);
  if (target.isDirectory()) throw new UsageError(`${path} is a link to a directory, not a file`);
  if (!target.isFile()) throw notReplaced(path);
  return realpath(path);
}

/** Paths below a directory, in it, of what is neither file, directory nor link. */
export async function* specialsIn(directory: string): AsyncGenerator<string> {
  for await (const entry of await opendir(directory, { recursive: true })) {
    if (isSpecialEntry(entry)) yield relative(directory, join(entry.parentPath, entry.name));
  }
}

export function notReplaced(path: string): UsageError {
  return new UsageError(`${path} is neither a file nor a directory, and nothing is put in its place`);
}

function isSpecialEntry(entry: Dirent): boolean {
  return entry.isFIFO() || entry.isSocket() || entry.isCharacterDevice() || entry.isBlockDevice();
}

/** Links that go in a circle, and names below a file, lead to nothing as well. */
const LEADS_TO_NOTHING = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

async function ifThere(looked: Promise<Stats>): Promise<Stats | null> {
  try {
    return await looked;
  } catch (error) {
    if (LEADS_TO_NOTHING.has(codeOf(error))) return null;
    throw error;
  }
}
