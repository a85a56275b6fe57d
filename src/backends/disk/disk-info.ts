/** What a file on disk tells of itself, and times that keep entity tags apart. */
import type { Info } from '../../fs/info.js';
import { basename } from '../../path/parts.js';
import type { Stats } from './system-calls.js';

/**
 * The entity tag of a file: strong, from inode, size and time of change in full
 * precision. Every write makes a new inode; the time tells them apart when an
 * inode is used again.
 */
function etagOf({ ino, size, mtimeMs }: Stats): string {
  return `"${ino.toString(36)}-${size.toString(36)}-${microsOf(mtimeMs).toString(36)}"`;
}

/** Whole microseconds: all that Node sets, and nearly all that a double holds of today's times, which comes out up to a quarter beside. */
export function microsOf(timeMs: number): number {
  return Math.floor(timeMs * 1000 + 0.3);
}

export function infoOf(path: string, stats: Stats, filename?: string): Info {
  const isDir = stats.isDirectory();
  const times = {
    modified: wholeMs(stats.mtimeMs),
    created: wholeMs(stats.birthtimeMs),
    accessed: wholeMs(stats.atimeMs),
  };
  const base = { name: basename(path), path, isDir, size: isDir ? 0 : stats.size, ...times };
  if (isDir) return base;
  return { ...base, etag: etagOf(stats), ...(filename === undefined ? {} : { filename }) };
}

/** Down, so that nothing seems to come from the future; but a time that was set in seconds comes back a hair lower. */
function wholeMs(timeMs: number): Date {
  return new Date(Math.floor(timeMs + 0.001));
}

const STEPS = 900;
let step = Math.floor(Math.random() * STEPS);

/**
 * A moment for utimes(2) within the millisecond `timeMs`, at a microsecond of it
 * that this process has not used for 900 calls. The kernel's own stamp stands
 * still for up to 4 ms, in which an inode can come back.
 */
export function distinctTime(timeMs: number): number | Date {
  step = (step + 1) % STEPS;
  return atMicros(Math.floor(timeMs) * 1000 + 50 + step);
}

/** The time that a file has, for utimes(2) to set it again: its entity tag stays the same by it. */
export function sameTime(timeMs: number): number | Date {
  return atMicros(microsOf(timeMs));
}

/** In seconds, from which Node takes whole microseconds. A number before 1970 it would take for now, a Date it takes as it is. */
function atMicros(micros: number): number | Date {
  return micros < 0 ? new Date(Math.floor(micros / 1000)) : (micros + 0.5) / 1e6;
}
