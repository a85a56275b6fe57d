/**
 * Where bytes wait until they are published: `.mayfly/tmp` at the root, on the
 * same file system as their destination, so that publishing is one rename.
 */

import { PermissionDenied, RemoteConnectionError } from '../../errors/errors.js';
import { feed } from '../../fs/derived/feed.js';
import { abandonSource } from '../../fs/derived/source.js';
import type { StageOptions, WriteSource } from '../../fs/essentials.js';
import type { SweepOptions } from '../../fs/staged-file.js';
import { type ChangingCalls, callsIn } from './changing-calls.js';
import { ChunkWriter } from './chunk-writer.js';
import { distinctTime } from './disk-info.js';
import type { DiskRoot } from './disk-root.js';
import { rootError } from './disk-root.js';
import { errnoOf, saysNothingThere, translateError } from './errno-errors.js';
import type { Foreground } from './foreground.js';
import { type Pin, pinDirectoryAnywhere } from './pin.js';
import {
  close,
  closeSync,
  constants,
  copyFile,
  fsync,
  lstat,
  mkdir,
  open,
  readdir,
  type Stats,
  unlink,
} from './system-calls.js';
import { HIDDEN_DIRECTORY } from './system-path.js';
import { temporaryName, writerState } from './writer-name.js';

const SWEEP_BATCH = 64;
/** Flags that make a file where nothing is. */
export const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/** System path of the directory in which files wait. @param base of the root */
export function stagingDirectory(base: string): string {
  return `${base}/${HIDDEN_DIRECTORY}/tmp`;
}

/** Bytes in a temporary file, whole. */
export interface TemporaryFile {
  readonly systemPath: string;
  readonly stats: Stats;
  /**
   * Resolves when they are on the disk, if that is wanted: others may do something meanwhile that takes as long. Null:
   * there is nothing to wait for.
   */
  readonly synced: Promise<void> | null;
}

type Filled = Omit<TemporaryFile, 'systemPath'>;

export class StagingArea {
  readonly #root: DiskRoot;

  constructor(root: DiskRoot) {
    this.#root = root;
  }

  /**
   * Take in all of `source`. Rejecting leaves no file, no descriptor and no open source.
   * @param path where it will most likely go, for the errors
   */
  async receive(path: string, source: WriteSource, { signal }: StageOptions = {}): Promise<TemporaryFile> {
    const reading: Reading = { begun: false, failed: false };
    try {
      signal?.throwIfAborted();
      return await this.#make(async (systemPath, calls) => {
        const fd = await calls.open(systemPath, CREATE, 0o666);
        const write = (): Promise<void> =>
          writeAll(new ChunkWriter(fd, calls.writev), source, reading, signal);
        return this.#fill(fd, write, calls);
      });
    } catch (error) {
      if (!reading.begun) abandonSource(source, signal?.reason);
      if (signal?.aborted) throw signal.reason;
      throw reading.failed ? error : stagingError(error, path);
    }
  }

  /** Take in a copy of a file, sharing its blocks where the file system can. */
  async receiveCopy(sourcePath: string, modified?: number): Promise<TemporaryFile> {
    return this.#make(async (systemPath, calls) => {
      await copyFile(sourcePath, systemPath, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
      const fd = await open(systemPath, constants.O_RDONLY);
      return this.#fill(fd, async () => undefined, calls, modified);
    });
  }

  /** Remove what dead writers left, and of unknown ones what is older than `before`. @returns how many files */
  async sweep(before: Date, { dryRun = false }: SweepOptions = {}): Promise<number> {
    const pin = await this.#pin().catch((error: unknown) => {
      if (saysNothingThere(error)) return null;
      throw error;
    });
    if (pin === null) return 0;
    try {
      const names = await readdir(pin.here);
      let removed = 0;
      for (let at = 0; at < names.length; at += SWEEP_BATCH) {
        const batch = names.slice(at, at + SWEEP_BATCH);
        const gone = await Promise.all(batch.map((name) => sweepOne(pin.at(name), name, before, dryRun)));
        removed += gone.filter(Boolean).length;
      }
      return removed;
    } finally {
      pin.close();
    }
  }

  /** Pin the hidden directory at the root, made when it is missing. */
  async pinHidden(): Promise<Pin> {
    const { base } = await this.#root.enclosure();
    return pinExactly(`${base}/${HIDDEN_DIRECTORY}`, this.#root.foreground);
  }

  /** Make the hidden directories at the root; the root itself is never made. */
  async makeHidden(): Promise<void> {
    const { base } = await this.#root.enclosure();
    const { foreground } = this.#root;
    try {
      await makeIn(base || '/', HIDDEN_DIRECTORY, foreground);
      await makeIn(`${base}/${HIDDEN_DIRECTORY}`, 'tmp', foreground);
    } catch (cause) {
      throw saysNothingThere(cause) ? rootError('the root directory can not be reached', cause) : cause;
    }
  }

  async #pin(): Promise<Pin> {
    const { base } = await this.#root.enclosure();
    return pinExactly(stagingDirectory(base), this.#root.foreground);
  }

  async #make(fill: (systemPath: string, calls: ChangingCalls) => Promise<Filled>): Promise<TemporaryFile> {
    const pin = await this.#pin().catch(async (error: unknown) => {
      if (!saysNothingThere(error)) throw error;
      await this.makeHidden();
      return this.#pin();
    });
    const name = temporaryName();
    try {
      return {
        systemPath: `${pin.real}/${name}`,
        ...(await fill(pin.at(name), callsIn(pin, this.#root.foreground))),
      };
    } catch (error) {
      await forget(pin.at(name));
      throw error;
    } finally {
      pin.close();
    }
  }

  /**
   * Run `write`, then make times and bytes final. The descriptor is closed on every way out.
   * @param modified in ms since the epoch; default now
   */
  async #fill(
    fd: number,
    write: () => Promise<void>,
    calls: ChangingCalls,
    modified?: number,
  ): Promise<Filled> {
    let stats: Stats;
    try {
      await write();
      const now = Date.now();
      await calls.futimes(fd, now / 1000, distinctTime(modified ?? now));
      stats = await calls.fstat(fd);
    } catch (error) {
      await close(fd);
      throw error;
    }
    const synced = this.#root.durable ? syncAndClose(fd) : (calls.close(fd) ?? null);
    synced?.catch(() => {}); // Told to who publishes; nobody else need know.
    return { stats, synced };
  }
}

async function syncAndClose(fd: number): Promise<void> {
  try {
    await fsync(fd);
  } finally {
    closeSync(fd); // Waits for nothing once all is written.
  }
}

/** Remove a temporary file that may be gone already. */
export async function forget(systemPath: string): Promise<void> {
  await unlink(systemPath).catch((error: unknown) => {
    if (!saysNothingThere(error)) throw error;
  });
}

async function sweepOne(systemPath: string, name: string, before: Date, dryRun: boolean): Promise<boolean> {
  try {
    const state = await writerState(name);
    if (state === 'alive') return false;
    if (state === 'unknown' && lastTouched(await lstat(systemPath)) >= before.getTime()) return false;
    if (!dryRun) await unlink(systemPath);
    return true;
  } catch (error) {
    // Another sweep was faster, or its writer published it. One that can't be removed shall not keep the others.
    if (errnoOf(error) !== '') return false;
    throw error;
  }
}

/** In ms since the epoch. A copy has its time from its source, but its time of change is nobody's to set. */
function lastTouched({ mtimeMs, ctimeMs }: Stats): number {
  return Math.max(mtimeMs, ctimeMs);
}

/** How far the reading of a source came: what it throws is the caller's own affair and passes as it is. */
interface Reading {
  begun: boolean;
  failed: boolean;
}

/** The writer's descriptor is in use until this settles. */
async function writeAll(
  writer: ChunkWriter,
  source: WriteSource,
  reading: Reading,
  signal: AbortSignal | undefined,
): Promise<void> {
  reading.begun = true;
  try {
    await feed(source, (chunk) => writer.take(chunk), signal);
    await writer.finish();
    signal?.throwIfAborted();
  } catch (error) {
    await writer.stop();
    reading.failed = error !== writer.failure?.error;
    throw error;
  }
}

/** The staging directory is our own: what is missing there is no file of the caller's. */
function stagingError(error: unknown, path: string): unknown {
  if (!saysNothingThere(error)) return translateError(error, path);
  return new RemoteConnectionError(path, {
    message: 'the staging directory at the root has vanished: is the storage still there?',
    cause: error,
  });
}

/** Pin a directory that must lie where its path says, so that no link makes us write elsewhere. */
export async function pinExactly(systemPath: string, foreground: Foreground): Promise<Pin> {
  const pin = await pinDirectoryAnywhere(systemPath, foreground).catch((error: unknown) => {
    throw errnoOf(error) === 'ENOTDIR' || errnoOf(error) === 'ELOOP' ? leadsElsewhere(error) : error;
  });
  if (pin.real === systemPath) return pin;
  pin.close();
  throw leadsElsewhere();
}

function leadsElsewhere(cause?: unknown): PermissionDenied {
  return new PermissionDenied('', {
    message: `${HIDDEN_DIRECTORY} at the root is a link or a file: remove it`,
    cause,
  });
}

/** Make a directory in one that must lie where its path says; it may be there. */
export async function makeIn(directory: string, name: string, foreground: Foreground): Promise<void> {
  const pin = await pinExactly(directory, foreground);
  try {
    await mkdir(pin.at(name), 0o777);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  } finally {
    pin.close();
  }
}
