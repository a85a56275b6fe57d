/** The times of a `setInfo`, checked; shared by the backends. */
import { isDate } from 'node:util/types';
import type { InfoChanges } from '../essentials.js';
import { checkObject } from './option-types.js';

/** @throws TypeError: no object of Dates; RangeError: an invalid Date */
export function checkTimes(changes: InfoChanges): void {
  checkObject('changes', changes ?? null);
  const { modified, accessed } = changes;
  checkDate('modified', modified);
  checkDate('accessed', accessed);
}

/** @throws TypeError: no Date; RangeError: an invalid one */
export function checkDate(name: string, value: Date | undefined): void {
  if (value === undefined) return;
  if (!isDate(value)) throw new TypeError(`${name} must be a Date`);
  if (!Number.isFinite(value.getTime())) throw new RangeError(`${name} is an invalid Date`);
}
