/**
 * Puts SQLite's write-ahead log on the disk, without holding up the thread and
 * once for all who wait.
 *
 * SQLite's own way (`synchronous = FULL`) syncs inside of COMMIT: the event loop
 * stands still meanwhile, and on builds without fdatasync(2) a journal of the
 * file system is written for a change of time that nobody needs. A log that is
 * synced after the commit holds the same: each frame that was written before.
 * Source: "Write-Ahead Logging" and "PRAGMA synchronous", sqlite.org.
 */
import { close, constants, fdatasync, open } from 'node:fs';
import { promisify } from 'node:util';

const openFile = promisify(open);
const syncData = promisify(fdatasync);
const closeFile = promisify(close);

export class SqliteLog {
  readonly #path: string;
  #fd: Promise<number> | null = null;
  #running: Promise<void> = Promise.resolve();
  /** Begins when the one that is running has ended; what is committed until then it covers. */
  #next: Promise<void> | null = null;

  /** @param path of the log; it stays the same file while the database is open */
  constructor(path: string) {
    this.#path = path;
  }

  /** Resolves when all that was committed before the call survives a loss of power. */
  sync(): Promise<void> {
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#running = this.#next as Promise<void>;
        this.#next = null;
        return this.#sync();
      });
    return this.#next;
  }

  async close(): Promise<void> {
    await (this.#next ?? this.#running).catch(() => {});
    const fd = await this.#fd?.catch(() => null);
    this.#fd = null;
    if (fd != null) await closeFile(fd);
  }

  async #sync(): Promise<void> {
    this.#fd ??= openFile(this.#path, constants.O_RDWR).catch((error: unknown) => {
      this.#fd = null;
      throw error;
    });
    await syncData(await this.#fd);
  }
}
