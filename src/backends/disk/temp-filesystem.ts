/** A directory of the operating system that lives as long as the filesystem on it; pyfilesystem2's `TempFS`. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperationFailed } from '../../errors/errors.js';
import { optionsChecker } from '../../fs/derived/option-types.js';
import { OSFS } from './disk-filesystem.js';
import { mkdtempSync, rm, rmSync } from './system-calls.js';

/** Options of `TempFS`. */
export interface TempFSOptions {
  /** Begins the name of the directory, for people who find it; default `mayfly`. */
  identifier?: string;
  /** Where the directory is made; default the temporary directory of the system. */
  directory?: string;
}

const checkOptions = optionsChecker<TempFSOptions>({ identifier: 'string', directory: 'string' });

/** Directories to remove when the process ends. */
const leftovers = new Set<string>();

function removeLeftovers(): void {
  for (const directory of leftovers) {
    try {
      rmSync(directory, { recursive: true, force: true });
    } catch {
      // Nobody is left to tell, and the system clears its temporary directory in time.
    }
  }
}

/**
 * A new empty directory as a filesystem, removed with all in it by `close()`, and
 * when the process exits; not when a signal kills it that nobody handles. Writes
 * are atomic and not synced to the disk.
 *
 * @example
 * const scratch = new TempFS();
 * await scratch.writeText('draft.txt', 'hello');
 * await scratch.close();
 */
export class TempFS extends OSFS {
  readonly #directory: string;

  /** @throws TypeError; OperationFailed: the directory can't be made */
  constructor(options: TempFSOptions = {}) {
    const directory = makeDirectory(options);
    super(directory, { durable: false });
    this.#directory = directory;
    if (leftovers.size === 0) process.once('exit', removeLeftovers);
    leftovers.add(directory);
  }

  override async close(): Promise<void> {
    await super.close();
    try {
      await rm(this.#directory, { recursive: true, force: true, maxRetries: 3 });
    } catch (cause) {
      throw new OperationFailed('', { message: 'the temporary directory can not be removed', cause });
    }
    leftovers.delete(this.#directory);
    if (leftovers.size === 0) process.off('exit', removeLeftovers);
  }
}

function makeDirectory(options: TempFSOptions): string {
  checkOptions(options);
  const { identifier = 'mayfly', directory = tmpdir() } = options;
  const name = identifier.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 100);
  try {
    return mkdtempSync(join(directory, `${name}-`));
  } catch (cause) {
    throw new OperationFailed('', { message: 'a temporary directory can not be made', cause });
  }
}
