/** From the numbers that callers give to the moment at which a file expires. */

/** The last moment that a `Date` can tell (ECMA-262, "Time Values and Time Range"). */
const MAX_TIME_MS = 8.64e15;

/**
 * @param seconds from now; a fraction of a millisecond is rounded up
 * @param days of 24 hours, added to the seconds
 * @returns ms since the epoch
 * @throws TypeError not a number
 * @throws RangeError not finite, negative, or later than a date can tell
 */
export function deadlineAfter(now: number, seconds: number, days: number): number {
  checkAmount('seconds', seconds);
  checkAmount('days', days);
  const deadline = Math.ceil(now + Math.ceil(seconds * 1000 + days * 86_400_000));
  if (deadline > MAX_TIME_MS)
    throw new RangeError('the deadline is later than a date can tell: pass expires = false for none');
  return deadline;
}

/** @throws TypeError, RangeError */
export function checkAmount(name: string, value: number): void {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number, not ${typeof value}`);
  if (!Number.isFinite(value) || value < 0)
    throw new RangeError(`${name} must be a finite number of 0 or more, not ${value}`);
}
