/**
 * Claims that are done with, and what is to be changed under them, of which the
 * database has not been told yet: a transaction costs more than what is in it,
 * so this goes along with another one, or with others' at the end of the turn.
 *
 * Nobody depends on a change that comes late: what is stored tells the same, by
 * the intent in the row. So one that is refused is given up. A claim is not: it
 * would keep its path from everybody else. Nor is either waited for: where
 * another process has the database, it is tried again by and by.
 */
import type { Kysely } from 'kysely';
import { OperationTimeout } from '../../errors/errors.js';
import type { RowChange } from '../expiration-store.js';
import { areCovered, giveBack, heldKeys } from './claims.js';
import { applyChanges } from './rows.js';
import type { Schema } from './schema.js';
import type { RunOptions, Script, ScriptRunner } from './script.js';
import { inTurn, Rollback } from './script.js';

/** Changes by the token under which they are made; after them it is given back. */
type Owed = Map<string, readonly RowChange[]>;

/** After which it is tried again where somebody else has the database for a moment; each time twice as long. */
const FIRST_PAUSE_MS = 2;
/** The same, at most, and where the database refuses. */
const RETRY_MS = 1000;

export class LateSettlements {
  readonly #db: Kysely<Schema>;
  readonly #runner: ScriptRunner;
  readonly #locksRows: boolean;
  #owed: Owed = new Map();
  #settlesSoon = false;
  #pauseMs = FIRST_PAUSE_MS;
  #retry: { readonly timer: NodeJS.Timeout; readonly pauseMs: number } | null = null;
  #finished = false;

  /** @param locksRows several scripts run at a time: then only claims are given back here, and no script takes them along */
  constructor(db: Kysely<Schema>, runner: ScriptRunner, locksRows: boolean) {
    this.#db = db;
    this.#runner = runner;
    this.#locksRows = locksRows;
  }

  get tokens(): readonly string[] {
    return [...this.#owed.keys()];
  }

  /** Whether these changes may be made later. */
  mayWait(changes: readonly RowChange[]): boolean {
    if (this.#locksRows) return changes.length === 0;
    // With a generation the caller wants to know what became of it.
    return changes.every(({ ifGeneration }) => ifGeneration === undefined);
  }

  /** Settle with the next transaction, or at the end of the turn. */
  soon(token: string, changes: readonly RowChange[]): void {
    this.#owed.set(token, changes);
    this.#settleSoon();
  }

  #settleSoon(): void {
    if (this.#settlesSoon) return;
    this.#settlesSoon = true;
    setImmediate(() => {
      this.#settlesSoon = false;
      void this.#trySettling();
    });
  }

  /** Give back a claim of which we were not told whether it was taken, or given back. */
  later(token: string): void {
    this.#owed.set(token, []);
    this.#tryLater(RETRY_MS);
  }

  /** Have `run` give back what is late, by its tokens, along with what it does itself. */
  along<T>(run: (tokens: readonly string[]) => Promise<T>): Promise<T> {
    return this.#settleBy((owed) => run([...owed.keys()]));
  }

  /** Settle all now. @param atOnce rather fail than wait for a lock; default false */
  async settle({ atOnce = false } = {}): Promise<void> {
    if (this.#owed.size === 0) return;
    const how = { durable: false, atOnce };
    await this.#settleBy((owed) => this.#runner.run(() => this.#settling(owed), how));
  }

  /** Run a script. Where that can't make two wait for each other, what is late goes first: so whoever asks sees it. */
  async run<T>(script: () => Script<T>, options: RunOptions = {}): Promise<T> {
    if (this.#locksRows || this.#owed.size === 0) return this.#runner.run(script, options);
    if (options.readOnly === true) {
      // To read needs no lock, and none is waited for: without it the intents tell the same.
      if (this.#hasChanges) await this.settle({ atOnce: true }).catch(() => {});
      return this.#runner.run(script, options);
    }
    return this.#settleBy((owed) => this.#runner.run(() => inTurn(this.#settling(owed), script()), options));
  }

  /** The store is being closed: what can't be given back by now ends with its holder. */
  finish(): void {
    this.#finished = true;
    if (this.#retry !== null) clearTimeout(this.#retry.timer);
  }

  get #hasChanges(): boolean {
    return [...this.#owed.values()].some((changes) => changes.length > 0);
  }

  /**
   * Have `work` settle what is owed. It is taken out meanwhile, so that what runs before the answer is here does not
   * settle it all once more, and put back when `work` fails.
   */
  async #settleBy<T>(work: (owed: Owed) => Promise<T>): Promise<T> {
    const owed = this.#owed;
    this.#owed = new Map();
    try {
      const result = await work(owed);
      this.#pauseMs = FIRST_PAUSE_MS;
      return result;
    } catch (error) {
      for (const [token, changes] of owed) if (!this.#owed.has(token)) this.#owed.set(token, changes);
      // What gave up by itself says nothing of the database.
      if (error instanceof Rollback && this.#owed.size > 0) this.#settleSoon();
      else if (owed.size > 0) this.#tryLater(RETRY_MS);
      throw error;
    }
  }

  async #trySettling(): Promise<void> {
    const { tokens } = this;
    try {
      await this.settle({ atOnce: true });
    } catch (error) {
      if (error instanceof OperationTimeout) {
        this.#tryLater(this.#pauseMs);
        this.#pauseMs = Math.min(2 * this.#pauseMs, RETRY_MS);
      } else {
        for (const token of tokens) if (this.#owed.has(token)) this.#owed.set(token, []);
      }
    }
  }

  /** Once, after the shortest pause that was asked for. */
  #tryLater(pauseMs: number): void {
    if (this.#finished || (this.#retry !== null && this.#retry.pauseMs <= pauseMs)) return;
    if (this.#retry !== null) clearTimeout(this.#retry.timer);
    const timer = setTimeout(() => {
      this.#retry = null;
      void this.#trySettling();
    }, pauseMs).unref();
    this.#retry = { timer, pauseMs };
  }

  *#settling(owed: Owed): Script<void> {
    const [db, arrays] = [this.#db, this.#locksRows];
    for (const [token, changes] of owed) {
      // Not under a claim that is lost: whoever has it now has seen for himself what holds.
      const isOurs = changes.length > 0 && areCovered(changes, yield* heldKeys(db, token, arrays));
      if (isOurs) yield* applyChanges(db, changes, arrays);
    }
    yield* giveBack(db, [...owed.keys()], arrays);
  }
}
