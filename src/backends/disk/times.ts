/** Setting the times of files and directories. */
import type { InfoChanges } from '../../fs/essentials.js';
import { distinctTime, sameTime } from './disk-info.js';
import type { DiskScope } from './disk-scope.js';
import { utimes } from './system-calls.js';

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
      accessed ?? sameTime(atimeMs),
      modified === undefined ? sameTime(mtimeMs) : distinctTime(modified.getTime()),
    );
  } finally {
    pin.close();
  }
}
