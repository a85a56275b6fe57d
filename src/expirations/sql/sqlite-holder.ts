/**
 * The sign that a process lives: an exclusive lock on a small file of its own,
 * which the operating system frees when the process ends, however it ends.
 *
 * SQLite takes the lock, since Node has no call for one and SQLite knows how on
 * every system. Source: "File Locking And Concurrency In SQLite Version 3".
 *
 * On POSIX systems a process gives up all its locks on a file when it closes
 * any descriptor of it. So whoever opens the file within the process, as to
 * copy it, takes the lock away unseen: others then take the holder for dead,
 * which its store notices when it claims next. Source: "How To Corrupt An
 * SQLite Database File", section 2.2.
 */

import { randomUUID } from 'node:crypto';
import { lstatSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { Holders } from './sql-expiration-store.js';

const IN_MEMORY = ':memory:';

export class SqliteHolder implements Holders {
  /** Names this holder among all of the store's. */
  readonly id = randomUUID();
  readonly #databasePath: string;
  readonly #lock: Database.Database;
  #closed = false;

  /** @param databasePath of the store; the lock file lies beside it */
  constructor(databasePath: string) {
    this.#databasePath = databasePath;
    this.#lock = new Database(this.#fileOf(this.id));
    try {
      this.#lock.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get closed(): boolean {
    return this.#closed;
  }

  async deadAmong(ids: readonly string[]): Promise<string[]> {
    return ids.filter((id) => !this.#isAlive(id));
  }

  /** Whether the holder's process lives. */
  #isAlive(id: string): boolean {
    if (id === this.id) return true;
    if (this.#databasePath === IN_MEMORY) return false;
    const file = this.#fileOf(id);
    if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return false;
    let lock: Database.Database | undefined;
    try {
      lock = new Database(file, { timeout: 0, fileMustExist: true });
      lock.exec('BEGIN EXCLUSIVE');
      return false;
    } catch {
      // Locked, or not to be opened just now: only who got the lock knows better.
      return true;
    } finally {
      lock?.close();
    }
  }

  /** Remove what a dead holder has left on disk. */
  bury(id: string): void {
    if (this.#databasePath !== IN_MEMORY) rmSync(this.#fileOf(id), { force: true });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#lock.close();
    this.bury(this.id);
  }

  #fileOf(id: string): string {
    return this.#databasePath === IN_MEMORY ? IN_MEMORY : `${this.#databasePath}-holder-${id}`;
  }
}
