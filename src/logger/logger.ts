/** What mayfly logs to: the few members of pino that it uses, so that any logger fits. */
export interface Logger {
  /** What helps to find a fault. */
  debug(object: object, message: string): void;
  /** What happens in the course of things. */
  info(object: object, message: string): void;
  /** What should be looked at and mends itself. */
  warn(object: object, message: string): void;
  /** What failed. */
  error(object: object, message: string): void;
}

const nothing = (): void => {};

/** Says nothing; the default. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
