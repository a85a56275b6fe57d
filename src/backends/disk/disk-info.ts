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
  // 1/4096 ms is all that a double holds of today's times.
  return `"${ino.toString(36)}-${size.toString(36)}-${Math.round(mtimeMs * 4096).toString(36)}"`;
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

const STEPS = 1800;
let step = Math.floor(Math.random() * STEPS);

/**
 * A moment for utimes(2), in seconds, within the millisecond `timeMs` and at a
 * fraction of it that this process has not used for 1800 calls. The kernel's
 * own stamp stands still for up to 4 ms, in which an inode can come back.
 */
export function distinctSeconds(timeMs: number): number {
  step = (step + 1) % STEPS;
  return (Math.floor(timeMs) + 0.05 + step / 2000) / 1000;
}
