/** The root directory that an OSFS and all filesystems opened from it share. */
import { resolve } from 'node:path';
import { OperationFailed, RemoteConnectionError } from '../../errors/errors.js';
import { errnoOf } from './errno-errors.js';
import { FileCache } from './file-cache.js';
import { Foreground } from './foreground.js';
import { makeDirectories } from './make-directories.js';
import { MomentPins } from './moment-pins.js';
import { realpath, stat, statfs } from './system-calls.js';
import { Enclosure } from './system-path.js';

/** What a root may have in memory of small files that are served, unless told otherwise. */
const DEFAULT_CACHE_BYTES = 64 * 1024 * 1024;

/**
 * File systems behind which is a network or another process, by the magic
 * numbers of statfs(2) on Linux: NFS, SMB (three ages), FUSE, Ceph, AFS, 9P,
 * Lustre, GFS2, OCFS2. To look at a file on them may take any time.
 */
const REMOTE = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x65735546, 0x00c36400, 0x5346414f, 0x01021997, 0x0bd00bd0,
  0x01161970, 0x7461636f,
]);

function isRemote(type: number): boolean {
  return process.platform === 'linux' && REMOTE.has(type);
}

export class DiskRoot {
  /** As given, made absolute: shown by `getSysPath`, and never in a message. */
  readonly directory: string;
  /** Whether a write is on the disk before it resolves. */
  readonly durable: boolean;
  /** Nothing may be asked there before the root was seen to be local. */
  readonly foreground: Foreground;
  /** Directories in which something is done in the foreground. */
  readonly momentPins: MomentPins;
  readonly #cacheBytes: number;
  #enclosure: Promise<Enclosure> | null = null;
  #cache: FileCache | null = null;

  /** @throws RangeError `cacheBytes` is no size */
  constructor(directory: string, durable: boolean, cacheBytes: number = DEFAULT_CACHE_BYTES) {
    if (!Number.isSafeInteger(cacheBytes) || cacheBytes < 0) {
      throw new RangeError(`cacheBytes must be a whole number of 0 or more, not ${cacheBytes}`);
    }
    this.directory = resolve(directory);
    this.durable = durable;
    this.foreground = new Foreground(durable);
    this.momentPins = new MomentPins(this.foreground);
    this.#cacheBytes = cacheBytes;
  }

  /**
   * All that is in the root. A link as root is resolved now, once, so that
   * exchanging it later does not move half of a running program.
   *
   * @throws OperationFailed or a subclass: no directory is there
   */
  enclosure(): Promise<Enclosure> {
    this.#enclosure ??= this.#resolve().catch((error: unknown) => {
      this.#enclosure = null;
      throw error;
    });
    return this.#enclosure;
  }

  /** Small files that are served; null where they can't be looked at in the foreground. @throws as `enclosure` */
  async cache(): Promise<FileCache | null> {
    await this.enclosure();
    if (this.#cacheBytes === 0 || !this.foreground.isLocal) return null;
    this.#cache ??= new FileCache(this.#cacheBytes, this.foreground);
    return this.#cache;
  }

  /** Make the root where it is missing, and those above it. @throws OperationFailed or a subclass */
  async create(): Promise<void> {
    await makeDirectories(this.directory).catch((cause: unknown) => {
      throw rootError('the root directory can not be made', cause);
    });
  }

  async #resolve(): Promise<Enclosure> {
    try {
      const real = await realpath(this.directory);
      const [{ type }, stats] = await Promise.all([statfs(real), stat(real)]);
      if (stats.isDirectory()) {
        if (!isRemote(type)) this.foreground.admit(stats.dev);
        return new Enclosure(real, real, this.foreground);
      }
    } catch (cause) {
      throw rootError('the root directory can not be reached', cause);
    }
    throw new OperationFailed('', { message: 'the root is not a directory: give the path of one' });
  }
}

/** An error of the storage as a whole. It names no server path, and it is never `ResourceNotFound`: no file is missing. */
export function rootError(what: string, cause: unknown): OperationFailed {
  const why =
    errnoOf(cause) === 'ENOENT' ? 'it does not exist. Was it unmounted, moved, or never made?' : 'see cause';
  return new RemoteConnectionError('', { message: `${what}: ${why}`, cause });
}
