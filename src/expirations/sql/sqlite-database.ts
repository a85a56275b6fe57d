/**
 * SQLite as a runner of scripts.
 *
 * A script runs from BEGIN IMMEDIATE to COMMIT without giving up the thread, so
 * nothing else of this process (another store on the same file, say) can wait
 * for its lock while holding up the event loop that would free it. Scripts
 * touch a few rows and never wait for storage, so others wait microseconds.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import type { CompiledQuery } from 'kysely';
import { FilesystemClosed } from '../../errors/errors.js';
import type { RunOptions, Script, ScriptRunner } from './script.js';
import { translateSqliteError } from './sqlite-errors.js';

/** How long another process may keep its lock before we give up. */
const BUSY_TIMEOUT_MS = 10_000;
const MAX_CACHED_STATEMENTS = 100;

export class SqliteDatabase implements ScriptRunner {
  readonly #path: string;
  readonly #statements = new Map<string, Database.Statement>();
  #database: Database.Database | null = null;
  #durable: boolean | null = null;
  #closed = false;

  constructor(path: string) {
    this.#path = path;
  }

  async run<T>(script: () => Script<T>, options: RunOptions = {}): Promise<T> {
    return this.#translated(() => {
      const database = this.#open();
      if (options.readOnly !== true) this.#setDurable(database, options.durable ?? true);
      database.exec(options.readOnly === true ? 'BEGIN' : 'BEGIN IMMEDIATE');
      try {
        const result = this.#drive(database, script());
        database.exec('COMMIT');
        return result;
      } catch (error) {
        if (database.inTransaction) database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  /**
   * First row of a single query, at once. Alone, a query is a transaction of
   * itself, so BEGIN and COMMIT would tell it nothing more.
   */
  first<Row>(sql: string, ...parameters: unknown[]): Row | undefined {
    return this.#translated(() => this.#prepare(this.#open(), sql).get(...parameters) as Row | undefined);
  }

  close(): void {
    this.#closed = true;
    this.#statements.clear();
    this.#database?.close();
    this.#database = null;
  }

  #translated<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw translateSqliteError(error);
    }
  }

  #open(): Database.Database {
    if (this.#database !== null) return this.#database;
    if (this.#closed) throw new FilesystemClosed();
    if (this.#path !== ':memory:') mkdirSync(dirname(this.#path), { recursive: true });
    const database = new Database(this.#path, { timeout: BUSY_TIMEOUT_MS });
    try {
      if (database.pragma('journal_mode', { simple: true }) !== 'wal') database.pragma('journal_mode = WAL');
    } catch (error) {
      database.close();
      throw error;
    }
    this.#database = database;
    return database;
  }

  /** In WAL mode FULL syncs the log at each commit, NORMAL only at checkpoints (SQLite, "PRAGMA synchronous"). */
  #setDurable(database: Database.Database, durable: boolean): void {
    if (this.#durable === durable) return;
    database.pragma(`synchronous = ${durable ? 'FULL' : 'NORMAL'}`);
    this.#durable = durable;
  }

  #drive<T>(database: Database.Database, script: Script<T>): T {
    let step = script.next();
    while (!step.done) step = script.next(this.#execute(database, step.value));
    return step.value;
  }

  #execute(database: Database.Database, { sql, parameters }: CompiledQuery): readonly unknown[] {
    const statement = this.#prepare(database, sql);
    if (statement.reader) return statement.all(parameters as unknown[]);
    statement.run(parameters as unknown[]);
    return [];
  }

  #prepare(database: Database.Database, sql: string): Database.Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      if (this.#statements.size >= MAX_CACHED_STATEMENTS) this.#statements.clear();
      statement = database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
