/**
 * Scripts that share a transaction of SQLite: what is to be written in one turn
 * of the event loop is committed together, as to begin and to commit takes
 * longer than most scripts do.
 *
 * Scripts touch a few rows, so others wait for SQLite's lock for a `LockTime`
 * and one script at most; for some more where a name is looked up meanwhile, on
 * a disk that is known to be fast.
 */
import { TurnQueue } from '../../clock/turn-queue.js';
import { LockTime } from '../lock-time.js';
import type { RunOptions, Script } from './script.js';
import type { SqliteConnection } from './sqlite-connection.js';

/** A script that waits for the turn of the event loop. */
interface Waiting {
  readonly script: () => Script<unknown>;
  readonly options: RunOptions;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

export class SharedTransactions {
  readonly #connection: SqliteConnection;
  readonly #queue = new TurnQueue<Waiting>((waiting) => this.#runFirst(waiting));

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  /** As `ScriptRunner.run`, but for the errors of the driver. */
  async run<T>(script: () => Script<T>, options: RunOptions): Promise<T> {
    if (this.#isRunAtOnce(options)) return this.#onceSynced(this.#transact(script, options), options);
    return new Promise<T>((resolve, reject) => {
      this.#queue.add({ script, options, resolve: resolve as (value: unknown) => void, reject });
    });
  }

  /** Run now what is waiting. */
  drain(): void {
    this.#queue.drain();
  }

  /** In memory nobody else waits for the lock, and a commit takes nothing. Who reads sees what was asked for before. */
  #isRunAtOnce({ readOnly = false, atOnce = false }: RunOptions): boolean {
    return atOnce || this.#connection.isInMemory || (readOnly && this.#queue.isEmpty);
  }

  /** @returns how many were run, the first of them, together where there are several; each was told what became of it */
  #runFirst(waiting: readonly Waiting[]): number {
    const [first] = waiting;
    if (first === undefined) return 0;
    if (waiting.length === 1) {
      this.#runAlone(first);
      return 1;
    }
    try {
      this.#connection.begin();
    } catch (error) {
      // To read needs no lock.
      for (const one of waiting) {
        if (one.options.readOnly === true) this.#runAlone(one);
        else one.reject(error);
      }
      return waiting.length;
    }
    return this.#runTogether(waiting);
  }

  /** In the transaction that was begun. */
  #runTogether(waiting: readonly Waiting[]): number {
    const lock = new LockTime();
    lock.begin();
    const tells: (() => void)[] = [];
    let count = 0;
    try {
      for (const one of waiting) {
        count++;
        tells.push(this.#runWithin(one));
        if (lock.isOver) break;
      }
      this.#connection.commit();
    } catch {
      // All is undone. By itself each goes through, or is told what is wrong with it.
      this.#connection.tryRollBack();
      for (const one of waiting.slice(0, count)) this.#runAlone(one);
      return count;
    }
    for (const tell of tells) tell();
    return count;
  }

  /** Where the script fails it alone is undone. @returns what tells its outcome; @throws if all of the transaction is undone */
  #runWithin({ script, options, resolve, reject }: Waiting): () => void {
    const connection = this.#connection;
    connection.mark();
    try {
      const result = connection.drive(script());
      connection.keepSinceMark();
      return () => resolve(this.#onceSynced(result, options));
    } catch (error) {
      if (!connection.isInTransaction) throw error;
      connection.undoSinceMark();
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
    return durable && !readOnly ? this.#connection.sync().then(() => result) : result;
  }

  #transact<T>(script: () => Script<T>, options: RunOptions): T {
    this.#connection.begin(options);
    try {
      const result = this.#connection.drive(script());
      this.#connection.commit();
      return result;
    } catch (error) {
      this.#connection.rollBack();
      throw error;
    }
  }
}
