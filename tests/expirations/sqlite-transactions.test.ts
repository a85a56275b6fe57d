/** Scripts that are to be run in one turn of the event loop, in one transaction. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import Database from 'better-sqlite3';
import { CompiledQuery } from 'kysely';
import type { Script } from '../../src/expirations/sql/script.js';
import { Rollback } from '../../src/expirations/sql/script.js';
import { SqliteDatabase } from '../../src/expirations/sql/sqlite-database.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let database: SqliteDatabase;
/** As another process has it. */
let other: Database.Database;

beforeEach(async () => {
  // Nothing takes long, on the slowest machine, but what says so.
  jest.spyOn(performance, 'now').mockReturnValue(0);
  directory = await temporaryDirectory();
  const path = join(directory.path, 'expirations.db');
  database = new SqliteDatabase(path);
  await database.run(() => ask('CREATE TABLE names (name TEXT PRIMARY KEY)'));
  other = new Database(path, { timeout: 0 });
});

afterEach(async () => {
  jest.restoreAllMocks();
  other.close();
  await database.close();
  await directory.remove();
});

function* ask(sql: string, ...parameters: unknown[]): Script<readonly unknown[]> {
  return yield CompiledQuery.raw(sql, parameters);
}

function* add(name: string): Script<string> {
  yield* ask('INSERT INTO names VALUES (?)', name);
  return name;
}

const names = () => other.prepare('SELECT name FROM names ORDER BY name').pluck().all();
const isLocked = (): boolean => {
  try {
    other.exec('BEGIN IMMEDIATE; ROLLBACK');
    return false;
  } catch {
    return true;
  }
};

it('all are committed at once, and each sees what those before it did', async () => {
  const seen: unknown[] = [];
  const looking = function* (): Script<void> {
    seen.push(isLocked(), names(), (yield* ask('SELECT name FROM names ORDER BY name')).length);
  };
  const run = ['a', 'b'].map((name) => database.run(() => add(name)));
  const done = Promise.all([...run, database.run(looking)]);
  expect(names()).toEqual([]);
  expect(await done).toEqual(['a', 'b', undefined]);
  expect(seen).toEqual([true, [], 2]);
  expect(names()).toEqual(['a', 'b']);
});

it('one that fails is undone alone, and told why', async () => {
  const refusing = function* (): Script<void> {
    yield* add('refused');
    throw new Rollback('by itself');
  };
  const outcomes = await Promise.allSettled([
    database.run(() => add('a')),
    database.run(refusing),
    database.run(() => add('a')),
    database.run(() => add('b')),
  ]);
  expect(outcomes).toMatchObject([
    { value: 'a' },
    { reason: expect.any(Rollback) },
    { reason: { code: 'OperationFailed', cause: { code: 'SQLITE_CONSTRAINT_PRIMARYKEY' } } },
    { value: 'b' },
  ]);
  expect(names()).toEqual(['a', 'b']);
});

it('of a transaction that comes to nothing each is run by itself', async () => {
  let runs = 0;
  const breaking = function* (): Script<void> {
    runs++;
    yield* ask('ROLLBACK');
    yield* ask('no SQL');
  };
  const outcomes = await Promise.allSettled([
    database.run(() => add('a')),
    database.run(breaking),
    database.run(() => add('b')),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect([runs, names(), isLocked()]).toEqual([2, ['a', 'b'], false]);
});

it('a transaction that can not be committed is made up for by each alone', async () => {
  await database.run(() => ask('PRAGMA foreign_keys = ON'));
  const deferred = 'CREATE TABLE of (name TEXT REFERENCES names DEFERRABLE INITIALLY DEFERRED)';
  await database.run(() => ask(deferred));
  const outcomes = await Promise.allSettled([
    database.run(() => add('a')),
    database.run(() => ask('INSERT INTO of VALUES (?)', 'missing')),
    database.run(() => add('b')),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(names()).toEqual(['a', 'b']);
});

it('after one that took long the lock is let go of before the next', async () => {
  const between: boolean[] = [];
  const long = function* (): Script<void> {
    yield* add('long');
    jest.mocked(performance.now).mockReturnValue(3);
    setImmediate(() => between.push(isLocked()));
  };
  const next = function* (): Script<unknown[]> {
    yield* add('next');
    return [...between, ...names()];
  };
  const [, seen] = await Promise.all([database.run(long), database.run(next)]);
  expect(seen).toEqual([false, 'long']);
});

it('who reads sees what was asked for before, and holds nobody up with nothing to wait for', async () => {
  const count = function* (): Script<number> {
    return (yield* ask('SELECT name FROM names')).length;
  };
  const added = database.run(() => add('a'));
  expect(await database.run(count, { readOnly: true })).toBe(1);
  await added;
  const looking = function* (): Script<boolean> {
    yield* count();
    return isLocked();
  };
  expect(await database.run(looking, { readOnly: true })).toBe(false);
});

it('what was asked for before the database is closed is done, and nothing after', async () => {
  const run = ['a', 'b'].map((name) => database.run(() => add(name)));
  const closing = database.close();
  expect(await Promise.all(run)).toEqual(['a', 'b']);
  await closing;
  await expect(database.run(() => add('c'))).rejects.toMatchObject({ code: 'FilesystemClosed' });
  expect(names()).toEqual(['a', 'b']);
});

it('a database that can not be opened is told to all who ask, and opened for those who ask later', async () => {
  const path = join(directory.path, 'late.db');
  const late = new SqliteDatabase(path);
  const blocked = new Database(path);
  blocked.exec('CREATE TABLE names (name TEXT)');
  blocked.pragma('locking_mode = EXCLUSIVE');
  blocked.exec("INSERT INTO names VALUES ('theirs')");
  try {
    const asked = ['a', 'b'].map((name) => late.run(() => add(name)));
    for (const { status } of await Promise.allSettled(asked)) expect(status).toBe('rejected');
    blocked.close();
    expect(await late.run(() => add('c'))).toBe('c');
  } finally {
    await late.close();
  }
}, 60_000);
