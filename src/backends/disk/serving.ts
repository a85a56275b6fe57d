/** Versions of files on disk for those who serve them: small ones from memory, large ones as open files. */
import { Buffer } from 'node:buffer';
import type { Moment } from '../../clock/moment.js';
import { FilesystemClosed, OperationTimeout } from '../../errors/errors.js';
import type { Info } from '../../fs/info.js';
import type { FileVersion, Servable } from '../../fs/servable.js';
import { ancestors } from '../../path/parts.js';
import { infoOf } from './disk-info.js';
import { translateError } from './errno-errors.js';
import type { FileCache } from './file-cache.js';
import { isSameVersion, MOST_CACHED_FILE_BYTES } from './file-cache.js';
import { OpenDiskFile } from './open-file.js';
import { fstat, type Stats } from './system-calls.js';
import type { Enclosure, OpenedFile } from './system-path.js';

/** How often a file may be changed while it is read into memory. */
const TRIES = 20;

/** What of an OSFS serving needs. */
interface ServedScope {
  enclosure(): Promise<Enclosure>;
  /** The cache of the root; null where files are not to be looked at in the foreground. */
  cache(): Promise<FileCache | null>;
  /** The name that is kept to save a file under. */
  filename(path: string, stats: Stats): Promise<string | undefined>;
}

export class DiskServable implements Servable {
  readonly #scope: ServedScope;
  readonly #isClosed: () => boolean;
  /** Known once a file has been opened. */
  #ready: { enclosure: Enclosure; cache: FileCache } | null = null;

  /** @param isClosed whether the filesystem was closed */
  constructor(scope: ServedScope, isClosed: () => boolean) {
    this.#scope = scope;
    this.#isClosed = isClosed;
  }

  atHand(path: string, moment?: Moment): FileVersion | null {
    if (this.#ready === null || this.#isClosed()) return null;
    return this.#ready.cache.get(cachedAs(this.#ready.enclosure, path), moment);
  }

  async open(path: string): Promise<FileVersion | null> {
    if (this.#isClosed()) throw new FilesystemClosed();
    try {
      const [enclosure, cache] = await Promise.all([this.#scope.enclosure(), this.#scope.cache()]);
      if (cache !== null) this.#ready ??= { enclosure, cache };
      for (let tries = 0; tries < TRIES; tries++) {
        const readAt = Date.now();
        const opened = await enclosure.openForReading(path);
        if (opened === null || opened === 'directory') return null;
        const version = await this.#versionOf(path, opened, { enclosure, cache, readAt });
        if (version !== null) return version;
      }
    } catch (error) {
      throw translateError(error, path);
    }
    throw new OperationTimeout(path, { message: 'the file is changed too often to be read' });
  }

  /** @returns null when the file is changed in place while it is read: what was read is neither the old nor the new */
  async #versionOf(
    path: string,
    opened: OpenedFile,
    { enclosure, cache, readAt }: { enclosure: Enclosure; cache: FileCache | null; readAt: number },
  ): Promise<FileVersion | null> {
    const { fd, stats, real } = opened;
    const file = new OpenDiskFile(opened, path);
    let info: Info;
    try {
      info = infoOf(path, stats, await this.#scope.filename(path, stats));
    } catch (error) {
      file.close();
      throw error;
    }
    if (cache === null || stats.size > MOST_CACHED_FILE_BYTES) return { info, bytes: null, file };
    try {
      const bytes = await readWhole(file, stats.size);
      if (bytes === null || !isSameVersion(await fstat(fd), stats)) return null;
      const version: FileVersion = { info, bytes, file: null };
      // By way of a link it is found anew each time: then there is more to look at than directories.
      if (real === enclosure.systemPath(path)) {
        cache.put(cachedAs(enclosure, path), version, stats, directoriesOf(enclosure, path), readAt);
      }
      return version;
    } finally {
      file.close();
    }
  }
}

/**
 * The system path by which the cache of a root knows a file. Its filesystem
 * shows in it, by a slash more, which means nothing to the system: a version
 * tells the path that the file has in the filesystem that read it.
 */
function cachedAs(enclosure: Enclosure, path: string): string {
  return `${enclosure.base}//${path}`;
}

/** @returns null when the file has been cut short */
async function readWhole(file: OpenDiskFile, size: number): Promise<Buffer | null> {
  // Not from the pool: it is kept for long, and would keep the whole slab.
  const bytes = Buffer.allocUnsafeSlow(size);
  for (let at = 0; at < size; ) {
    const read = await file.read(at === 0 ? bytes : bytes.subarray(at), at);
    if (read === 0) return null;
    at += read;
  }
  return bytes;
}

/** From the base of the enclosure down to the directory that the file is in. */
function directoriesOf(enclosure: Enclosure, path: string): string[] {
  return ['', ...ancestors(path).reverse()].map((directory) => enclosure.systemPath(directory));
}
