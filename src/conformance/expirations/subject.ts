/** The store that is held to the contract, and what its tests do again and again. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { FileKey } from '../../expirations/expiration.js';
import type {
  DuePosition,
  DueRow,
  DueSelection,
  ExpirationStore,
} from '../../expirations/expiration-store.js';

/** An expiration store to hold to the contract. */
export interface TestedExpirationStore {
  /** Empty, and the test's own. Tests may close it; if not, the suite does. */
  store: ExpirationStore;
  /** Opens another holder on the same rows, as another process would; left out where there can be only one. */
  another?: () => ExpirationStore;
  /** Called after the test, whatever its result, when all stores are closed. */
  cleanup?: () => Promise<void>;
}

/** What kind of store it is. */
export interface ExpirationStoreSuiteOptions {
  /** Several holders can work on the same rows, opened by `another`; default false. */
  severalHolders?: boolean;
}

/** The store of the test that runs; a new and empty one for each. */
export interface StoreSubject {
  readonly tested: TestedExpirationStore;
  readonly store: ExpirationStore;
  /** Other holders on its rows, to be closed after the test. */
  readonly others: ExpirationStore[];
}

/** More rows than any test makes: who gets as many goes round in circles. */
const TOO_MANY = 100;

export function key(path: string, namespace = 'n'): FileKey {
  return { namespace, path };
}

/** The name of a new claim. */
export function newToken(): string {
  return randomUUID();
}

/** Paths of due rows, in an array of this realm: under jest those of native modules are of another. */
export function pathsOf(rows: readonly DueRow[]): string[] {
  return Array.from(rows, ({ row }) => row.path);
}

/** Give a path a deadline. */
export async function put(
  store: ExpirationStore,
  path: string,
  deadline: number,
  namespace = 'n',
): Promise<void> {
  const token = newToken();
  await store.claim(token, [key(path, namespace)]);
  await store.settle(token, [{ ...key(path, namespace), deadline, intent: null, seen: true }]);
}

/** The same in the way of a write that asks for nothing durable. */
export async function putLazily(store: ExpirationStore, path: string, deadline: number): Promise<void> {
  const token = newToken();
  await store.claim(token, [key(path)]);
  const change = { ...key(path), deadline, intent: null, seen: true };
  await store.settle(token, [change], { lazy: true, durable: false });
}

/** Deadlines of these paths, null where there is none. */
export async function deadlinesOf(
  store: ExpirationStore,
  ...paths: readonly string[]
): Promise<(number | null)[]> {
  const rows = await store.find(paths.map((path) => key(path)));
  return Array.from(rows, (row) => row?.deadline ?? null);
}

/** Paths of the rows that can be claimed because they are due; they are given back. */
export async function duePaths(
  store: ExpirationStore,
  now: number,
  selection?: DueSelection,
): Promise<string[]> {
  const token = newToken();
  const rows = await store.claimDue(token, now, TOO_MANY, null, selection);
  await store.settle(token, []);
  return pathsOf(rows);
}

/** The same, page by page, all under one claim that is kept. */
export async function duePathsByPage(
  store: ExpirationStore,
  now: number,
  limit: number,
  selection?: DueSelection,
): Promise<string[]> {
  const token = newToken();
  const paths: string[] = [];
  let after: DuePosition | null = null;
  while (paths.length < TOO_MANY) {
    const rows = await store.claimDue(token, now, limit, after, selection);
    assert.ok(rows.length <= limit, `${rows.length} rows where at most ${limit} were asked for`);
    const last = rows.at(-1);
    if (last === undefined) return paths;
    paths.push(...pathsOf(rows));
    after = last.position;
  }
  return assert.fail(`the pages have no end: ${paths.slice(0, 20).join(', ')}, …`);
}
