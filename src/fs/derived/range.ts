/** The byte range of an `openRead`, checked; shared by the backends. */
import type { ReadOptions } from '../essentials.js';
import { checkObject } from './option-types.js';

/** The bytes of a read, checked. */
export interface ByteRange {
  /** First byte, from 0. */
  readonly start: number;
  /** Inclusive; `Infinity` for the end of the file. */
  readonly end: number;
}

/** @throws TypeError, RangeError: no whole number from 0, or `start > end` */
export function checkRange(options: ReadOptions = {}): ByteRange {
  checkObject('options', options);
  const { start = 0, end } = options;
  checkOffset('start', start);
  if (end === undefined) return { start, end: Number.POSITIVE_INFINITY };
  checkOffset('end', end);
  if (start > end) throw new RangeError(`start ${start} lies behind end ${end}`);
  return { start, end };
}

function checkOffset(name: string, value: unknown): void {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number`);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`${name} must be a whole number from 0, not ${value}`);
  }
}
