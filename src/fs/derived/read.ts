/** Reading methods of the interface, over the essentials. */
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { codeOf } from '../../errors/code-of.js';
import { OperationFailed, ResourceNotFound } from '../../errors/errors.js';
import { normalizePath } from '../../path/normalize.js';
import type { FilesystemEssentials } from '../essentials.js';
import type { Info } from '../info.js';

/** `getInfo`, with null for nothing there. */
export async function findInfo(
  fs: Pick<FilesystemEssentials, 'getInfo'>,
  path: string,
): Promise<Info | null> {
  try {
    return await fs.getInfo(path);
  } catch (error) {
    if (error instanceof ResourceNotFound) return null;
    throw error;
  }
}

export async function exists(fs: FilesystemEssentials, path: string): Promise<boolean> {
  return (await findInfo(fs, path)) !== null;
}

export async function isDir(fs: FilesystemEssentials, path: string): Promise<boolean> {
  return (await findInfo(fs, path))?.isDir === true;
}

export async function isFile(fs: FilesystemEssentials, path: string): Promise<boolean> {
  return (await findInfo(fs, path))?.isDir === false;
}

export async function isEmpty(fs: FilesystemEssentials, path: string): Promise<boolean> {
  for await (const _ of fs.scanDir(path)) return false;
  return true;
}

export async function getSize(fs: FilesystemEssentials, path: string): Promise<number> {
  return (await fs.getInfo(path)).size;
}

export async function getType(fs: FilesystemEssentials, path: string): Promise<'file' | 'directory'> {
  return (await fs.getInfo(path)).isDir ? 'directory' : 'file';
}

export async function listDir(fs: FilesystemEssentials, path: string): Promise<string[]> {
  const names: string[] = [];
  for await (const info of fs.scanDir(path)) names.push(info.name);
  return names;
}

export async function readBytes(fs: FilesystemEssentials, path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await fs.openRead(path)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function readText(
  fs: FilesystemEssentials,
  path: string,
  encoding: BufferEncoding,
): Promise<string> {
  if (!Buffer.isEncoding(encoding))
    throw new TypeError("encoding must be one that Buffer knows, such as 'utf8'");
  return (await readBytes(fs, path)).toString(encoding);
}

export async function download(
  fs: FilesystemEssentials,
  path: string,
  writable: Writable | WritableStream<Uint8Array>,
): Promise<void> {
  checkWritable(path, writable);
  const body = await fs.openRead(path);
  try {
    checkWritable(path, writable);
    await (isWebStream(writable)
      ? pour(normalizePath(path), body, writable)
      : pipeline(body, writable, { end: false }));
  } catch (error) {
    body.destroy();
    if (codeOf(error) !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
    throw new OperationFailed(normalizePath(path), {
      message: 'the destination was closed before the end of the file',
      cause: error,
    });
  }
}

/** A pipeline into a stream that has ended ends as if all had been delivered. */
function checkWritable(path: string, writable: Writable | WritableStream): void {
  if (!isWritable(writable)) throw new TypeError('writable must be a stream to write to');
  if (isWebStream(writable)) return;
  if (!writable.writableEnded && !writable.destroyed) return;
  throw new OperationFailed(normalizePath(path), { message: 'the destination has ended already' });
}

/** A pipeline would keep its lock, so that nobody could write to it any more. */
async function pour(path: string, body: Readable, writable: WritableStream<Uint8Array>): Promise<void> {
  if (writable.locked) throw new OperationFailed(path, { message: 'the destination has a writer already' });
  const writer = writable.getWriter();
  let refused = false;
  // Async, as to write to a stream that is closed throws at once.
  const put = async (chunk: Uint8Array) => {
    await writer.ready;
    await writer.write(chunk);
  };
  try {
    for await (const chunk of body) {
      await put(chunk).catch((cause: unknown) => {
        refused = true;
        throw new OperationFailed(path, { message: 'the destination takes no more', cause });
      });
    }
  } catch (error) {
    if (!refused) await writer.abort(error).catch(() => undefined);
    throw error;
  } finally {
    writer.releaseLock();
  }
}

/** A stream of node:stream, or a `WritableStream`. */
function isWritable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { write, on } = value as { write?: unknown; on?: unknown };
  return (typeof write === 'function' && typeof on === 'function') || isWebStream(value);
}

function isWebStream(value: object): value is WritableStream<Uint8Array> {
  return typeof (value as { getWriter?: unknown }).getWriter === 'function';
}
