/** Where mayfly gets the time from: milliseconds since the epoch, as `Date.now`. */
export type Clock = () => number;

/** The system's clock; looked up at each call, so that fake timers of a test govern it. */
export const systemClock: Clock = () => Date.now();
