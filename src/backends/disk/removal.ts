/** Removing files, many at a time, each through the pin of its directory. */
import { DirectoryExpected, FileExpected, OperationFailed, ResourceNotFound } from '../../errors/errors.js';
import { forEachLimited } from '../../fs/derived/concurrency.js';
import type { RemoveOutcome } from '../../fs/staged-file.js';
import { basename, dirname } from '../../path/parts.js';
import type { DiskScope } from './disk-scope.js';
import { saysNothingThere, translateError } from './errno-errors.js';
import { statThrough } from './listing.js';
import { DIRECTORY, type Pin } from './pin.js';
import { syncDirectory } from './publishing.js';
import { lstat, readdir, rmdir, type Stats, unlink } from './system-calls.js';
import type { Enclosure } from './system-path.js';

/** Calls under way at a time; the thread pool has four threads by default. */
const CONCURRENCY = 8;

/** Remove files; the outcomes are in the order of `paths`. @param paths canonical, each once */
export async function removeFiles(scope: DiskScope, paths: readonly string[]): Promise<RemoveOutcome[]> {
  const outcomes = new Map<string, RemoveOutcome>();
  await forEachLimited(groupByParent(paths), CONCURRENCY, async ([parentPath, members]) => {
    for (const outcome of await removeGroup(scope, parentPath, members)) outcomes.set(outcome.path, outcome);
  });
  return paths.map((path) => outcomes.get(path) as RemoveOutcome);
}

/** Remove files of one directory. That they are gone is on the disk with all of them, where that is wanted. */
async function removeGroup(
  scope: DiskScope,
  parentPath: string,
  members: readonly string[],
): Promise<RemoveOutcome[]> {
  const outcomes: RemoveOutcome[] = [];
  let parent: Pin | null = null;
  try {
    const enclosure = await scope.enclosure();
    parent = await enclosure.pinDirectory(parentPath);
    const pin = parent;
    if (pin === null) return members.map((path) => ({ path, result: 'missing' }));
    await forEachLimited(members, CONCURRENCY, async (path) => {
      const removing = removeFile(enclosure, pin, path);
      outcomes.push(
        await removing.then((result) => ({ path, result })).catch((error) => failed(path, error)),
      );
    });
    const isChanged = outcomes.some(({ result }) => result === 'removed');
    if (isChanged && scope.root.durable) await syncDirectory(pin);
    return outcomes;
  } catch (error) {
    const known = outcomes.filter(({ result }) => result !== 'removed');
    const others = members.filter((path) => !known.some((outcome) => outcome.path === path));
    return [...known, ...others.map((path) => failed(path, error))];
  } finally {
    parent?.close();
  }
}

function failed(path: string, error: unknown): RemoveOutcome {
  return { path, result: 'failed', error: asError(error, path) };
}

/**
 * Remove one file, or a link that leads inside.
 * @throws FileExpected, or an error of the system
 */
async function removeFile(enclosure: Enclosure, parent: Pin, path: string): Promise<'removed' | 'missing'> {
  if (path === '') throw new FileExpected(path);
  const systemPath = parent.at(basename(path));
  try {
    const stats = await lstat(systemPath);
    if (stats.isDirectory()) {
      if (enclosure.hides(parent.real, basename(path))) return 'missing';
      throw new FileExpected(path);
    }
    if (!(await isOurs(enclosure, systemPath, stats))) return 'missing';
    await unlink(systemPath);
    return 'removed';
  } catch (error) {
    if (saysNothingThere(error)) return 'missing';
    throw error;
  }
}

/** Remove the file at a path; of a link that leads inside, the link. @throws ResourceNotFound, FileExpected */
export async function removeOne(scope: DiskScope, path: string): Promise<void> {
  const enclosure = await scope.enclosure();
  await scope.inParent(path, async (parent) => {
    if ((await removeFile(enclosure, parent, path)) === 'missing') throw new ResourceNotFound(path);
    if (scope.root.durable) await syncDirectory(parent);
  });
}

/** Remove what is in a directory, invisible things too. Links go, and are not followed. */
export async function emptyDirectory(enclosure: Enclosure, directory: Pin, path: string): Promise<void> {
  const entries = await readdir(directory.here, { withFileTypes: true });
  const ours = entries.filter(({ name }) => !enclosure.hides(directory.real, name));
  await forEachLimited(
    ours.filter((entry) => !entry.isDirectory()),
    CONCURRENCY,
    ({ name }) => unlink(directory.at(name)).catch(unlessMissing),
  );
  for (const { name } of ours.filter((entry) => entry.isDirectory())) {
    await removeBelow(enclosure, directory, name, `${path}/${name}`);
  }
}

async function removeBelow(enclosure: Enclosure, parent: Pin, name: string, path: string): Promise<void> {
  const pin = await enclosure.pinSystemPath(parent.at(name), DIRECTORY);
  if (pin === null) return;
  try {
    // An entry that is exchanged for a link meanwhile leads elsewhere: not ours to empty.
    if (pin.real !== `${parent.real}/${name}`) throw new DirectoryExpected(path.replace(/^\/+/, ''));
    await emptyDirectory(enclosure, pin, path);
  } finally {
    pin.close();
  }
  await rmdir(parent.at(name)).catch(unlessMissing);
}

/** Whether something that is no directory is a file, or a link that leads inside. */
async function isOurs(enclosure: Enclosure, systemPath: string, stats: Stats): Promise<boolean> {
  if (!stats.isSymbolicLink()) return stats.isFile();
  return (await statThrough(await enclosure.pinSystemPath(systemPath))) !== null;
}

function groupByParent(paths: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const path of paths) {
    const parent = dirname(path);
    const members = groups.get(parent);
    if (members === undefined) groups.set(parent, [path]);
    else members.push(path);
  }
  return groups;
}

function unlessMissing(error: unknown): void {
  if (!saysNothingThere(error)) throw error;
}

function asError(error: unknown, path: string): Error {
  const translated = translateError(error, path);
  return translated instanceof Error ? translated : new OperationFailed(path, { cause: translated });
}
