/** Where mayfly gets the time from: milliseconds since the epoch, as `Date.now`. */
export type Clock = () => number;

/** The system's clock; looked up at each call, so that fake timers of a test govern it. */
export const systemClock: Clock = () => Date.now();

/**
 * A clock that is told of by its error where it goes wrong: an amount of time that is none would be a deadline that
 * never comes, or has passed.
 */
export function checkedClock(clock: Clock): Clock {
  return () => {
    const now: unknown = clock();
    if (typeof now !== 'number')
      throw new TypeError(`clock must return ms since the epoch, not ${typeof now}`);
    if (!Number.isFinite(now)) throw new RangeError(`clock must return ms since the epoch, not ${now}`);
    return now;
  };
}
