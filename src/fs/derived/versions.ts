/** Doing something to one certain version of a file, and to no other. */
import type { Readable } from 'node:stream';
import { FileExpected, OperationFailed, ResourceNotFound } from '../../errors/errors.js';
import type { FilesystemEssentials, ReadOptions } from '../essentials.js';
import type { Info } from '../info.js';
import { findInfo } from './read.js';

/**
 * An open stream stays with its version, so the same one before and after
 * opening means that it is the one opened.
 */
export async function openVersion(
  fs: FilesystemEssentials,
  path: string,
  version: Info,
  options: ReadOptions | undefined,
): Promise<Readable | null> {
  let body: Readable | undefined;
  try {
    body = await fs.openRead(path, options);
    if (isSameVersion(await fs.getInfo(path), version)) return body;
  } catch (error) {
    body?.destroy();
    if (error instanceof ResourceNotFound || error instanceof FileExpected) return null;
    throw error;
  }
  body.destroy();
  return null;
}

export function isSameVersion(a: Info, b: Info): boolean {
  if (a.etag !== undefined && b.etag !== undefined) return a.etag === b.etag;
  return a.size === b.size && a.modified.getTime() === b.modified.getTime();
}

/** Between the look and the removal somebody may still replace it. */
export async function removeVersion(fs: FilesystemEssentials, path: string, version: Info): Promise<boolean> {
  const current = await findInfo(fs, path);
  if (current === null || current.isDir || !isSameVersion(current, version)) return false;
  try {
    await fs.remove(path);
    return true;
  } catch (error) {
    if (error instanceof ResourceNotFound) return false;
    throw error;
  }
}

/** What a move by way of a copy needs of where it comes from. */
export interface MoveSource {
  removeVersion(path: string, version: Info): Promise<boolean>;
}

/** Versions of one file that a move tries to bring over before it gives up. */
const VERSIONS = 10;

/**
 * Bring a file over and remove it here. If it is replaced meanwhile, the new version is brought over too.
 * @param bring gives what it looked at before it began
 * @throws what `bring` throws; OperationFailed: it is replaced again and again
 */
export async function moveByCopying(
  source: MoveSource,
  path: string,
  bring: () => Promise<Info>,
): Promise<void> {
  for (let i = 0; i < VERSIONS; i++) {
    if (await source.removeVersion(path, await bring())) return;
  }
  throw new OperationFailed(path, {
    message: `${JSON.stringify(path)} is replaced again and again while it is moved, and is in both places: move it when nobody writes to it`,
  });
}
