/** Doing something to one certain version of a file, and to no other. */
import type { Readable } from 'node:stream';
import { FileExpected, OperationFailed, ResourceNotFound } from '../../errors/errors.js';
import type { FilesystemEssentials, ReadOptions } from '../essentials.js';
import type { Info } from '../info.js';
import { findInfo } from './read.js';
import { removeIfThere } from './remove-many.js';

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
  if (a.isDir || b.isDir) return false;
  if (a.version !== undefined && b.version !== undefined && a.version !== b.version) return false;
  if (a.etag !== undefined && b.etag !== undefined) return a.etag === b.etag;
  return a.size === b.size && a.modified.getTime() === b.modified.getTime();
}

/** Between the look and the removal somebody may still replace it. */
export async function removeVersion(fs: FilesystemEssentials, path: string, version: Info): Promise<boolean> {
  const current = await findInfo(fs, path);
  return current !== null && isSameVersion(current, version) && removeIfThere(fs, path);
}

/** What a move by way of a copy needs of where it comes from. */
export interface MoveSource {
  getInfo(path: string): Promise<Info>;
  removeVersion(path: string, version: Info): Promise<boolean>;
}

/** Versions of one file that a move brings over before it gives up. */
const VERSIONS = 10;

/**
 * Bring a file over and remove it here. If it is replaced meanwhile, the new
 * version is brought over too, in place of the first one; so not where nothing
 * is to be replaced, as by then that one may be somebody else's.
 *
 * @param bring gives what it looked at before it began
 * @throws what `bring` throws; ResourceNotFound: it was removed meanwhile; OperationFailed: it was replaced, and is in both places
 */
export async function moveByCopying(
  source: MoveSource,
  path: string,
  overwrite: boolean,
  bring: () => Promise<Info>,
): Promise<void> {
  for (let left = overwrite ? VERSIONS : 1; left > 0; left--) {
    if (await source.removeVersion(path, await bring())) return;
  }
  await source.getInfo(path);
  throw replacedWhileMoved(path);
}

/** What ends a move whose source was replaced, though its copy has arrived. */
export function replacedWhileMoved(path: string): OperationFailed {
  return new OperationFailed(path, {
    message: `${JSON.stringify(path)} was replaced while it was moved, and is in both places: move it again with { overwrite: true }, when nobody writes to it`,
  });
}
