/** Removing many files at once where some of the paths may be none at all. */
import type { RemoveOutcome } from '../staged-file.js';

/**
 * Remove what has a valid path; a path that is refused has failed by itself,
 * and holds up nothing.
 *
 * @param validate gives the form of a path that `remove` takes
 * @param remove tells an outcome for each path, in their order
 * @returns an outcome for each of `paths`, in their order
 */
export async function removeValid(
  paths: readonly string[],
  validate: (path: string) => string,
  remove: (valid: readonly string[]) => Promise<RemoveOutcome[]>,
): Promise<RemoveOutcome[]> {
  const valid: string[] = [];
  const refused = new Map<string, RemoveOutcome>();
  for (const path of paths) {
    try {
      valid.push(validate(path));
    } catch (error) {
      refused.set(path, { path, result: 'failed', error: error as Error });
    }
  }
  const outcomes = await remove(valid);
  let next = 0;
  return paths.map((path) => refused.get(path) ?? (outcomes[next++] as RemoveOutcome));
}
