/** Removing files where some may not be there, and some of the paths may be none at all. */
import { ResourceNotFound } from '../../errors/errors.js';
import type { FilesystemEssentials } from '../essentials.js';
import type { RemoveOutcome } from '../staged-file.js';

/**
 * Remove what has a valid path; a path that is refused has failed by itself,
 * and holds up nothing. A file that is named twice is removed once, and missing
 * after that.
 *
 * @param validate gives the form of a path that `remove` takes
 * @param remove tells an outcome for each path, in their order
 * @returns an outcome for each of `paths`, in their order and by the spelling given
 * @throws TypeError `paths` is no list of strings
 */
export async function removeValid(
  paths: readonly string[],
  validate: (path: string) => string,
  remove: (valid: readonly string[]) => Promise<RemoveOutcome[]>,
): Promise<RemoveOutcome[]> {
  checkPaths(paths);
  const asked = paths.map((path) => {
    try {
      return { path, valid: validate(path) };
    } catch (error) {
      return { path, error: error as Error };
    }
  });
  const valid = [...new Set(asked.flatMap((each) => each.valid ?? []))];
  const outcomes = await remove(valid);
  const left = new Map(valid.map((path, i) => [path, outcomes[i] as RemoveOutcome]));
  return asked.map(({ path, valid: known, error }): RemoveOutcome => {
    if (known === undefined) return { path, result: 'failed', error: error as Error };
    const outcome = left.get(known) as RemoveOutcome;
    if (outcome.result === 'removed') left.set(known, { path, result: 'missing' });
    return { ...outcome, path };
  });
}

/** @throws TypeError no list of strings; one string alone is a slip too easily made */
export function checkPaths(paths: unknown): void {
  if (Array.isArray(paths) && paths.every((path) => typeof path === 'string')) return;
  throw new TypeError("paths must be a list of strings, such as ['a.txt']");
}

/** @returns false when nothing was there any more */
export async function removeIfThere(
  fs: Pick<FilesystemEssentials, 'remove'>,
  path: string,
): Promise<boolean> {
  try {
    await fs.remove(path);
    return true;
  } catch (error) {
    if (error instanceof ResourceNotFound) return false;
    throw error;
  }
}
