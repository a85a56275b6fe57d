/** `copy` and `move` of one file, over the essentials. */
import {
  DestinationExists,
  FileExists,
  FileExpected,
  IllegalDestination,
  ResourceNotFound,
} from '../../errors/errors.js';
import { normalizePath } from '../../path/normalize.js';
import type { FilesystemEssentials } from '../essentials.js';
import type { Info } from '../info.js';
import type { CopyOptions, Location } from '../transfer-options.js';
import { keptOptions } from './kept.js';
import { checkCopyOptions } from './option-types.js';
import { findInfo } from './read.js';
import { type MoveSource, moveByCopying } from './versions.js';

/** A filesystem that may show one file at two paths. */
interface Located extends FilesystemEssentials {
  locate(path: string): Location;
}

interface Movable extends Located, MoveSource {}

/** Whether two paths of a filesystem lead to one place. */
export function isSamePlace(fs: Located, a: string, b: string): boolean {
  if (a === b) return true;
  const [one, other] = [fs.locate(a), fs.locate(b)];
  return one.storage === other.storage && one.path === other.path;
}

export async function copy(
  fs: Located,
  source: string,
  destination: string,
  options: CopyOptions = {},
): Promise<void> {
  checkCopyOptions(options);
  await bring(fs, normalizePath(source), normalizePath(destination), options);
}

/** @returns what was at `from` before it was opened */
async function bring(fs: Located, from: string, to: string, options: CopyOptions): Promise<Info> {
  await checkDestination(fs, to, options);
  if (isSamePlace(fs, from, to)) throw new IllegalDestination(to);
  const info = await fs.getInfo(from);
  if (info.isDir) throw new FileExpected(from);
  const body = await fs.openRead(from);
  try {
    await fs.write(to, body, {
      overwrite: options.overwrite === true,
      ...keptOptions(info),
    });
  } catch (error) {
    throw error instanceof FileExists ? new DestinationExists(to, { cause: error }) : error;
  } finally {
    body.destroy();
  }
  if (options.preserveTime) await fs.setInfo(to, { modified: info.modified });
  return info;
}

export async function move(
  fs: Movable,
  source: string,
  destination: string,
  options: CopyOptions = {},
): Promise<void> {
  checkCopyOptions(options);
  const from = normalizePath(source);
  const to = normalizePath(destination);
  if (!isSamePlace(fs, from, to)) {
    const { preserveTime = true } = options;
    return moveByCopying(fs, from, options.overwrite === true, () =>
      bring(fs, from, to, { ...options, preserveTime }),
    );
  }
  await checkDestination(fs, to, options);
  const info = await findInfo(fs, from);
  if (info === null) throw new ResourceNotFound(from);
  if (info.isDir) throw new FileExpected(from);
}

/** pyfilesystem2 looks at the destination before anything else, and so do we. @throws DestinationExists, FileExpected */
export async function checkDestination(
  fs: Pick<FilesystemEssentials, 'getInfo'>,
  to: string,
  options: CopyOptions,
): Promise<void> {
  const there = await findInfo(fs, to);
  if (there === null) return;
  if (options.overwrite !== true) throw new DestinationExists(to);
  if (there.isDir) throw new FileExpected(to);
}
