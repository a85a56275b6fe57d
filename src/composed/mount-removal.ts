/** Removing files from several mounts. */
import { FileExpected } from '../errors/errors.js';
import type { RemoveManyOptions, RemoveOutcome } from '../fs/staged-file.js';
import { joinPath, relativePath } from '../path/parts.js';
import { localError, type MountTable, type Spot } from './mount-table.js';

/** In one call for each mount; the outcomes are in the order of `paths`. @param paths canonical, each once */
export async function removeFromMounts(
  mounts: MountTable,
  paths: readonly string[],
  options: RemoveManyOptions | undefined,
): Promise<RemoveOutcome[]> {
  const outcomes = new Map<string, RemoveOutcome>();
  for (const path of paths.filter((each) => mounts.isImplied(each))) {
    outcomes.set(path, { path, result: 'failed', error: new FileExpected(path) });
  }
  for (const [mount, members] of mounts.grouped(paths.filter((path) => !outcomes.has(path)))) {
    for (const outcome of await removeFromOne(mount, members, options)) outcomes.set(outcome.path, outcome);
  }
  return paths.map((path) => outcomes.get(path) as RemoveOutcome);
}

/** What goes wrong with one mount holds up nothing in the others. */
async function removeFromOne(
  { fs, mount }: Spot,
  paths: readonly string[],
  options: RemoveManyOptions | undefined,
): Promise<RemoveOutcome[]> {
  const inner = paths.map((path) => relativePath(mount, path));
  try {
    const outcomes = await fs.removeMany(inner, options);
    return outcomes.map(({ path, result, error }) => ({
      path: joinPath(mount, path),
      result,
      ...(error === undefined ? {} : { error: localError(error, mount) as Error }),
    }));
  } catch (error) {
    return paths.map((path) => ({ path, result: 'failed', error: localError(error, mount) as Error }));
  }
}
