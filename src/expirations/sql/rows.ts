/** Scripts on rows: find them, and apply what a settled claim does to them. */
import type { Kysely, Selectable } from 'kysely';
import type { Expiration, FileKey } from '../expiration.js';
import { dueOf, keyText } from '../expiration.js';
import type { RowChange } from '../expiration-store.js';
import type { ExpirationsTable, Schema } from './schema.js';
import type { Script } from './script.js';
import { query } from './script.js';

export type Row = Selectable<ExpirationsTable>;

/** Keys of one query; SQLite takes 32 766 parameters, some a key, and short texts are kept prepared. */
const KEYS_A_QUERY = 256;

export function* findRows(db: Kysely<Schema>, keys: readonly FileKey[]): Script<(Expiration | null)[]> {
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

/** @returns the generations of those changes with one whose row was there */
export function* applyChanges(db: Kysely<Schema>, changes: readonly RowChange[]): Script<Set<number>> {
  const changed = new Set<number>();
  const gone = changes.filter((change) => 'remove' in change && change.ifGeneration !== undefined);
  for (const part of parts(gone)) {
    const generations = part.map((change) => change.ifGeneration as number);
    const deleted = yield* query(
      db.deleteFrom('mayfly_expirations').where('generation', 'in', generations).returning('generation'),
    );
    for (const { generation } of deleted) changed.add(generation);
  }
  const others = new Set(changes);
  for (const change of gone) others.delete(change);
  for (const change of others) {
    if ((yield* applyChange(db, change)) && change.ifGeneration !== undefined)
      changed.add(change.ifGeneration);
  }
  return changed;
}

/** A row that is changed is a new one each time, for a new generation. @returns whether the change was made */
function* applyChange(db: Kysely<Schema>, change: RowChange): Script<boolean> {
  const { namespace, path, ifGeneration } = change;
  const rows = db.deleteFrom('mayfly_expirations');
  const deleted =
    ifGeneration === undefined
      ? rows.where('namespace', '=', namespace).where('path', '=', path)
      : rows.where('generation', '=', ifGeneration);
  const [before] = yield* query(deleted.returningAll());
  if (ifGeneration !== undefined && before === undefined) return false;
  const after = rowAfter(change, before);
  if (after !== null) yield* query(db.insertInto('mayfly_expirations').values(after));
  return true;
}

function rowAfter(change: RowChange, before: Row | undefined): Omit<Row, 'generation'> | null {
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
export function* parts<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += KEYS_A_QUERY)
    yield items.slice(start, start + KEYS_A_QUERY);
}
