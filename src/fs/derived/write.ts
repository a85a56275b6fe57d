/** Writing methods of the interface, over the essentials. */
import { Readable } from 'node:stream';
import { FileExists, FileExpected } from '../../errors/errors.js';
import type { FilesystemEssentials, WriteOptions } from '../essentials.js';
import type { Info } from '../info.js';
import { keptOptions } from './kept.js';
import { optionsChecker } from './option-types.js';
import { findInfo } from './read.js';

export function writeBytes(
  fs: FilesystemEssentials,
  path: string,
  bytes: Uint8Array,
  options?: WriteOptions,
): Promise<Info> {
  return (
    rejectUnless(bytes instanceof Uint8Array, 'bytes must be a Uint8Array') ?? fs.write(path, bytes, options)
  );
}

export function writeText(
  fs: FilesystemEssentials,
  path: string,
  text: string,
  options?: WriteOptions,
): Promise<Info> {
  return rejectUnless(typeof text === 'string', 'text must be a string') ?? fs.write(path, text, options);
}

export async function appendBytes(fs: FilesystemEssentials, path: string, bytes: Uint8Array): Promise<Info> {
  if (!(bytes instanceof Uint8Array)) throw new TypeError('bytes must be a Uint8Array');
  const before = await findInfo(fs, path);
  if (before === null) return fs.write(path, bytes);
  const old = await fs.openRead(path);
  async function* both(): AsyncGenerator<Uint8Array> {
    yield* old;
    yield bytes;
  }
  try {
    return await fs.write(path, Readable.from(both(), { objectMode: false }), keptOptions(before));
  } finally {
    old.destroy(); // A write that is refused does not begin to read.
  }
}

export async function appendText(fs: FilesystemEssentials, path: string, text: string): Promise<Info> {
  if (typeof text !== 'string') throw new TypeError('text must be a string');
  return appendBytes(fs, path, Buffer.from(text));
}

interface CreateOptions {
  wipe?: boolean;
}

const checkCreateOptions = optionsChecker<CreateOptions>({ wipe: 'boolean' });

export async function create(
  fs: FilesystemEssentials,
  path: string,
  options: CreateOptions = {},
): Promise<boolean> {
  checkCreateOptions(options);
  try {
    await fs.write(path, '', { overwrite: options.wipe === true });
    return true;
  } catch (error) {
    // As pyfilesystem2: whatever is there is there.
    const isThere = error instanceof FileExists || error instanceof FileExpected;
    if (isThere && options.wipe !== true) return false;
    throw error;
  }
}

export async function touch(fs: FilesystemEssentials, path: string): Promise<void> {
  if (await create(fs, path)) return;
  const now = new Date();
  await fs.setInfo(path, { modified: now, accessed: now });
}

function rejectUnless(condition: boolean, message: string): Promise<never> | undefined {
  return condition ? undefined : Promise.reject(new TypeError(message));
}
