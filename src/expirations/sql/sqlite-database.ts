/**
 * SQLite as a runner of scripts.
 *
 * A script runs from BEGIN IMMEDIATE to COMMIT without giving up the thread, so
 * nothing else of this process (another store on the same file, say) can wait
 * for its lock while holding up the event loop that would free it.
 *
 * What is to be written in one turn of the event loop is committed together, as
 * to begin and to commit takes longer than most scripts do. Scripts touch a few
 * rows, so others wait for a millisecond and one script at most; for some more
 * where a name is looked up or a new file given one meanwhile, on a disk that is
 * known to be fast.
 */
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import type { CompiledQuery } from 'kysely';
import { makeDirectoriesSync } from '../../backends/disk/make-directories.js';
import type { Moment } from '../../clock/moment.js';
import { TurnQueue } from '../../clock/turn-queue.js';
import { FilesystemClosed } from '../../errors/errors.js';
import { LONGEST_LOCK_MS } from '../expiration-store.js';
import type { RunOptions, Script, ScriptRunner } from './script.js';
import { translateSqliteError } from './sqlite-errors.js';
import { SqliteLog } from './sqlite-log.js';

/** How long another process may keep its lock before we give up. */
const BUSY_TIMEOUT_MS = 10_000;
const MEMORY = ':memory:';
const MAX_CACHED_STATEMENTS = 100;

/** A script that waits for the turn of the event loop. */
interface Waiting {
  readonly script: () => Script<unknown>;
  readonly options: RunOptions;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

export class SqliteDatabase implements ScriptRunner {
  readonly #path: string;
  readonly #statements = new Map<string, Database.Statement>();
  readonly #queue = new TurnQueue<Waiting>((waiting) => this.#runFirst(waiting));
  #database: Database.Database | null = null;
  #realPath: string;
  /** Null where the database has none: then a commit is on the disk by itself, as far as it ever is. */
  #log: SqliteLog | null = null;
  /** What is read in it is read in one transaction, as to take SQLite's lock costs ten times a look. */
  #moment: Moment | undefined;
  /** Work is under way that may want SQLite's lock. */
  #isTogether = false;
  /** That work has it. */
  #isLocked = false;
  #closed = false;

  constructor(path: string) {
    this.#path = path;
    this.#realPath = path;
  }

  /** Of the file itself, once it is open, whatever links lead to it and wherever the process goes. */
  get realPath(): string {
    return this.#realPath;
  }

  async run<T>(script: () => Script<T>, options: RunOptions = {}): Promise<T> {
    const { readOnly = false, atOnce = false } = options;
    try {
      // In memory nobody else waits for the lock, and a commit takes nothing. Who reads sees what was asked for before.
      if (atOnce || this.#path === MEMORY || (readOnly && this.#queue.isEmpty))
        return await this.#onceSynced(this.#transact(script, options), options);
      return await new Promise<T>((resolve, reject) => {
        this.#queue.add({ script, options, resolve: resolve as (value: unknown) => void, reject });
      });
    } catch (error) {
      throw translateSqliteError(error);
    }
  }

  /** Resolves when all that was committed before the call survives a loss of power. */
  async sync(): Promise<void> {
    if (this.#closed) throw new FilesystemClosed();
    try {
      await this.#log?.sync();
    } catch (error) {
      throw translateSqliteError(error);
    }
  }

  /**
   * First row of a single query, at once.
   * @param moment what others have committed since its first query is not seen; own changes always are.
   *   It ends with the turn of the event loop at the latest. Undefined: a moment of its own
   */
  first<Row>(moment: Moment | undefined, sql: string, ...parameters: unknown[]): Row | undefined {
    try {
      const database = this.#open();
      if (moment !== this.#moment && !this.#isLocked) {
        this.#rollBack();
        if (moment !== undefined) this.#beginMoment(database, moment);
      }
      return this.#prepare(database, sql).get(...parameters) as Row | undefined;
    } catch (error) {
      throw translateSqliteError(error);
    }
  }

  /**
   * Do `work`, with everybody kept from writing, unless a query has a row.
   * @returns null when it has one, and `work` was not done
   * @throws what `work` threw; OperationTimeout or another error of ours, as `run`
   */
  unless<T>(sql: string, parameters: object, work: () => T): T | null {
    return this.together(() => (this.#hasRowLocked(sql, parameters) ? null : work()));
  }

  /**
   * Do `work`, which waits for nothing. Of what it does by `unless` the first has everybody kept from writing, until
   * all is done.
   * @throws what `work` threw
   */
  together<T>(work: () => T): T {
    if (this.#isTogether) return work();
    this.#isTogether = true;
    try {
      return work();
    } finally {
      this.#isTogether = false;
      this.#tryRollBack();
    }
  }

  /** Takes SQLite's lock for writing first, which is let go of by who has called `together`. */
  #hasRowLocked(sql: string, parameters: object): boolean {
    try {
      const database = this.#open();
      if (!this.#isLocked) {
        this.#rollBack();
        this.#begin(database, {});
        this.#isLocked = true;
      }
      return this.#prepare(database, sql).get(parameters) !== undefined;
    } catch (error) {
      throw translateSqliteError(error);
    }
  }

  #beginMoment(database: Database.Database, moment: Moment): void {
    this.#prepare(database, 'BEGIN').run();
    this.#moment = moment;
    setImmediate(() => {
      if (this.#moment === moment) this.#tryRollBack();
    });
  }

  #tryRollBack(): void {
    try {
      this.#rollBack();
    } catch {
      // Tried again, and told, when the database is next used.
    }
  }

  /** Roll back what is open: a moment, in which nothing was changed, or what came to nothing. */
  #rollBack(): void {
    this.#moment = undefined;
    this.#isLocked = false;
    if (this.#database?.inTransaction === true) this.#prepare(this.#database, 'ROLLBACK').run();
  }

  async close(): Promise<void> {
    this.#queue.drain();
    this.#closed = true;
    const log = this.#log;
    this.#log = null;
    await log?.close();
    this.#rollBack();
    this.#statements.clear();
    this.#database?.close();
    this.#database = null;
  }

  /** @returns how many were run, the first of them, together where there are several; each was told what became of it */
  #runFirst(waiting: readonly Waiting[]): number {
    const [first] = waiting;
    if (first === undefined) return 0;
    if (waiting.length === 1) {
      this.#runAlone(first);
      return 1;
    }
    let database: Database.Database;
    try {
      database = this.#open();
      this.#rollBack();
      this.#begin(database, {});
    } catch (error) {
      // To read needs no lock.
      for (const one of waiting) {
        if (one.options.readOnly === true) this.#runAlone(one);
        else one.reject(error);
      }
      return waiting.length;
    }
    return this.#runTogether(database, waiting);
  }

  #runTogether(database: Database.Database, waiting: readonly Waiting[]): number {
    const end = performance.now() + LONGEST_LOCK_MS;
    const tells: (() => void)[] = [];
    let count = 0;
    try {
      for (const one of waiting) {
        count++;
        tells.push(this.#runWithin(database, one));
        if (performance.now() >= end) break;
      }
      this.#prepare(database, 'COMMIT').run();
    } catch {
      // All is undone. By itself each goes through, or is told what is wrong with it.
      this.#tryRollBack();
      for (const one of waiting.slice(0, count)) this.#runAlone(one);
      return count;
    }
    for (const tell of tells) tell();
    return count;
  }

  /** Run a script in a transaction, so that if it fails it alone is undone. @throws if all of the transaction is */
  #runWithin(database: Database.Database, { script, options, resolve, reject }: Waiting): () => void {
    this.#prepare(database, 'SAVEPOINT script').run();
    try {
      const result = this.#drive(database, script());
      this.#prepare(database, 'RELEASE script').run();
      return () => resolve(this.#onceSynced(result, options));
    } catch (error) {
      if (!database.inTransaction) throw error;
      this.#prepare(database, 'ROLLBACK TO script').run();
      this.#prepare(database, 'RELEASE script').run();
      return () => reject(error);
    }
  }

  #runAlone({ script, options, resolve, reject }: Waiting): void {
    try {
      resolve(this.#onceSynced(this.#transact(script, options), options));
    } catch (error) {
      reject(error);
    }
  }

  /** To be asked right after the commit, as who closes the database waits for what is being synced. */
  #onceSynced<T>(result: T, { readOnly = false, durable = true }: RunOptions): T | Promise<T> {
    return durable && !readOnly ? this.sync().then(() => result) : result;
  }

  #transact<T>(script: () => Script<T>, options: RunOptions): T {
    const database = this.#open();
    this.#rollBack();
    this.#begin(database, options);
    try {
      const result = this.#drive(database, script());
      this.#prepare(database, 'COMMIT').run();
      return result;
    } catch (error) {
      if (database.inTransaction) this.#prepare(database, 'ROLLBACK').run();
      throw error;
    }
  }

  /** Here alone another process is waited for: the lock is held from here to the end. */
  #begin(database: Database.Database, { readOnly = false, atOnce = false }: RunOptions): void {
    if (atOnce) database.pragma('busy_timeout = 0');
    try {
      this.#prepare(database, readOnly ? 'BEGIN' : 'BEGIN IMMEDIATE').run();
    } finally {
      if (atOnce) database.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
    }
  }

  #open(): Database.Database {
    if (this.#database !== null) return this.#database;
    if (this.#closed) throw new FilesystemClosed();
    if (this.#path !== MEMORY) makeDirectoriesSync(dirname(this.#path));
    const database = new Database(this.#path, { timeout: BUSY_TIMEOUT_MS });
    try {
      if (this.#path !== MEMORY) this.#realPath = realpathSync(this.#path);
      const mode = database.pragma('journal_mode', { simple: true });
      const hasLog = mode === 'wal' || database.pragma('journal_mode = WAL', { simple: true }) === 'wal';
      // With a log SQLite syncs only around checkpoints, and we after commits.
      database.pragma(`synchronous = ${hasLog ? 'NORMAL' : 'FULL'}`);
      this.#log = hasLog ? new SqliteLog(`${this.#realPath}-wal`) : null;
    } catch (error) {
      database.close();
      throw error;
    }
    this.#database = database;
    return database;
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
