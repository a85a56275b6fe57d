/** A staged file of an OSFS, to be published at a path of its scope or discarded. */
import { FileExists, FileExpected } from '../../errors/errors.js';
import type { Info } from '../../fs/info.js';
import type { StagedFile } from '../../fs/staged-file.js';
import { infoOf } from './disk-info.js';
import type { DiskScope } from './disk-scope.js';
import { translated } from './errno-errors.js';
import { moveExclusively, syncDirectory } from './publishing.js';
import type { TemporaryFile } from './staging.js';
import { forget } from './staging.js';
import { rename } from './system-calls.js';

/** @param path for which it was staged, canonical */
export function stagedFile(
  scope: DiskScope,
  file: TemporaryFile,
  path: string,
  validatePath: (path: string) => string,
): StagedFile {
  const synced = translated(path, () => file.synced);
  synced.catch(() => {});
  return {
    size: file.stats.size,
    synced,
    publish: async (target, how) => publishFile(scope, file, validatePath(target), how?.overwrite !== false),
    discard: async () => {
      await file.synced.catch(() => {});
      await translated('', () => forget(file.systemPath));
    },
  };
}

/** Give a staged file its name, once its bytes are on the disk. @param path canonical */
export async function publishFile(
  scope: DiskScope,
  file: TemporaryFile,
  path: string,
  overwrite: boolean,
): Promise<Info> {
  if (path === '') throw new FileExpected(path);
  await translated(path, async () => {
    await file.synced;
    await scope.intoParent(path, async (parent, name) => {
      if (overwrite) await rename(file.systemPath, parent.at(name));
      else await moveExclusively(file.systemPath, parent.at(name));
      if (scope.root.durable) await syncDirectory(parent);
    });
  }).catch(async (error: unknown) => {
    if (!(error instanceof FileExists)) throw error;
    const there = await translated(path, () => scope.stat(path));
    throw there?.isDirectory() ? new FileExpected(path, { cause: error }) : error;
  });
  return infoOf(path, file.stats);
}
