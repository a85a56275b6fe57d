/**
 * Staging for a backend that has no better way: the bytes go to a file in a
 * hidden directory of the same filesystem (no namespace begins with a dot), and
 * publishing moves it.
 */
import { randomUUID } from 'node:crypto';
import {
  DestinationExists,
  DirectoryExists,
  DirectoryExpected,
  FileExists,
  ResourceNotFound,
} from '../../errors/errors.js';
import { joinPath } from '../../path/parts.js';
import type { FilesystemEssentials, PublishOptions, StageOptions, WriteSource } from '../essentials.js';
import type { Info } from '../info.js';
import type { StagedFile, SweepOptions } from '../staged-file.js';
import { removeIfThere } from './remove-many.js';
import { beforeReading } from './source.js';

/** Names of unpublished files. What else is in their directory is somebody's. */
const STAGED_NAME = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Where unpublished files lie, from the root. */
export const STAGING_DIRECTORY = '.mayfly';

/** What staging needs beyond the essentials. */
interface Movable extends FilesystemEssentials {
  move(source: string, destination: string, options?: { overwrite?: boolean }): Promise<void>;
}

export async function stageInPlace(
  fs: Movable,
  source: WriteSource,
  options: StageOptions,
): Promise<StagedFile> {
  const prepare = () =>
    fs.makeDir(STAGING_DIRECTORY, { recreate: true }).catch((error: unknown) => {
      if (!(error instanceof DirectoryExists)) throw error;
    });
  await beforeReading(source, prepare, options.signal);
  const temporary = joinPath(STAGING_DIRECTORY, randomUUID());
  const { size } = await fs.write(temporary, source, options);
  let done = false;
  return {
    size,
    async publish(path: string, { overwrite = true }: PublishOptions = {}): Promise<Info> {
      try {
        await fs.move(temporary, path, { overwrite });
      } catch (error) {
        throw error instanceof DestinationExists
          ? new FileExists(error.path ?? path, { cause: error })
          : error;
      }
      done = true;
      return fs.getInfo(path);
    },
    async discard(): Promise<void> {
      if (done) return;
      await fs.remove(temporary);
      done = true;
    },
  };
}

/** Remove what was staged and never published, and was last written before `before`. @returns how many there were */
export async function sweepInPlace(
  fs: FilesystemEssentials,
  before: Date,
  { dryRun = false }: SweepOptions,
): Promise<number> {
  let swept = 0;
  try {
    for await (const { name, path, isDir, modified } of fs.scanDir(STAGING_DIRECTORY)) {
      if (isDir || modified >= before || !STAGED_NAME.test(name)) continue;
      // Its writer may publish or discard it after all, and another sweep be faster.
      if (dryRun || (await removeIfThere(fs, path))) swept++;
    }
  } catch (error) {
    const nothingStaged = error instanceof ResourceNotFound || error instanceof DirectoryExpected;
    if (!nothingStaged) throw error;
  }
  return swept;
}
