/** Setting the times of files and directories. */
import { isDate } from 'node:util/types';
import type { InfoChanges } from '../../fs/essentials.js';
import { distinctSeconds } from './disk-info.js';
import type { DiskScope } from './disk-scope.js';
import { utimes } from './system-calls.js';

/** @throws TypeError, RangeError */
export function checkTimes({ modified, accessed }: InfoChanges): void {
  checkDate('modified', modified);
  checkDate('accessed', accessed);
}

/** @param changes checked */
export async function setTimes(
  scope: DiskScope,
  path: string,
  { modified, accessed }: InfoChanges,
): Promise<void> {
  const pin = await scope.pin(path);
  try {
    const { atimeMs, mtimeMs } = await pin.stat();
    await utimes(
      pin.here,
      (accessed?.getTime() ?? atimeMs) / 1000,
      modified === undefined ? mtimeMs / 1000 : distinctSeconds(modified.getTime()),
    );
  } finally {
    pin.close();
  }
}

function checkDate(name: string, value: Date | undefined): void {
  if (value === undefined) return;
  if (!isDate(value)) throw new TypeError(`${name} must be a Date`);
  if (!Number.isFinite(value.getTime())) throw new RangeError(`${name} is an invalid Date`);
}
