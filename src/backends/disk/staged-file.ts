/** A staged file of an OSFS, to be published at a path of its scope or discarded. */
import { FileExists, FileExpected } from '../../errors/errors.js';
import { checkPublishOptions } from '../../fs/derived/option-types.js';
import type { Info } from '../../fs/info.js';
import type { PublishNowOptions, StagedFile } from '../../fs/staged-file.js';
import { keptFilename } from '../../path/content-disposition.js';
import { callsIn } from './changing-calls.js';
import { infoOf } from './disk-info.js';
import type { DiskScope } from './disk-scope.js';
import { translated } from './errno-errors.js';
import type { DiskPromptWriter } from './prompt-writer.js';
import { keepMode, moveExclusively, takeBack, withSync } from './publishing.js';
import type { TemporaryFile } from './staging.js';
import { forget } from './staging.js';

interface Staging {
  /** Canonical path for which the file is staged. */
  readonly path: string;
  /** Name to save it under. */
  readonly filename: string | undefined;
  readonly validatePath: (path: string) => string;
  readonly promptWriter: DiskPromptWriter;
}

export function stagedFile(
  scope: DiskScope,
  file: TemporaryFile,
  { path, filename, validatePath, promptWriter }: Staging,
): StagedFile {
  let isPublished = false;
  let isDiscarded = false;
  return {
    size: file.stats.size,
    ...(file.synced === null ? { publishNow } : { synced: syncedAt(path, file.synced) }),
    publish: async (target, how) => {
      checkPublishOptions(how);
      const overwrite = how?.overwrite !== false;
      const info = await publishFile(scope, file, validatePath(target), { overwrite, filename });
      isPublished = true;
      return info;
    },
    discard: async () => {
      if (isPublished) return;
      isDiscarded = true;
      await file.synced?.catch(() => {});
      await translated('', () => forget(file.systemPath));
    },
  };

  function publishNow(target: string, { moment }: PublishNowOptions = {}): Info | null {
    if (isPublished || isDiscarded) return null;
    const info = promptWriter.publishNow(file, target, { filename, moment });
    isPublished = info !== null;
    return info;
  }
}

function syncedAt(path: string, synced: Promise<void>): Promise<void> {
  const told = translated(path, () => synced);
  told.catch(() => {});
  return told;
}

/** Give a staged file its name, once its bytes are on the disk, and the permissions of what it replaces. @param path canonical */
export async function publishFile(
  scope: DiskScope,
  file: TemporaryFile,
  path: string,
  { overwrite, filename }: { overwrite: boolean; filename: string | undefined },
): Promise<Info> {
  if (path === '') throw new FileExpected(path);
  const kept = keptFilename(filename, path);
  await translated(path, async () => {
    await file.synced;
    await scope.intoParent(path, async (parent, name) => {
      await scope.keepFilename(path, file.stats, kept);
      const calls = callsIn(parent, scope.root.foreground);
      const target = parent.at(name);
      if (overwrite) await keepMode(file, target, calls);
      const move = overwrite
        ? () => calls.rename(file.systemPath, target)
        : () => moveExclusively(file.systemPath, target, calls);
      if (!scope.root.durable) return move();
      await withSync([parent], async (sync) => {
        await move();
        await sync().catch(async (error: unknown) => {
          // What it has replaced, if anything, can't be had back.
          if (!overwrite) await takeBack(target, file.stats).catch(() => undefined);
          throw error;
        });
      });
    });
  }).catch(async (error: unknown) => {
    if (!(error instanceof FileExists)) throw error;
    const there = await translated(path, () => scope.stat(path));
    throw there?.isDirectory() ? new FileExpected(path, { cause: error }) : error;
  });
  return infoOf(path, file.stats, kept);
}
