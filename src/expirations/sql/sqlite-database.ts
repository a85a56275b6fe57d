/**
 * SQLite as a runner of scripts, and as one who is asked at once: for a row, and
 * to keep everybody else from writing meanwhile.
 *
 * Neither gives up the thread between the beginning of a transaction and its
 * end, so nothing else of this process (another store on the same file, say) can
 * wait for its lock while holding up the event loop that would free it.
 */
import type { Moment } from '../../clock/moment.js';
import type { RunOptions, Script, ScriptRunner } from './script.js';
import { SharedTransactions } from './shared-transactions.js';
import type { Transaction } from './sqlite-connection.js';
import { SqliteConnection } from './sqlite-connection.js';
import { translateSqliteError } from './sqlite-errors.js';

export class SqliteDatabase implements ScriptRunner {
  readonly #connection: SqliteConnection;
  readonly #scripts: SharedTransactions;
  /** What is read in it is read in one transaction, as to take SQLite's lock costs ten times a look. */
  #moment: Moment | undefined;
  #momentIn: Transaction | null = null;
  /** Work is under way that may want SQLite's lock for writing. */
  #isTogether = false;
  /** In which that work has it, while it is under way. */
  #lockedIn: Transaction | null = null;

  /** @param path of the file; `:memory:` for none */
  constructor(path: string) {
    this.#connection = new SqliteConnection(path);
    this.#scripts = new SharedTransactions(this.#connection);
  }

  /** Of the file itself, once it is open, whatever links lead to it and wherever the process goes. */
  get realPath(): string {
    return this.#connection.realPath;
  }

  async run<T>(script: () => Script<T>, options: RunOptions = {}): Promise<T> {
    try {
      return await this.#scripts.run(script, options);
    } catch (error) {
      throw translateSqliteError(error);
    }
  }

  /**
   * Resolves when all that was committed before the call survives a loss of power.
   * @throws FilesystemClosed; OperationFailed or a subclass
   */
  async sync(): Promise<void> {
    try {
      await this.#connection.sync();
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
      if (!this.#isLocked) this.#goInto(moment);
      return this.#connection.first(sql, ...parameters) as Row | undefined;
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
      this.#lockedIn = null;
      this.#connection.tryRollBack();
    }
  }

  /** What is waiting is still run. */
  async close(): Promise<void> {
    this.#scripts.drain();
    await this.#connection.close();
  }

  get #isLocked(): boolean {
    return this.#connection.isWithin(this.#lockedIn);
  }

  /** Takes SQLite's lock for writing first, which is let go of by who has called `together`. */
  #hasRowLocked(sql: string, parameters: object): boolean {
    try {
      if (!this.#isLocked) this.#lockedIn = this.#connection.begin();
      return this.#connection.first(sql, parameters) !== undefined;
    } catch (error) {
      throw translateSqliteError(error);
    }
  }

  /** What is read next belongs to a moment: that before it ends, and it begins, unless they are the same. */
  #goInto(moment: Moment | undefined): void {
    const isWithin = this.#connection.isWithin(this.#momentIn);
    if (moment === undefined) {
      if (isWithin) this.#connection.rollBack();
    } else if (moment !== this.#moment || !isWithin) this.#begin(moment);
  }

  #begin(moment: Moment): void {
    const begun = this.#connection.begin({ readOnly: true });
    this.#moment = moment;
    this.#momentIn = begun;
    setImmediate(() => {
      if (this.#connection.isWithin(begun)) this.#connection.tryRollBack();
    });
  }
}
