/** The root directory that an OSFS and all filesystems opened from it share. */
import { resolve } from 'node:path';
import { OperationFailed, RemoteConnectionError } from '../../errors/errors.js';
import { errnoOf } from './errno-errors.js';
import { mkdir, realpath, stat } from './system-calls.js';
import { Enclosure } from './system-path.js';

export class DiskRoot {
  /** As given, made absolute: shown by `getSysPath`, and never in a message. */
  readonly directory: string;
  /** Whether a write is on the disk before it resolves. */
  readonly durable: boolean;
  #enclosure: Promise<Enclosure> | null = null;

  constructor(directory: string, durable: boolean) {
    this.directory = resolve(directory);
    this.durable = durable;
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

  /** Make the root where it is missing, and those above it. @throws OperationFailed or a subclass */
  async create(): Promise<void> {
    await mkdir(this.directory, { recursive: true }).catch((cause: unknown) => {
      throw rootError('the root directory can not be made', cause);
    });
  }

  async #resolve(): Promise<Enclosure> {
    try {
      const real = await realpath(this.directory);
      if ((await stat(real)).isDirectory()) return new Enclosure(real, real);
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
