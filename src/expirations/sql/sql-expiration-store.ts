/**
 * The expiration store over SQL: what SQLite and others have in common. A
 * dialect adds how scripts run and how it sees whether a holder lives.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import { RemoteConnectionError } from '../../errors/errors.js';
import type { Expiration, FileKey } from '../expiration.js';
import type {
  DuePosition,
  DueRow,
  DueSelection,
  ExpirationStore,
  FindOptions,
  Overdue,
  RowChange,
  SettleOptions,
} from '../expiration-store.js';
import { OVERDUE_COUNTED } from '../expiration-store.js';
import { ClaimChains } from './claim-chains.js';
import {
  allHolders,
  areCovered,
  type Claimant,
  giveBack,
  HeldElsewhere,
  HolderForgotten,
  heldKeys,
  holdersOf,
  positionOf,
  takeDue,
  takeKeys,
} from './claims.js';
import { LateSettlements } from './late-settlements.js';
import { applyChanges, findNextNamespace, findPathsBelow, findRows, toExpiration } from './rows.js';
import type { Schema } from './schema.js';
import type { RunOptions, Script, ScriptRunner } from './script.js';
import { query } from './script.js';

/** Liveness of holders, told by a lock that ends with the process. */
export interface Holders {
  readonly id: string;
  /** Of these holders those that are dead. */
  deadAmong(ids: readonly string[]): Promise<string[]>;
  /** Remove what a dead holder has left outside of the tables. */
  bury(id: string): void;
  /** Give up the lock; may be called again. */
  close(): void | Promise<void>;
}

export abstract class SqlExpirationStore implements ExpirationStore {
  protected readonly db: Kysely<Schema>;
  readonly #locksRows: boolean;
  readonly #chains = new ClaimChains();
  readonly #late: LateSettlements;

  /** @param locksRows several scripts run at a time, and rows are locked between them; else one runs after the other */
  constructor(db: Kysely<Schema>, runner: ScriptRunner, locksRows: boolean) {
    this.db = db;
    this.#late = new LateSettlements(db, runner, locksRows);
    this.#locksRows = locksRows;
  }

  abstract ready(): Promise<void>;
  abstract close(): Promise<void>;
  abstract isHeld(token: string): Promise<boolean>;
  /** Bring the schema up to date, once; costs nothing from then on. */
  protected abstract prepare(): Promise<void>;
  /** This store's place among the holders; taken at first use, and anew when it was closed. */
  protected abstract holders(): Promise<Holders>;

  async bindStorage(identity: string | null): Promise<string | null> {
    await this.prepare();
    const { db } = this;
    return this.#late.run(
      function* () {
        if (identity !== null) {
          const binding = { name: 'storage', value: identity };
          yield* query(
            db
              .insertInto('mayfly_settings')
              .values(binding)
              .onConflict((on) => on.doNothing()),
          );
        }
        const [bound] = yield* query(
          db.selectFrom('mayfly_settings').select('value').where('name', '=', 'storage'),
        );
        return bound?.value ?? null;
      },
      { readOnly: identity === null },
    );
  }

  async find(keys: readonly FileKey[], _options?: FindOptions): Promise<(Expiration | null)[]> {
    await this.prepare();
    return this.#late.run(() => findRows(this.db, keys), { readOnly: true });
  }

  async findBelow(namespace: string, directory: string, after: string, limit: number): Promise<string[]> {
    await this.prepare();
    const script = () => findPathsBelow(this.db, namespace, directory, after, limit);
    return this.#late.run(script, { readOnly: true });
  }

  async nextNamespace(after: string): Promise<string | null> {
    await this.prepare();
    return this.#late.run(() => findNextNamespace(this.db, after), { readOnly: true });
  }

  claim(token: string, keys: readonly FileKey[]): Promise<(Expiration | null)[] | null> {
    return this.claimBy(token, keys, (claimant) => takeKeys(this.db, claimant, keys));
  }

  /** Claim keys by a script that takes them. @returns what it returned; null when one is held elsewhere */
  protected async claimBy<T>(
    token: string,
    keys: readonly FileKey[],
    take: (claimant: Claimant) => Script<T>,
  ): Promise<T | null> {
    await this.prepare();
    const pause = this.#chains.pause(keys);
    if (pause > 0) await sleep(pause);
    for (;;) {
      const since = this.#chains.since(keys);
      try {
        const taken = await this.#take(token, take, { durable: false });
        this.#chains.claimed(token, keys, since);
        return taken;
      } catch (error) {
        if (!(error instanceof HeldElsewhere)) throw error;
      }
      const holders = await this.holders();
      const heldBy = await this.#late.run(() => holdersOf(this.db, keys), { readOnly: true });
      const others = heldBy.filter((id) => id !== holders.id);
      const dead = await this.#bury(holders, others);
      if (dead.length < others.length) return null;
    }
  }

  async claimDue(
    token: string,
    now: number,
    limit: number,
    after: DuePosition | null,
    selection: DueSelection = 'fresh',
  ): Promise<DueRow[]> {
    await this.prepare();
    const due = { now, limit, after, selection, skipLocked: this.#locksRows };
    const take = (claimant: Claimant) => takeDue(this.db, claimant, due);
    const rows = await this.#take(token, take, { durable: false, firstOfMany: true });
    return rows.map((row) => ({ row: toExpiration(row), position: positionOf(row, selection) }));
  }

  async newestGeneration(): Promise<number> {
    await this.prepare();
    const newest = this.db
      .selectFrom('mayfly_expirations')
      .select('generation')
      .orderBy('generation', 'desc')
      .limit(1);
    const [row] = await this.#late.run(() => query(newest), { readOnly: true });
    return row?.generation ?? 0;
  }

  async settle(
    token: string,
    changes: readonly RowChange[],
    options: SettleOptions = {},
  ): Promise<ReadonlySet<number>> {
    await this.prepare();
    const keepClaim = options.keepClaim === true;
    const durable = (options.durable ?? true) && changes.length > 0;
    const waits =
      options.lazy === true &&
      !durable &&
      !keepClaim &&
      this.#late.mayWait(changes) &&
      this.#chains.mayWait(token);
    if (waits) {
      this.#chains.left(token);
      this.#late.soon(token, changes);
      return new Set();
    }
    const how = { durable, patient: options.patient === true };
    const settle = (released: readonly string[]): Promise<ReadonlySet<number>> =>
      this.#late.run(() => this.#settle(token, changes, released), how);
    if (keepClaim) return settle([]);
    try {
      // What changes something may wait for a lock on its rows, and what went along with it would as well.
      if (!this.#locksRows || changes.length > 0) return await settle([token]);
      return await this.#late.along((late) => settle([token, ...late]));
    } catch (error) {
      this.#late.later(token);
      throw error;
    } finally {
      // Only now, as who wants the keys next asks in the turn in which this is told.
      this.#chains.left(token);
    }
  }

  /** The store is being closed. */
  protected finish(): void {
    this.#late.finish();
  }

  async releaseDead(): Promise<void> {
    await this.prepare();
    const holders = await this.holders();
    await this.#late.settle();
    const known = await this.#late.run(() => allHolders(this.db), { readOnly: true });
    await this.#bury(
      holders,
      known.filter((id) => id !== holders.id),
    );
  }

  async overdue(now: number): Promise<Overdue> {
    await this.prepare();
    const due = this.db.selectFrom('mayfly_expirations').select('due').where('due', '<=', Math.floor(now));
    const fresh = due.where(sql<boolean>`failures = 0`).orderBy('due').limit(OVERDUE_COUNTED);
    const failed = due.where(sql<boolean>`failures > 0`).orderBy('generation').limit(OVERDUE_COUNTED);
    const dues = await this.#late.run(
      function* () {
        return [...(yield* query(fresh)), ...(yield* query(failed))].map((row) => row.due as number);
      },
      { readOnly: true },
    );
    const oldest = dues.reduce((earliest, moment) => Math.min(earliest, moment), Number.POSITIVE_INFINITY);
    return { count: Math.min(dues.length, OVERDUE_COUNTED), oldest: dues.length === 0 ? null : oldest };
  }

  /** Have a script claim in the name of this store's holder, or in that of a new one if others took it for dead. */
  async #take<T>(token: string, take: (claimant: Claimant) => Script<T>, how: RunOptions): Promise<T> {
    for (;;) {
      const holders = await this.holders();
      try {
        return await this.#late.run(() => take({ holder: holders.id, token }), how);
      } catch (error) {
        if (error instanceof HolderForgotten) {
          await holders.close();
          continue;
        }
        if (!(error instanceof HeldElsewhere)) this.#late.later(token);
        throw error;
      }
    }
  }

  /** Give a claim back soon, as its caller is not going to know that he has it. */
  protected giveBackSoon(token: string): void {
    this.#chains.left(token);
    this.#late.soon(token, []);
  }

  /** Drop holders and their claims. */
  protected forget(ids: readonly string[]): Promise<void> {
    const { db } = this;
    return this.#late.run(
      function* () {
        yield* query(db.deleteFrom('mayfly_claims').where('holder', 'in', ids));
        yield* query(db.deleteFrom('mayfly_holders').where('holder', 'in', ids));
      },
      { durable: false },
    );
  }

  *#settle(
    token: string,
    changes: readonly RowChange[],
    released: readonly string[],
  ): Script<ReadonlySet<number>> {
    // Claims are locked before the rows and given back after them. Between the two somebody else who
    // is about to claim the same rows meets a claim that is there, and passes on; one that was being
    // given back already he would wait for, with the rows locked that we want.
    const needsClaim = changes.some((change) => change.ifGeneration === undefined);
    const held = needsClaim ? yield* heldKeys(this.db, token, this.#locksRows) : new Set<string>();
    if (!areCovered(changes, held)) {
      throw new RemoteConnectionError(undefined, {
        message: 'the connection that held this file for us was lost meanwhile: try again',
      });
    }
    const changed = yield* applyChanges(this.db, changes, this.#locksRows);
    if (released.length > 0) yield* giveBack(this.db, released, this.#locksRows);
    return changed;
  }

  /** Of these holders the dead, whose claims are dropped. */
  async #bury(holders: Holders, ids: readonly string[]): Promise<string[]> {
    if (ids.length === 0) return [];
    const dead = await holders.deadAmong(ids);
    if (dead.length === 0) return dead;
    await this.forget(dead);
    for (const id of dead) holders.bury(id);
    return dead;
  }
}
