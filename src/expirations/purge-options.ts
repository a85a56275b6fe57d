/** The options of a purge, checked. */
import { optionsChecker } from '../fs/derived/option-types.js';
import type { PurgeOptions } from './purge-report.js';

const checkTypes = optionsChecker<Pick<PurgeOptions, 'signal' | 'onProgress'>>({
  signal: 'AbortSignal',
  onProgress: 'function',
});

/** @throws TypeError */
export function checkPurgeOptions(options: PurgeOptions): void {
  checkTypes(options);
  const { now, retries } = options;
  if (now !== undefined && !(now instanceof Date && Number.isFinite(now.getTime()))) {
    throw new TypeError('now must be a valid Date');
  }
  if (![undefined, 'all', 'ripe'].includes(retries)) throw new TypeError("retries must be 'all' or 'ripe'");
}
