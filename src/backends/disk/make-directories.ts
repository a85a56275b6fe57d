/**
 * Makes a directory and those above it, level by level.
 *
 * Node's own way (`recursive: true`) takes every ENOENT for a missing directory
 * above, makes that and tries again. Where nothing can be made, as below /proc,
 * the system says ENOENT of what is in a directory that is there, and Node 20
 * tries for ever; its synchronous form stops the whole process with it.
 */
import { dirname } from 'node:path';
import { errnoOf } from './errno-errors.js';
import { mkdir, mkdirSync, stat, statSync } from './system-calls.js';

/** @throws the system's errors: EEXIST a file is there, ENOTDIR a file is above, ENOENT it can't be made there */
export async function makeDirectories(systemPath: string): Promise<void> {
  try {
    await makeOne(systemPath);
  } catch (error) {
    if (!mayLackParent(error, systemPath)) throw error;
    await makeDirectories(dirname(systemPath));
    await makeOne(systemPath);
  }
}

/** As `makeDirectories`, while everybody waits: for what opens synchronously. */
export function makeDirectoriesSync(systemPath: string): void {
  try {
    makeOneSync(systemPath);
  } catch (error) {
    if (!mayLackParent(error, systemPath)) throw error;
    makeDirectoriesSync(dirname(systemPath));
    makeOneSync(systemPath);
  }
}

function mayLackParent(error: unknown, systemPath: string): boolean {
  return errnoOf(error) === 'ENOENT' && dirname(systemPath) !== systemPath;
}

/** Whatever the system says of it, a directory that is there is good: of a read-only one above it may say EROFS. */
async function makeOne(systemPath: string): Promise<void> {
  try {
    await mkdir(systemPath);
  } catch (error) {
    const there = await stat(systemPath).catch(() => null);
    if (there?.isDirectory() !== true) throw error;
  }
}

function makeOneSync(systemPath: string): void {
  try {
    mkdirSync(systemPath);
  } catch (error) {
    if (!isDirectorySync(systemPath)) throw error;
  }
}

function isDirectorySync(systemPath: string): boolean {
  try {
    return statSync(systemPath).isDirectory();
  } catch {
    return false;
  }
}
