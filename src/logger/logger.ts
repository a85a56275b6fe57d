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

/**
 * The same logger, except that what it throws is nobody's: that a line can't be
 * written, for want of space say, is no reason to leave undone what it tells of.
 */
export function unfailing(logger: Logger): Logger {
  const at =
    (level: keyof Logger) =>
    (object: object, message: string): void => {
      try {
        logger[level](object, message);
      } catch {
        // The log would be the place to tell it.
      }
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
