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
    const before = await pin.stat();
    const { atimeMs, mtimeMs } = before;
    const filename = before.isFile() ? await scope.filename(path, before) : undefined;
    await utimes(
      pin.here,
      accessed ?? sameTime(atimeMs),
      modified === undefined ? sameTime(mtimeMs) : distinctTime(modified.getTime()),
    );
    await scope.keepFilename(path, await pin.stat(), filename);
  } finally {
    pin.close();
  }
}
