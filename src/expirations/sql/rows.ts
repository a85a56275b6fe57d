/** Scripts on rows: find them, and apply what a settled claim does to them. */
import type { Kysely, Selectable } from 'kysely';
import { sql } from 'kysely';
import type { Expiration, FileKey } from '../expiration.js';
import { dueOf, keyText } from '../expiration.js';
import type { RowChange } from '../expiration-store.js';
import type { ExpirationsTable, Schema } from './schema.js';
import type { Script } from './script.js';
import { prepared, query } from './script.js';

export type Row = Selectable<ExpirationsTable>;

/** Keys of one query; SQLite takes 32 766 parameters, some a key, and short texts are kept prepared. */
const KEYS_A_QUERY = 256;

const findRow = prepared((db, { namespace, path }: FileKey) =>
  db.selectFrom('mayfly_expirations').selectAll().where('namespace', '=', namespace).where('path', '=', path),
);

export function* findRows(db: Kysely<Schema>, keys: readonly FileKey[]): Script<(Expiration | null)[]> {
  if (keys.length === 1) {
    const [row] = yield* findRow(db, keys[0] as FileKey);
    return [row === undefined ? null : toExpiration(row)];
  }
  const found = new Map<string, Expiration>();
  for (const [namespace, paths] of pathsByNamespace(keys)) {
    for (const part of parts(paths)) {
      const rows = yield* query(
        db
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

/** Paths at or below a directory; see `ExpirationStore.findBelow`. */
export function* findPathsBelow(
  db: Kysely<Schema>,
  namespace: string,
  directory: string,
  after: string,
  limit: number,
): Script<string[]> {
  const ofNamespace = db
    .selectFrom('mayfly_expirations')
    .select('path')
    .where('namespace', '=', namespace)
    .orderBy('path')
    .limit(limit);
  const pathsOf = (rows: readonly { path: string }[]): string[] => rows.map(({ path }) => path);
  if (directory === '') return pathsOf(yield* query(ofNamespace.where('path', '>', after)));
  const itself = after < directory ? yield* query(ofNamespace.where('path', '=', directory)) : [];
  // All that begin with `directory/`, as one range of the index: '0' is the character after '/'.
  const from = after > `${directory}/` ? after : `${directory}/`;
  const below = yield* query(ofNamespace.where('path', '>', from).where('path', '<', `${directory}0`));
  return pathsOf([...itself, ...below]).slice(0, limit);
}

/** One step through the index, whatever the number of rows. */
export function* findNextNamespace(db: Kysely<Schema>, after: string): Script<string | null> {
  const [next] = yield* query(
    db
      .selectFrom('mayfly_expirations')
      .select('namespace')
      .where('namespace', '>', after)
      .orderBy('namespace')
      .limit(1),
  );
  return next?.namespace ?? null;
}

/**
 * @param arrays the database takes arrays as parameters; else JSON
 * @returns the generations of those changes with one whose row was there
 */
export function* applyChanges(
  db: Kysely<Schema>,
  changes: readonly RowChange[],
  arrays: boolean,
): Script<Set<number>> {
  const gone = changes.filter((change) => 'remove' in change && change.ifGeneration !== undefined);
  const generations = gone.map((change) => change.ifGeneration as number);
  const changed = new Set(yield* dropGenerations(db, generations, arrays));
  const others = new Set(changes);
  for (const change of gone) others.delete(change);
  for (const change of others) {
    if ((yield* applyChange(db, change)) && change.ifGeneration !== undefined)
      changed.add(change.ifGeneration);
  }
  return changed;
}

/** Forget rows, in one query however many they are. @returns the generations of those that were there */
function* dropGenerations(
  db: Kysely<Schema>,
  generations: readonly number[],
  arrays: boolean,
): Script<number[]> {
  if (generations.length === 0) return [];
  const dropped = arrays
    ? yield* dropByArray(db, { generations })
    : yield* dropByJson(db, { generations: JSON.stringify(generations) });
  return dropped.map(({ generation }) => generation);
}

const dropByArray = prepared((db, { generations }: { generations: readonly number[] }) =>
  db
    .deleteFrom('mayfly_expirations')
    .where(sql<boolean>`generation = any(${generations}::bigint[])`)
    .returning('generation'),
);
const dropByJson = prepared((db, { generations }: { generations: string }) =>
  db
    .deleteFrom('mayfly_expirations')
    .where(sql<boolean>`generation in (select value from json_each(${generations}))`)
    .returning('generation'),
);

const takeRow = prepared((db, { namespace, path }: FileKey) =>
  db
    .deleteFrom('mayfly_expirations')
    .where('namespace', '=', namespace)
    .where('path', '=', path)
    .returningAll(),
);
const takeGeneration = prepared((db, { generation }: Pick<Row, 'generation'>) =>
  db.deleteFrom('mayfly_expirations').where('generation', '=', generation).returningAll(),
);
type NewRow = Omit<Row, 'generation'>;
const addRow = prepared((db, row: NewRow) =>
  db.insertInto('mayfly_expirations').values({
    namespace: row.namespace,
    path: row.path,
    deadline: row.deadline,
    has_intent: row.has_intent,
    intent_deadline: row.intent_deadline,
    intent_before: row.intent_before,
    due: row.due,
    seen: row.seen,
    failures: row.failures,
    retry_at: row.retry_at,
  }),
);

/** As `applyChanges`, of one change of a row that was just read. */
export function* changeRow(db: Kysely<Schema>, change: RowChange, before: Expiration | null): Script<void> {
  const isNew = before === null && change.ifGeneration === undefined;
  const after = isNew ? rowAfter(change, undefined) : null;
  if (after !== null) yield* addRow(db, after);
  else yield* applyChange(db, change);
}

/** A row that is changed is a new one each time, for a new generation. @returns whether the change was made */
function* applyChange(db: Kysely<Schema>, change: RowChange): Script<boolean> {
  const { ifGeneration } = change;
  const [before] =
    ifGeneration === undefined
      ? yield* takeRow(db, change)
      : yield* takeGeneration(db, { generation: ifGeneration });
  if (ifGeneration !== undefined && before === undefined) return false;
  const after = rowAfter(change, before);
  if (after !== null) yield* addRow(db, after);
  return true;
}

function rowAfter(change: RowChange, before: Row | undefined): NewRow | null {
  if ('remove' in change) return null;
  if ('retryAt' in change) {
    const { generation: _, ...row } = before as Row;
    return { ...row, failures: row.failures + 1, retry_at: Math.ceil(change.retryAt) };
  }
  const { namespace, path, deadline, intent, seen } = change;
  return {
    namespace,
    path,
    deadline,
    has_intent: intent === null ? 0 : 1,
    intent_deadline: intent?.deadline ?? null,
    intent_before: intent?.before ?? null,
    due: dueOf(change),
    seen: seen ? 1 : 0,
    failures: 0,
    retry_at: null,
  };
}

export function toExpiration(row: Row): Expiration {
  const { namespace, path, deadline, failures, generation } = row;
  const intent = row.has_intent === 1 ? { deadline: row.intent_deadline, before: row.intent_before } : null;
  return { namespace, path, deadline, intent, seen: row.seen === 1, failures, generation };
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

/** As many as go into one query at a time. */
function* parts<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += KEYS_A_QUERY)
    yield items.slice(start, start + KEYS_A_QUERY);
}
