/** The options of a purge, checked. */
import { optionsChecker } from '../fs/derived/option-types.js';
import { checkDate } from '../fs/derived/times.js';
import type { PurgeOptions } from './purge-report.js';

const checkTypes = optionsChecker<Pick<PurgeOptions, 'signal' | 'onProgress'>>({
  signal: 'AbortSignal',
  onProgress: 'function',
});

/** @throws TypeError; RangeError: `now` is an invalid Date */
export function checkPurgeOptions(options: PurgeOptions): void {
  checkTypes(options);
  const { now, retries } = options;
  checkDate('now', now);
  if (![undefined, 'all', 'ripe'].includes(retries)) throw new TypeError("retries must be 'all' or 'ripe'");
}
