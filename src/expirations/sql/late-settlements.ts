/**
 * Claims that are done with, and what is to be changed under them, of which the
 * database has not been told yet: a transaction costs more than what is in it,
 * so this goes along with another one, or with others' at the end of the turn.
 *
 * Nobody depends on a change that comes late: what is stored tells the same, by
 * the intent in the row. So one that can't be made is given up. A claim is not:
 * it would keep its path from everybody else.
 */
import type { Kysely } from 'kysely';
import type { RowChange } from '../expiration-store.js';
import { areCovered, giveBack, heldKeys } from './claims.js';
import { applyChanges } from './rows.js';
import type { Schema } from './schema.js';
import type { RunOptions, Script, ScriptRunner } from './script.js';

/** After which it is tried again to give back what could not be given back. */
const RETRY_MS = 1000;

export class LateSettlements {
  readonly #db: Kysely<Schema>;
  readonly #runner: ScriptRunner;
  readonly #locksRows: boolean;
  readonly #changes = new Map<string, readonly RowChange[]>();
  #settlesSoon = false;
  #retry: NodeJS.Timeout | null = null;
  #finished = false;

  /** @param locksRows several scripts run at a time: then only claims are given back here, and no script takes them along */
  constructor(db: Kysely<Schema>, runner: ScriptRunner, locksRows: boolean) {
    this.#db = db;
    this.#runner = runner;
    this.#locksRows = locksRows;
  }

  get tokens(): readonly string[] {
    return [...this.#changes.keys()];
  }

  /** Whether these changes may be made later. */
  mayWait(changes: readonly RowChange[]): boolean {
    if (this.#locksRows) return changes.length === 0;
    // With a generation the caller wants to know what became of it.
    return changes.every(({ ifGeneration }) => ifGeneration === undefined);
  }

  /** Settle with the next transaction, or at the end of the turn. */
  soon(token: string, changes: readonly RowChange[]): void {
    this.#changes.set(token, changes);
    if (this.#settlesSoon) return;
    this.#settlesSoon = true;
    setImmediate(() => {
      this.#settlesSoon = false;
      const { tokens } = this;
      this.settle().catch(() => {
        for (const late of tokens) if (this.#changes.has(late)) this.#changes.set(late, []);
        this.#tryLater();
      });
    });
  }

  /** Give back a claim of which we were not told whether it was taken, or given back. */
  later(token: string): void {
    this.#changes.set(token, []);
    this.#tryLater();
  }

  /** They went through. */
  forget(tokens: readonly string[]): void {
    for (const token of tokens) this.#changes.delete(token);
  }

  /** Settle all now. @param atOnce rather fail than wait for a lock; default false */
  async settle({ atOnce = false } = {}): Promise<void> {
    const { tokens } = this;
    if (tokens.length === 0) return;
    await this.#runner.run(() => this.#settling(), { durable: false, atOnce });
    this.forget(tokens);
  }

  /** Run a script. Where that can't make two wait for each other, what is late goes first: so whoever asks sees it. */
  async run<T>(script: () => Script<T>, options: RunOptions = {}): Promise<T> {
    const { tokens } = this;
    if (this.#locksRows || tokens.length === 0) return this.#runner.run(script, options);
    if (options.readOnly === true) {
      // To read needs no lock, and none is waited for: without it the intents tell the same.
      if (this.#hasChanges) await this.settle({ atOnce: true }).catch(() => {});
      return this.#runner.run(script, options);
    }
    const settling = () => this.#settling();
    const result = await this.#runner.run(function* () {
      yield* settling();
      return yield* script();
    }, options);
    this.forget(tokens);
    return result;
  }

  /** The store is being closed: what can't be given back by now ends with its holder. */
  finish(): void {
    this.#finished = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
  }

  get #hasChanges(): boolean {
    return [...this.#changes.values()].some((changes) => changes.length > 0);
  }

  #tryLater(): void {
    if (this.#finished || this.#retry !== null) return;
    this.#retry = setTimeout(() => {
      this.#retry = null;
      this.settle({ atOnce: true }).catch(() => this.#tryLater());
    }, RETRY_MS).unref();
  }

  *#settling(): Script<void> {
    const [db, arrays] = [this.#db, this.#locksRows];
    for (const [token, changes] of this.#changes) {
      // Not under a claim that is lost: whoever has it now has seen for himself what holds.
      const isOurs = changes.length > 0 && areCovered(changes, yield* heldKeys(db, token, arrays));
      if (isOurs) yield* applyChanges(db, changes, arrays);
    }
    yield* giveBack(db, this.tokens, arrays);
  }
}
