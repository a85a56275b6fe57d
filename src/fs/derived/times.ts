/** The times of a `setInfo`, checked; shared by the backends. */
import { isDate } from 'node:util/types';
import type { InfoChanges } from '../essentials.js';

/** @throws TypeError: no Date; RangeError: an invalid one */
export function checkTimes({ modified, accessed }: InfoChanges): void {
  checkDate('modified', modified);
  checkDate('accessed', accessed);
}

function checkDate(name: string, value: Date | undefined): void {
  if (value === undefined) return;
  if (!isDate(value)) throw new TypeError(`${name} must be a Date`);
  if (!Number.isFinite(value.getTime())) throw new RangeError(`${name} is an invalid Date`);
}
