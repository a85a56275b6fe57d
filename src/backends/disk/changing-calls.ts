/** The calls that storing a file takes: in the thread pool, or, where that may be, in the foreground. */
import type { Foreground } from './foreground.js';
import { isLarge } from './freeing.js';
import type { Pin } from './pin.js';
import * as system from './system-calls.js';

/** As those of node:fs. Each answers at once, or promises to. */
export interface ChangingCalls {
  open(systemPath: string, flags: number, mode: number): number | Promise<number>;
  writev(fd: number, buffers: NodeJS.ArrayBufferView[]): number | Promise<number>;
  futimes(fd: number, accessed: number | Date, modified: number | Date): void | Promise<void>;
  fstat(fd: number): system.Stats | Promise<system.Stats>;
  close(fd: number): void | Promise<void>;
  link(from: string, to: string): void | Promise<void>;
  rename(from: string, to: string): void | Promise<void>;
  unlink(systemPath: string): void | Promise<void>;
}

const inPool: ChangingCalls = {
  open: system.open,
  writev: async (fd, buffers) => (await system.writev(fd, buffers)).bytesWritten,
  futimes: system.futimes,
  fstat: system.fstat,
  close: system.close,
  link: system.link,
  rename: system.rename,
  unlink: system.unlink,
};

/** Of who has an open file in a near directory: what is in memory is not waited for. */
const nearInPool: ChangingCalls = { ...inPool, fstat: system.fstatSync, close: system.closeSync };

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
  const now = <T>(call: () => T | Promise<T>, later: () => Promise<T>): T | Promise<T> =>
    foreground.isOpenForChanges ? foreground.ask(call) : later();
  return {
    open: (...how) =>
      now(
        () => system.openSync(...how),
        () => system.open(...how),
      ),
    writev: (fd, buffers) =>
      isSmall(buffers)
        ? now(
            () => system.writevSync(fd, buffers),
            async () => inPool.writev(fd, buffers),
          )
        : inPool.writev(fd, buffers),
    futimes: (...how) =>
      now(
        () => system.futimesSync(...how),
        () => system.futimes(...how),
      ),
    fstat: system.fstatSync,
    close: system.closeSync,
    link: (...how) =>
      now(
        () => system.linkSync(...how),
        () => system.link(...how),
      ),
    rename: (from, to) =>
      now(
        () => (isOfLarge(from, to) ? system.rename(from, to) : system.renameSync(from, to)),
        () => system.rename(from, to),
      ),
    // Frees nothing: the file has just got another name.
    unlink: (systemPath) =>
      now(
        () => system.unlinkSync(systemPath),
        () => system.unlink(systemPath),
      ),
  };
}

const QUIETLY = { throwIfNoEntry: false } as const;

/** What is larger is better copied while the next piece arrives. */
const SMALL_BYTES = 64 * 1024;

function isSmall(buffers: readonly NodeJS.ArrayBufferView[]): boolean {
  return buffers.reduce((sum, { byteLength }) => sum + byteLength, 0) <= SMALL_BYTES;
}

/**
 * Whether a rename may take long: a large file that is replaced is freed, and
 * some file systems have a new one on its way to the disk before it may replace
 * another.
 */
function isOfLarge(from: string, to: string): boolean {
  return [from, to].some((systemPath) => {
    const stats = system.lstatSync(systemPath, QUIETLY);
    return stats !== undefined && isLarge(stats);
  });
}
