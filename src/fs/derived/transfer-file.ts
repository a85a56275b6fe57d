/**
 * Bringing one file over, in the best way that there is: by a copy of one
 * filesystem, by the storage that both stand on, or by reading and writing it.
 */
import {
  DestinationExists,
  FileExists,
  FileExpected,
  PermissionDenied,
  ResourceNotFound,
} from '../../errors/errors.js';
import type { Info } from '../info.js';
import type { Copier, CopyCondition, TransferOptions } from '../transfer-options.js';
import { keptOptions } from './kept.js';
import { findInfo } from './read.js';
import type { Place, Target } from './transfer-place.js';

/**
 * Copy one file, replacing what is there.
 * @returns false when the condition held it back
 */
export async function copyOne(
  from: Place,
  info: Info,
  to: Target,
  options: TransferOptions,
): Promise<boolean> {
  const { condition = 'always', signal, preserveTime = false } = options;
  signal?.throwIfAborted();
  if (info.isDir) throw new FileExpected(from.path);
  if (!(await isWanted(condition, info, to))) return false;
  const overwrite = condition !== 'not-exists';
  try {
    if (from.fs === to.fs) await from.fs.copy(from.path, to.path, { overwrite, preserveTime });
    else await bringOver(from, info, to, { overwrite, preserveTime, signal });
    return true;
  } catch (error) {
    const lostRace = error instanceof FileExists || error instanceof DestinationExists;
    if (lostRace && !overwrite) return false;
    throw error;
  }
}

const CONDITIONS: readonly unknown[] = [undefined, 'always', 'newer', 'older', 'exists', 'not-exists'];

/** @throws TypeError */
export function checkCondition(condition: CopyCondition | undefined): void {
  if (!CONDITIONS.includes(condition)) throw new TypeError(`unknown condition ${JSON.stringify(condition)}`);
}

/** Whether a file is to be brought over to `to`. @throws FileExpected a directory is there */
export async function isWanted(condition: CopyCondition, source: Info, to: Target): Promise<boolean> {
  if (condition === 'always') return true;
  const there = to.vacant === true ? null : await findInfo(to.fs, to.path);
  if (there?.isDir) throw new FileExpected(to.path);
  switch (condition) {
    case 'newer':
      return there === null || source.modified > there.modified;
    case 'older':
      return there === null || source.modified < there.modified;
    case 'exists':
      return there !== null;
    case 'not-exists':
      return there === null;
  }
}

interface StreamOptions {
  overwrite: boolean;
  preserveTime: boolean;
  signal: AbortSignal | undefined;
}

async function bringOver(from: Place, info: Info, to: Target, options: StreamOptions): Promise<void> {
  // Only a write can promise everywhere that it replaces nothing.
  const bytes = options.overwrite ? from.fs.locateBytes(from.path) : null;
  const copier = bytes && to.fs.copierFrom(bytes, to.path);
  if (copier === null || !(await copied(copier, to))) await streamOver(from, info, to, options);
  if (options.preserveTime) await to.fs.setInfo(to.path, { modified: info.modified });
}

/** @returns false when what is missing or refused may be what only the source's filesystem can tell of, or reach */
async function copied(copier: Copier, to: Target): Promise<boolean> {
  try {
    await copier({ assumeClear: to.vacant === true });
    return true;
  } catch (error) {
    if (error instanceof ResourceNotFound || error instanceof PermissionDenied) return false;
    throw error;
  }
}

async function streamOver(
  from: Place,
  info: Info,
  to: Target,
  { overwrite, signal }: StreamOptions,
): Promise<void> {
  const body = await from.fs.openRead(from.path);
  try {
    await to.fs.write(to.path, body, {
      overwrite,
      assumeClear: to.vacant === true,
      ...keptOptions(info),
      ...(signal === undefined ? {} : { signal }),
    });
  } finally {
    body.destroy(); // A write that is refused does not begin to read.
  }
}
