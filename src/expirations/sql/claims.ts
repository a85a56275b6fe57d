/**
 * Scripts on claims. Keys are always taken in the same order, so that two who
 * want some of the same can't wait for each other.
 */
import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Expiration, FileKey } from '../expiration.js';
import { keyText } from '../expiration.js';
import type { DuePosition, DueSelection, RowChange } from '../expiration-store.js';
import type { Row } from './rows.js';
import { changeRow, findRows } from './rows.js';
import type { Schema } from './schema.js';
import type { Script } from './script.js';
import { prepared, query, Rollback } from './script.js';

/** Somebody else has one of the keys; thrown so that what was taken of the others is rolled back. */
export class HeldElsewhere extends Rollback {}

/** Others took this holder for dead, so they would not heed what it claims. */
export class HolderForgotten extends Rollback {}

/** Who claims, and under which name. */
export interface Claimant {
  readonly holder: string;
  readonly token: string;
}

/** What is asked for by `claimDue`. */
export interface DueQuery {
  readonly now: number;
  readonly limit: number;
  readonly after: DuePosition | null;
  readonly selection: DueSelection;
  /** The database locks rows: pass over those that another is about to claim. */
  readonly skipLocked: boolean;
}

const findHolder = prepared((db, { holder }: Pick<Claimant, 'holder'>) =>
  db.selectFrom('mayfly_holders').select('holder').where('holder', '=', holder),
);

function* isKnown(db: Kysely<Schema>, holder: string): Script<boolean> {
  return (yield* findHolder(db, { holder })).length > 0;
}

/** Taken from the row of the holder, so that who is not known any more takes nothing, and to see that costs no query. */
const takeKey = prepared((db, { namespace, path, holder, token }: FileKey & Claimant) =>
  db
    .insertInto('mayfly_claims')
    .columns(['namespace', 'path', 'holder', 'token'])
    .expression(
      db
        .selectFrom('mayfly_holders as h')
        .select([
          sql<string>`${namespace}`.as('namespace'),
          sql<string>`${path}`.as('path'),
          'h.holder',
          sql<string>`${token}`.as('token'),
        ])
        .where('h.holder', '=', holder),
    )
    .onConflict((on) =>
      on
        .columns(['namespace', 'path'])
        .doUpdateSet((eb) => ({ token: eb.ref('excluded.token') }))
        .whereRef('mayfly_claims.holder', '=', 'excluded.holder'),
    )
    .returning('token'),
);

/** Take all of the keys. @throws HeldElsewhere, HolderForgotten */
export function* takeKeys(
  db: Kysely<Schema>,
  { holder, token }: Claimant,
  keys: readonly FileKey[],
): Script<(Expiration | null)[]> {
  for (const { namespace, path } of inOrder(keys)) {
    const taken = yield* takeKey(db, { namespace, path, holder, token });
    if (taken.length > 0) continue;
    throw (yield* isKnown(db, holder)) ? new HeldElsewhere() : new HolderForgotten();
  }
  // Read only now: who held the key before may have changed the row until then.
  return yield* findRows(db, keys);
}

/** Take one key, and make the change that `change` asks for. @throws as `takeKeys` */
export function* takeAndChange(
  db: Kysely<Schema>,
  claimant: Claimant,
  key: FileKey,
  change: (row: Expiration | null) => RowChange | null,
): Script<{ rows: (Expiration | null)[]; isChanged: boolean }> {
  const rows = yield* takeKeys(db, claimant, [key]);
  const [row = null] = rows;
  const asked = change(row);
  if (asked !== null) yield* changeRow(db, asked, row);
  return { rows, isChanged: asked !== null };
}

/** Who has these keys. */
export function* holdersOf(db: Kysely<Schema>, keys: readonly FileKey[]): Script<string[]> {
  const holders = new Set<string>();
  for (const { namespace, path } of keys) {
    const claims = db.selectFrom('mayfly_claims').select('holder').where('namespace', '=', namespace);
    for (const { holder } of yield* query(claims.where('path', '=', path))) holders.add(holder);
  }
  return [...holders];
}

/** All who are known, and all who have claims without being known: they were taken for dead while they claimed. */
export function* allHolders(db: Kysely<Schema>): Script<string[]> {
  const known = db.selectFrom('mayfly_holders').select('holder');
  const claiming = db.selectFrom('mayfly_claims').select('holder');
  return (yield* query(known.union(claiming))).map(({ holder }) => holder);
}

/** Claim what is due. Of two who find the same row at once, one gets it. @throws HolderForgotten */
export function* takeDue(
  db: Kysely<Schema>,
  { holder, token }: Claimant,
  due: DueQuery,
): Script<readonly Row[]> {
  for (;;) {
    const found = yield* query(selectDue(db, due));
    if (found.length === 0) return [];
    if (!(yield* isKnown(db, holder))) throw new HolderForgotten();
    const inserted = due.skipLocked
      ? yield* insertByArrays(db, { holder, token }, inOrder(found))
      : yield* insertByGenerations(db, { holder, token, generations: generationsOf(found) });
    const taken = new Set(inserted.map(keyText));
    // Others may have claimed them all since they were found. That there are none is not said by it: there may be more.
    if (taken.size > 0) return found.filter((row) => taken.has(keyText(row)));
  }
}

/** Claims for rows that were found in the same transaction. @returns the keys that nobody else had */
const insertByGenerations = prepared(
  (db, { holder, token, generations }: Claimant & { generations: string }) =>
    db
      .insertInto('mayfly_claims')
      .columns(['namespace', 'path', 'holder', 'token'])
      .expression(
        db
          .selectFrom('mayfly_expirations')
          .select([
            'namespace',
            'path',
            sql<string>`${holder}`.as('holder'),
            sql<string>`${token}`.as('token'),
          ])
          .where(sql<boolean>`generation in (select value from json_each(${generations}))`),
      )
      .onConflict((on) => on.doNothing())
      .returning(['namespace', 'path']),
);

/** The same on PostgreSQL, where others may be about to claim the same rows. */
function* insertByArrays(
  db: Kysely<Schema>,
  { holder, token }: Claimant,
  keys: readonly FileKey[],
): Script<readonly FileKey[]> {
  const namespaces = keys.map(({ namespace }) => namespace);
  const paths = keys.map(({ path }) => path);
  const insert = sql`
    insert into mayfly_claims (namespace, path, holder, token)
    select namespace, path, ${holder}::text, ${token}::text
    from unnest(${namespaces}::text[], ${paths}::text[]) as due (namespace, path)
    on conflict do nothing
    returning namespace, path`;
  return (yield insert.compile(db)) as readonly FileKey[];
}

function selectDue(db: Kysely<Schema>, { now, limit, after, selection, skipLocked }: DueQuery) {
  let select = db
    .selectFrom('mayfly_expirations as e')
    .selectAll('e')
    .where('due', '<=', Math.floor(now))
    // As a value and not as a join, for which PostgreSQL may read all claims for each row when it takes them for few:
    // they come and go so fast that what it knows of their number is mostly wrong.
    .where(
      ({ selectFrom }) =>
        selectFrom('mayfly_claims as c')
          .select('c.token')
          .whereRef('c.namespace', '=', 'e.namespace')
          .whereRef('c.path', '=', 'e.path'),
      'is',
      null,
    )
    .limit(limit);
  // What tells an index apart stands there as a literal: with a parameter the planner could not use it.
  if (selection === 'fresh') {
    select = select.where(sql<boolean>`failures = 0`).orderBy('due').orderBy('generation');
    if (after !== null)
      select = select.where(sql<boolean>`(due, generation) > (${after.due}, ${after.generation})`);
  } else if (selection === 'ripe') {
    select = select.where(sql<boolean>`failures > 0`).where('retry_at', '<=', Math.floor(now));
    select = select.orderBy('retry_at').orderBy('generation');
    if (after !== null)
      select = select.where(sql<boolean>`(retry_at, generation) > (${after.due}, ${after.generation})`);
  } else {
    select = select.where(sql<boolean>`failures > 0`).where('generation', '<=', selection.failedUpTo);
    select = select.orderBy('generation');
    if (after !== null) select = select.where('generation', '>', after.generation);
  }
  return skipLocked ? select.forUpdate('e').skipLocked() : select;
}

/** Where a row that was found due stands among the others. */
export function positionOf(row: Row, selection: DueSelection): DuePosition {
  const { generation, due, retry_at } = row;
  if (selection === 'fresh') return { due: due as number, generation };
  return { due: selection === 'ripe' ? (retry_at as number) : 0, generation };
}

const giveBackOne = prepared((db, { token }: Pick<Claimant, 'token'>) =>
  db.deleteFrom('mayfly_claims').where('token', '=', token),
);
const giveBackAll = prepared((db, { tokens }: { tokens: readonly string[] }) =>
  db.deleteFrom('mayfly_claims').where(sql<boolean>`token = any(${tokens}::text[])`),
);

/** Give claims back. @param arrays the database takes arrays as parameters */
export function* giveBack(db: Kysely<Schema>, tokens: readonly string[], arrays: boolean): Script<void> {
  if (arrays && tokens.length > 1) yield* giveBackAll(db, { tokens });
  else for (const token of tokens) yield* giveBackOne(db, { token });
}

const claimsOf = (db: Kysely<Schema>, { token }: Pick<Claimant, 'token'>) =>
  db.selectFrom('mayfly_claims').select(['namespace', 'path']).where('token', '=', token);
const heldBy = prepared(claimsOf);
const heldByLocked = prepared((db, claim: Pick<Claimant, 'token'>) => claimsOf(db, claim).forUpdate());

/** The keys that are held under `token`, and stay so until the end of the transaction. */
export function* heldKeys(db: Kysely<Schema>, token: string, lock: boolean): Script<Set<string>> {
  const keys = yield* (lock ? heldByLocked : heldBy)(db, { token });
  return new Set(keys.map(keyText));
}

/** Whether all changes that need a claim have one. */
export function areCovered(changes: readonly RowChange[], held: ReadonlySet<string>): boolean {
  return changes.every((change) => change.ifGeneration !== undefined || held.has(keyText(change)));
}

function inOrder<T extends FileKey>(keys: readonly T[]): T[] {
  return [...keys].sort((a, b) => (keyText(a) < keyText(b) ? -1 : 1));
}

function generationsOf(rows: readonly Row[]): string {
  return JSON.stringify(rows.map(({ generation }) => generation));
}
