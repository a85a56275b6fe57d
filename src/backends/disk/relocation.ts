/** Copying and moving files of an OSFS: bytes once copied, a rename wherever that will do. */
import {
  DestinationExists,
  FileExists,
  FileExpected,
  IllegalDestination,
  ResourceNotFound,
} from '../../errors/errors.js';
import type { CopyOptions } from '../../fs/filesystem.js';
import { keptFilename } from '../../path/content-disposition.js';
import { basename, dirname } from '../../path/parts.js';
import type { DiskScope } from './disk-scope.js';
import { translated } from './errno-errors.js';
import type { Pin } from './pin.js';
import { areTwoNames, moveExclusively, renameDirectory, withSync } from './publishing.js';
import { removeOne } from './removal.js';
import { publishFile } from './staged-file.js';
import { forget } from './staging.js';
import { rename, unlink } from './system-calls.js';
import { setTimes } from './times.js';

/** See `Filesystem.copy`. Paths are canonical. */
export async function copyFile(
  scope: DiskScope,
  from: string,
  to: string,
  options: CopyOptions,
): Promise<void> {
  const [file, filename] = await translated(from, async () => {
    await checkDestination(scope, to, options);
    if (from === to) throw new IllegalDestination(to);
    const pin = await scope.pin(from);
    try {
      const stats = await pin.stat();
      if (!stats.isFile()) throw new FileExpected(from);
      const modified = options.preserveTime === true ? Math.floor(stats.mtimeMs) : undefined;
      const copied = await scope.staging.receiveCopy(pin.here, modified);
      return [copied, await scope.filename(from, stats)] as const;
    } finally {
      pin.close();
    }
  });
  try {
    await publishFile(scope, file, to, { overwrite: options.overwrite === true, filename });
  } catch (error) {
    await translated(to, () => forget(file.systemPath));
    throw asTaken(error, to);
  }
}

/** See `Filesystem.move`. Paths are canonical. */
export async function moveFile(
  scope: DiskScope,
  from: string,
  to: string,
  options: CopyOptions,
): Promise<void> {
  await translated(to, () => checkDestination(scope, to, options));
  const stats = await translated(from, () => scope.stat(from));
  if (stats === null) throw new ResourceNotFound(from);
  if (!stats.isFile()) throw new FileExpected(from);
  if (from === to) return;
  if (await translated(from, () => scope.isLink(from))) {
    // The link may lead elsewhere from its new place: what it leads to is moved.
    await copyFile(scope, from, to, { ...options, preserveTime: options.preserveTime ?? true });
    return translated(from, () => removeOne(scope, from));
  }
  if (isSameName(scope, from, to)) return;
  const filename = await scope.filename(from, stats);
  await translated(to, () =>
    scope.intoParent(to, async (parent, name) => {
      await scope.keepFilename(to, stats, keptFilename(filename, to));
      await renameFile(scope, from, { parent, name }, options);
    }),
  ).catch(async (error: unknown) => {
    await scope.keepFilename(from, stats, filename);
    throw asTaken(error, to);
  });
  if (options.preserveTime === false) {
    await translated(to, () => setTimes(scope, to, { modified: new Date() }));
  }
}

/**
 * Move a directory with all in it, in one step.
 * @returns false, and nothing is done, when it is not as simple as that
 */
export async function moveWholeDirectory(scope: DiskScope, from: string, to: string): Promise<boolean> {
  const source = await translated(from, () => scope.stat(from));
  if (source?.isDirectory() !== true || (await translated(to, () => scope.stat(to))) !== null) return false;
  return translated(to, () =>
    scope.intoParent(to, (parent, name) =>
      scope.inParent(from, async (sourceParent, sourceName) => {
        return withSync(scope.root.durable ? [sourceParent, parent] : [], async (sync) => {
          if (!(await renameDirectory(sourceParent.at(sourceName), parent.at(name)))) return false;
          await sync();
          return true;
        });
      }),
    ),
  );
}

async function renameFile(
  scope: DiskScope,
  from: string,
  to: { readonly parent: Pin; readonly name: string },
  { overwrite }: CopyOptions,
): Promise<void> {
  const { durable } = scope.root;
  const target = to.parent.at(to.name);
  await scope.inParent(from, async (sourceParent, name) => {
    // So it may have become meanwhile.
    if (name === to.name && (await isSameDirectory(sourceParent, to.parent))) return;
    const source = sourceParent.at(name);
    await withSync(durable ? [sourceParent, to.parent] : [], async (sync) => {
      if (overwrite !== true) await moveExclusively(source, target);
      else if (await areTwoNames(source, target))
        await unlink(source); // rename(2) would leave both names.
      else await rename(source, target);
      await sync();
    });
  });
}

/** pyfilesystem2 looks at the destination before anything else, and so do we. */
async function checkDestination(scope: DiskScope, path: string, options: CopyOptions): Promise<void> {
  const stats = await scope.stat(path);
  if (stats === null) return;
  if (options.overwrite !== true) throw new DestinationExists(path);
  if (stats.isDirectory()) throw new FileExpected(path);
}

/** Whoever copies or moves speaks of a destination. */
function asTaken(error: unknown, path: string): unknown {
  return error instanceof FileExists ? new DestinationExists(path, { cause: error }) : error;
}

/** Whether two paths are one name by way of a link, so that there is nothing to move, nor a first name to bring along. */
function isSameName(scope: DiskScope, a: string, b: string): boolean {
  return basename(a) === basename(b) && scope.realPath(dirname(a)) === scope.realPath(dirname(b));
}

async function isSameDirectory(a: Pin, b: Pin): Promise<boolean> {
  const [one, other] = await Promise.all([a.stat(), b.stat()]);
  return one.ino === other.ino && one.dev === other.dev;
}
