/** The calls that storing a file takes: in the thread pool, or, where that may be, in the foreground. */
import { errnoOf } from './errno-errors.js';
import type { Foreground } from './foreground.js';
import { isLarge } from './freeing.js';
import type { Pin } from './pin.js';
import * as system from './system-calls.js';

/** At once, or promised. */
type Answer<T> = T | Promise<T>;

/** As those of node:fs. */
export interface ChangingCalls {
  open(systemPath: string, flags: number, mode: number): Answer<number>;
  writev(fd: number, buffers: NodeJS.ArrayBufferView[]): Answer<number>;
  futimes(fd: number, accessed: number | Date, modified: number | Date): Answer<void>;
  fstat(fd: number): Answer<system.Stats>;
  /** Undefined: nothing is there. */
  lstat(systemPath: string): Answer<system.Stats | undefined>;
  chmod(systemPath: string, mode: number): Answer<void>;
  /** Undefined: at once. */
  close(fd: number): Promise<void> | undefined;
  link(from: string, to: string): Answer<void>;
  rename(from: string, to: string): Answer<void>;
  unlink(systemPath: string): Answer<void>;
}

const inPool: ChangingCalls = {
  open: system.open,
  writev: async (fd, buffers) => (await system.writev(fd, buffers)).bytesWritten,
  futimes: system.futimes,
  fstat: system.fstat,
  lstat: (systemPath) => system.lstat(systemPath).catch(unlessMissing),
  chmod: system.chmod,
  close: system.close,
  link: system.link,
  rename: system.rename,
  unlink: system.unlink,
};

/** Of who has an open file in a near directory: what is in memory is not waited for. */
const nearInPool: ChangingCalls = { ...inPool, fstat: system.fstatSync, close: closeNow };

const inForeground = new WeakMap<Foreground, ChangingCalls>();

/** How to change what is in a directory. */
export function callsIn(directory: Pin, foreground: Foreground): ChangingCalls {
  if (!directory.isNear) return inPool;
  if (foreground.isDurable) return nearInPool;
  let calls = inForeground.get(foreground);
  if (calls === undefined) {
    calls = callsOf(foreground);
    inForeground.set(foreground, calls);
  }
  return calls;
}

/** Asked for each call: since an upload has begun the disk may have become slow, or the turn of the event loop long. */
function callsOf(foreground: Foreground): ChangingCalls {
  const either =
    <How extends unknown[], T>(here: (...how: How) => Answer<T>, pooled: (...how: How) => Answer<T>) =>
    (...how: How): Answer<T> =>
      foreground.isOpenForChanges ? foreground.ask(() => here(...how)) : pooled(...how);
  return {
    open: either(system.openSync, inPool.open),
    writev: either(writevIfSmall, inPool.writev),
    futimes: either(system.futimesSync, inPool.futimes),
    fstat: system.fstatSync,
    lstat: either((systemPath) => system.lstatSync(systemPath, system.QUIETLY), inPool.lstat),
    chmod: either(system.chmodSync, inPool.chmod),
    close: closeNow,
    link: either(system.linkSync, inPool.link),
    rename: either(renameIfSmall, inPool.rename),
    unlink: either(system.unlinkSync, inPool.unlink), // Frees nothing: the file has just got another name.
  };
}

/** What is larger is better copied while the next piece arrives. */
export const SMALL_BYTES = 64 * 1024;

function writevIfSmall(fd: number, buffers: NodeJS.ArrayBufferView[]): Answer<number> {
  const bytes = buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return bytes <= SMALL_BYTES ? system.writevSync(fd, buffers) : inPool.writev(fd, buffers);
}

/**
 * A large file that is replaced is freed, and some file systems have a new one
 * on its way to the disk before it may replace another.
 */
function renameIfSmall(from: string, to: string): Answer<void> {
  return isLargeAt(from) || isLargeAt(to) ? inPool.rename(from, to) : system.renameSync(from, to);
}

function isLargeAt(systemPath: string): boolean {
  const stats = system.lstatSync(systemPath, system.QUIETLY);
  return stats !== undefined && isLarge(stats);
}

function unlessMissing(error: unknown): undefined {
  if (errnoOf(error) !== 'ENOENT') throw error;
}

function closeNow(fd: number): undefined {
  system.closeSync(fd);
}
