/**
 * The expiration store over SQL: what SQLite and others have in common. A
 * dialect adds how scripts run and how it sees whether a holder lives.
 */
import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Expiration, FileKey } from '../expiration.js';
import { dueOf, keyText } from '../expiration.js';
import type { DuePosition, DueRow, ExpirationStore, RowChange, SettleOptions } from '../expiration-store.js';
import type { ExpirationsTable, Schema } from './schema.js';
import type { Script, ScriptRunner } from './script.js';
import { query } from './script.js';

/** Names no claim. */
const UNUSED_TOKEN = '';

type Row = Omit<ExpirationsTable, 'generation'> & { generation: number };

/** Keys of one query; SQLite takes 32 766 parameters, two a key, and short texts are kept prepared. */
const KEYS_A_QUERY = 256;

/** Liveness of holders, told by a lock that ends with the process. */
export interface Holders {
  readonly id: string;
  isAlive(id: string): boolean | Promise<boolean>;
  /** Remove what a dead holder has left outside of the tables. */
  bury(id: string): void;
}

export abstract class SqlExpirationStore implements ExpirationStore {
  protected readonly db: Kysely<Schema>;
  readonly #runner: ScriptRunner;
  /** Claims that could not be given back when they were done with; the next settling does it. */
  readonly #unreleased = new Set<string>();

  constructor(db: Kysely<Schema>, runner: ScriptRunner) {
    this.db = db;
    this.#runner = runner;
  }

  abstract ready(): Promise<void>;
  abstract close(): Promise<void>;
  /** This store's place among the holders; taken at first use. */
  protected abstract holders(): Promise<Holders>;

  async bindStorage(identity: string | null): Promise<string | null> {
    await this.ready();
    const { db } = this;
    return this.#runner.run(function* () {
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
    });
  }

  async find(keys: readonly FileKey[]): Promise<(Expiration | null)[]> {
    await this.ready();
    return this.#runner.run(() => this.#find(keys), { readOnly: true });
  }

  async findBelow(namespace: string, directory: string, after: string, limit: number): Promise<string[]> {
    await this.ready();
    const { db } = this;
    const rows = await this.#runner.run(
      function* (): Script<{ path: string }[]> {
        const ofNamespace = db
          .selectFrom('mayfly_expirations')
          .select('path')
          .where('namespace', '=', namespace)
          .orderBy('path')
          .limit(limit);
        if (directory === '') return [...(yield* query(ofNamespace.where('path', '>', after)))];
        const itself = after < directory ? yield* query(ofNamespace.where('path', '=', directory)) : [];
        // All that begin with `directory/`, as one range of the index: '0' is the character after '/'.
        const from = after > `${directory}/` ? after : `${directory}/`;
        const below = yield* query(ofNamespace.where('path', '>', from).where('path', '<', `${directory}0`));
        return [...itself, ...below].slice(0, limit);
      },
      { readOnly: true },
    );
    return rows.map((row) => row.path);
  }

  async claim(token: string, keys: readonly FileKey[]): Promise<(Expiration | null)[] | null> {
    await this.ready();
    const holders = await this.holders();
    for (;;) {
      const outcome = await this.#runner.run(() => this.#tryClaim(holders.id, token, keys), {
        durable: false,
      });
      if (!('heldBy' in outcome)) return outcome.rows;
      const dead = await this.#deadOf(holders, outcome.heldBy);
      if (dead.length < outcome.heldBy.length) return null;
    }
  }

  async claimDue(token: string, now: number, limit: number, after: DuePosition | null): Promise<DueRow[]> {
    await this.ready();
    const { db } = this;
    const { id: holder } = await this.holders();
    const rows = await this.#runner.run(
      function* (): Script<readonly Row[]> {
        let select = db
          .selectFrom('mayfly_expirations as e')
          .selectAll('e')
          .where('due', '<=', now)
          .where((not) =>
            not.not(
              not.exists(
                not
                  .selectFrom('mayfly_claims as c')
                  .select('c.holder')
                  .whereRef('c.namespace', '=', 'e.namespace')
                  .whereRef('c.path', '=', 'e.path'),
              ),
            ),
          );
        if (after !== null)
          select = select.where(sql<boolean>`(due, generation) > (${after.due}, ${after.generation})`);
        const due = yield* query(select.orderBy('due').orderBy('generation').limit(limit));
        for (const part of parts(due)) {
          const claims = part.map(({ namespace, path }) => ({ namespace, path, holder, token }));
          yield* query(db.insertInto('mayfly_claims').values(claims));
        }
        return due;
      },
      { durable: false },
    );
    return rows.map((row) => ({
      row: toExpiration(row),
      position: { due: row.due as number, generation: row.generation },
    }));
  }

  async settle(token: string, changes: readonly RowChange[], options: SettleOptions = {}): Promise<void> {
    await this.ready();
    const { db } = this;
    const durable = (options.durable ?? true) && changes.length > 0;
    const gone = changes.filter((change) => 'remove' in change && change.ifGeneration !== undefined);
    const others = changes.filter((change) => !gone.includes(change));
    const released = options.keepClaim === true ? [] : [token, ...this.#unreleased];
    try {
      await this.#runner.run(
        function* () {
          for (const part of parts(gone)) {
            const generations = part.map((change) => change.ifGeneration as number);
            yield* query(db.deleteFrom('mayfly_expirations').where('generation', 'in', generations));
          }
          for (const change of others) yield* applyChange(db, change);
          for (const part of parts(released))
            yield* query(db.deleteFrom('mayfly_claims').where('token', 'in', part));
        },
        { durable },
      );
    } catch (error) {
      if (options.keepClaim !== true) this.#unreleased.add(token);
      throw error;
    }
    for (const done of released) this.#unreleased.delete(done);
  }

  async releaseDead(): Promise<void> {
    await this.ready();
    const holders = await this.holders();
    const { db } = this;
    if (this.#unreleased.size > 0) await this.settle(UNUSED_TOKEN, [], { durable: false });
    const known = await this.#runner.run(() => query(db.selectFrom('mayfly_holders').select('holder')), {
      readOnly: true,
    });
    await this.#deadOf(
      holders,
      known.map((row) => row.holder),
    );
  }

  /** Of these holders the dead, whose claims are dropped. */
  async #deadOf(holders: Holders, ids: readonly string[]): Promise<string[]> {
    const dead: string[] = [];
    for (const id of ids) if (!(await holders.isAlive(id))) dead.push(id);
    if (dead.length === 0) return dead;
    await this.forget(dead);
    for (const id of dead) holders.bury(id);
    return dead;
  }

  /** Drop holders and their claims. */
  protected forget(ids: readonly string[]): Promise<void> {
    const { db } = this;
    return this.#runner.run(
      function* () {
        yield* query(db.deleteFrom('mayfly_claims').where('holder', 'in', ids));
        yield* query(db.deleteFrom('mayfly_holders').where('holder', 'in', ids));
      },
      { durable: false },
    );
  }

  *#tryClaim(
    holder: string,
    token: string,
    keys: readonly FileKey[],
  ): Script<{ rows: (Expiration | null)[] } | { heldBy: string[] }> {
    const { db } = this;
    const elsewhere = new Set<string>();
    for (const { namespace, path } of keys) {
      const [claim] = yield* query(
        db
          .selectFrom('mayfly_claims')
          .select('holder')
          .where('namespace', '=', namespace)
          .where('path', '=', path),
      );
      if (claim !== undefined && claim.holder !== holder) elsewhere.add(claim.holder);
    }
    if (elsewhere.size > 0) return { heldBy: [...elsewhere] };
    for (const { namespace, path } of keys) {
      yield* query(
        db
          .insertInto('mayfly_claims')
          .values({ namespace, path, holder, token })
          .onConflict((on) => on.columns(['namespace', 'path']).doUpdateSet({ token })),
      );
    }
    return { rows: yield* this.#find(keys) };
  }

  *#find(keys: readonly FileKey[]): Script<(Expiration | null)[]> {
    const found = new Map<string, Expiration>();
    for (const [namespace, paths] of pathsByNamespace(keys)) {
      for (const part of parts(paths)) {
        const rows = yield* query(
          this.db
            .selectFrom('mayfly_expirations')
            .selectAll()
            .where('namespace', '=', namespace)
            .where('path', 'in', part),
        );
        for (const row of rows) found.set(keyText(row), toExpiration(row));
      }
    }
    return keys.map((key) => found.get(keyText(key)) ?? null);
  }
}

function* applyChange(db: Kysely<Schema>, change: RowChange): Script<void> {
  const { namespace, path, ifGeneration } = change;
  if (ifGeneration !== undefined) {
    const [row] = yield* query(
      db.selectFrom('mayfly_expirations').select('generation').where('generation', '=', ifGeneration),
    );
    if (row === undefined) return;
  }
  // A new row each time, for a new generation.
  yield* query(
    db.deleteFrom('mayfly_expirations').where('namespace', '=', namespace).where('path', '=', path),
  );
  if ('remove' in change) return;
  const { deadline, intent, seen } = change;
  yield* query(
    db.insertInto('mayfly_expirations').values({
      namespace,
      path,
      deadline,
      has_intent: intent === null ? 0 : 1,
      intent_deadline: intent?.deadline ?? null,
      intent_before: intent?.before ?? null,
      due: dueOf(change),
      seen: seen ? 1 : 0,
    }),
  );
}

function toExpiration(row: Row): Expiration {
  const { namespace, path, deadline, generation } = row;
  const intent = row.has_intent === 1 ? { deadline: row.intent_deadline, before: row.intent_before } : null;
  return { namespace, path, deadline, intent, seen: row.seen === 1, generation };
}

function pathsByNamespace(keys: readonly FileKey[]): Map<string, string[]> {
  const grouped = new Map<string, string[]>();
  for (const { namespace, path } of keys) {
    const paths = grouped.get(namespace);
    if (paths === undefined) grouped.set(namespace, [path]);
    else paths.push(path);
  }
  return grouped;
}

function* parts<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += KEYS_A_QUERY)
    yield items.slice(start, start + KEYS_A_QUERY);
}
