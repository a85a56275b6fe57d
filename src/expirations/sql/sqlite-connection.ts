/** One connection to an SQLite file, and the transaction that is open in it. */
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import type { CompiledQuery } from 'kysely';
import { makeDirectoriesSync } from '../../backends/disk/make-directories.js';
import { FilesystemClosed } from '../../errors/errors.js';
import type { Script } from './script.js';
import { SqliteLog } from './sqlite-log.js';

/** How long another process may keep its lock before we give up. */
const BUSY_TIMEOUT_MS = 10_000;
const MEMORY = ':memory:';
const MAX_CACHED_STATEMENTS = 100;

/** Names one transaction, for who has begun it. */
export type Transaction = symbol;

export interface BeginOptions {
  /** Do not take SQLite's lock for writing; default false. */
  readOnly?: boolean | undefined;
  /** Fail rather than wait for a lock of another process; default false. */
  atOnce?: boolean | undefined;
}

/** Throws errors of the driver as they are. */
export class SqliteConnection {
  readonly #path: string;
  readonly #statements = new Map<string, Database.Statement>();
  #opened: Database.Database | null = null;
  #realPath: string;
  /** Null where the database has none: then a commit is on the disk by itself, as far as it ever is. */
  #log: SqliteLog | null = null;
  /** The last that was begun. */
  #transaction: Transaction | null = null;
  #closed = false;

  /** @param path of the file, which is opened at first use; `:memory:` for none */
  constructor(path: string) {
    this.#path = path;
    this.#realPath = path;
  }

  /** Nobody else has it, and a commit takes nothing. */
  get isInMemory(): boolean {
    return this.#path === MEMORY;
  }

  /** Of the file itself, once it is open, whatever links lead to it and wherever the process goes. */
  get realPath(): string {
    return this.#realPath;
  }

  get isInTransaction(): boolean {
    return this.#opened?.inTransaction === true;
  }

  /** Whether this very transaction is open. */
  isWithin(transaction: Transaction | null): boolean {
    return transaction !== null && transaction === this.#transaction && this.isInTransaction;
  }

  /**
   * Begin a transaction. What is open is rolled back: nothing was changed in it, or it came to nothing.
   * Here alone another process is waited for: unless only reads follow, the lock is held from here to the end.
   */
  begin({ readOnly = false, atOnce = false }: BeginOptions = {}): Transaction {
    const database = this.#open();
    this.rollBack();
    if (atOnce) database.pragma('busy_timeout = 0');
    try {
      this.#prepare(readOnly ? 'BEGIN' : 'BEGIN IMMEDIATE').run();
    } finally {
      if (atOnce) database.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
    }
    this.#transaction = Symbol();
    return this.#transaction;
  }

  commit(): void {
    this.#prepare('COMMIT').run();
  }

  /** Roll back what is open, if anything is. */
  rollBack(): void {
    if (this.isInTransaction) this.#prepare('ROLLBACK').run();
  }

  /** Where it fails it is tried again, and told, when the next transaction begins. */
  tryRollBack(): void {
    try {
      this.rollBack();
    } catch {}
  }

  /** Run a script in the transaction that is open. */
  drive<T>(script: Script<T>): T {
    let step = script.next();
    while (!step.done) step = script.next(this.#execute(step.value));
    return step.value;
  }

  /** From here on what the transaction that is open does can be undone alone. */
  mark(): void {
    this.#prepare('SAVEPOINT mark').run();
  }

  keepSinceMark(): void {
    this.#prepare('RELEASE mark').run();
  }

  undoSinceMark(): void {
    this.#prepare('ROLLBACK TO mark').run();
    this.#prepare('RELEASE mark').run();
  }

  /** First row of a query, if it has one. */
  first(sql: string, ...parameters: unknown[]): unknown {
    return this.#prepare(sql).get(...parameters);
  }

  /**
   * Resolves when all that was committed before the call survives a loss of power.
   * @throws FilesystemClosed; the system's errors
   */
  async sync(): Promise<void> {
    if (this.#closed) throw new FilesystemClosed();
    await this.#log?.sync();
  }

  /** Wait for what is being synced, and close the file. */
  async close(): Promise<void> {
    this.#closed = true;
    const log = this.#log;
    this.#log = null;
    await log?.close();
    this.rollBack();
    this.#statements.clear();
    this.#opened?.close();
    this.#opened = null;
  }

  #open(): Database.Database {
    if (this.#opened !== null) return this.#opened;
    if (this.#closed) throw new FilesystemClosed();
    if (!this.isInMemory) makeDirectoriesSync(dirname(this.#path));
    const database = new Database(this.#path, { timeout: BUSY_TIMEOUT_MS });
    try {
      if (!this.isInMemory) this.#realPath = realpathSync(this.#path);
      const mode = database.pragma('journal_mode', { simple: true });
      const hasLog = mode === 'wal' || database.pragma('journal_mode = WAL', { simple: true }) === 'wal';
      // With a log SQLite syncs only around checkpoints, and we after commits.
      database.pragma(`synchronous = ${hasLog ? 'NORMAL' : 'FULL'}`);
      this.#log = hasLog ? new SqliteLog(`${this.#realPath}-wal`) : null;
    } catch (error) {
      database.close();
      throw error;
    }
    this.#opened = database;
    return database;
  }

  #execute({ sql, parameters }: CompiledQuery): readonly unknown[] {
    const statement = this.#prepare(sql);
    if (statement.reader) return statement.all(parameters as unknown[]);
    statement.run(parameters as unknown[]);
    return [];
  }

  #prepare(sql: string): Database.Statement {
    const database = this.#open();
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      if (this.#statements.size >= MAX_CACHED_STATEMENTS) this.#statements.clear();
      statement = database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
