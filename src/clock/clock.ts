/** Where mayfly gets the time from: milliseconds since the epoch, as `Date.now`. */
export type Clock = () => number;

/** The system's clock. */
export const systemClock: Clock = Date.now;
