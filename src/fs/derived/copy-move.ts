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
import { keptOptions } from './kept.js';
import { findInfo } from './read.js';

interface Options {
  overwrite?: boolean;
  preserveTime?: boolean;
}

export async function copy(
  fs: FilesystemEssentials,
  source: string,
  destination: string,
  options: Options = {},
): Promise<void> {
  const from = normalizePath(source);
  const to = normalizePath(destination);
  await checkDestination(fs, to, options);
  if (from === to) throw new IllegalDestination(to);
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
}

export async function move(
  fs: FilesystemEssentials,
  source: string,
  destination: string,
  options: Options = {},
): Promise<void> {
  const from = normalizePath(source);
  const to = normalizePath(destination);
  if (from !== to) {
    await copy(fs, from, to, { preserveTime: true, ...options });
    await fs.remove(from);
    return;
  }
  await checkDestination(fs, to, options);
  const info = await findInfo(fs, from);
  if (info === null) throw new ResourceNotFound(from);
  if (info.isDir) throw new FileExpected(from);
}

/** pyfilesystem2 looks at the destination before anything else, and so do we. */
async function checkDestination(fs: FilesystemEssentials, to: string, options: Options): Promise<void> {
  const there = await findInfo(fs, to);
  if (there === null) return;
  if (options.overwrite !== true) throw new DestinationExists(to);
  if (there.isDir) throw new FileExpected(to);
}
