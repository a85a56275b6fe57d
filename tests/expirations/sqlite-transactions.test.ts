/** Scripts that are to be run in one turn of the event loop, in one transaction. */
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import Database from 'better-sqlite3';
import { CompiledQuery } from 'kysely';
import type { Script } from '../../src/expirations/sql/script.js';
import { Rollback } from '../../src/expirations/sql/script.js';
import { SqliteDatabase } from '../../src/expirations/sql/sqlite-database.js';
import { SqliteLog } from '../../src/expirations/sql/sqlite-log.js';
import { OperationTimeout } from '../../src/index.js';
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

it.each([1, 3])('what is durable is told when it is on the disk, %i of them', async (count) => {
  let endSync: () => void = () => {};
  const syncing = new Promise<void>((resolve) => {
    endSync = resolve;
  });
  const sync = jest.spyOn(SqliteLog.prototype, 'sync').mockReturnValue(syncing);
  const told: string[] = [];
  const tell = (name: string) => void told.push(name);
  const durable = Array.from({ length: count }, (_, i) => database.run(() => add(`durable ${i}`)).then(tell));
  await turn();
  await turn();
  expect([told, names().length]).toEqual([[], count]);
  expect(sync).toHaveBeenCalled();
  sync.mockClear();
  await Promise.all(
    Array.from({ length: count }, (_, i) =>
      database.run(() => add(`quick ${i}`), { durable: false }).then(tell),
    ),
  );
  expect([told.length, sync.mock.calls.length]).toEqual([count, 0]);
  endSync();
  await Promise.all(durable);
  expect(told).toHaveLength(2 * count);
});

it('what could not be put on the disk is told to who wanted it there', async () => {
  jest.spyOn(SqliteLog.prototype, 'sync').mockRejectedValue(new Error('no disk'));
  const asked = ['a', 'b'].map((name, i) => database.run(() => add(name), { durable: i === 0 }));
  const outcomes = await Promise.allSettled(asked);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
});

it('what is done as the database is closed is put on the disk', async () => {
  const sync = jest.spyOn(SqliteLog.prototype, 'sync');
  const run = ['a', 'b'].map((name) => database.run(() => add(name)));
  const closing = database.close();
  expect(sync).toHaveBeenCalled();
  await Promise.all([...run, closing]);
  await expect(database.sync()).rejects.toMatchObject({ code: 'FilesystemClosed' });
});

it('a moment that has begun since gives way', async () => {
  const run = ['a', 'b'].map((name) => database.run(() => add(name)));
  expect(database.first(Symbol(), 'SELECT name FROM names')).toBeUndefined();
  expect(await Promise.all(run)).toEqual(['a', 'b']);
});

it('a lock that can not be had is told to all who want to write, and to nobody who reads', async () => {
  other.exec('BEGIN IMMEDIATE');
  const read = () => ask('SELECT name FROM names');
  const asked = ['a', 'b'].map((name) => database.run(() => add(name)));
  const outcomes = await Promise.allSettled([...asked, database.run(read, { readOnly: true })]);
  const refused = { reason: expect.any(OperationTimeout) };
  expect(outcomes).toMatchObject([refused, refused, { value: [] }]);
  other.exec('ROLLBACK');
  expect(await database.run(() => add('c'))).toBe('c');
}, 60_000);

it('a look from within a script sees what that did, and ends nothing', async () => {
  const looking = function* (): Script<void> {
    yield* add('a');
    expect(database.first(undefined, 'SELECT name FROM names')).toEqual({ name: 'a' });
    throw new Rollback('after all');
  };
  await expect(database.run(looking)).rejects.toThrow(Rollback);
  expect(names()).toEqual([]);
});

it('a lock that could not be let go of is let go of by who looks next', async () => {
  let fails = true;
  const { prepare } = Database.prototype;
  jest.spyOn(Database.prototype, 'prepare').mockImplementation(function (this: Database.Database, sql) {
    const statement = prepare.call(this, sql);
    if (sql !== 'ROLLBACK') return statement;
    const run = (): Database.RunResult => {
      if (fails) throw new Error('disk I/O error');
      return statement.run({});
    };
    return Object.assign(Object.create(statement), { run });
  });
  expect(database.unless('SELECT 1 WHERE 0', {}, () => 'done')).toBe('done');
  expect(isLocked()).toBe(true);
  fails = false;
  database.first(Symbol(), 'SELECT 1');
  await turn();
  expect(isLocked()).toBe(false);
});

it('in memory, where nobody waits for the lock, each is run when it is asked for', async () => {
  const inMemory = new SqliteDatabase(':memory:');
  let runs = 0;
  const counted = function* (): Script<void> {
    runs++;
    yield* ask('SELECT 1');
  };
  try {
    const done = [inMemory.run(counted), inMemory.run(counted)];
    expect(runs).toBe(2);
    await Promise.all(done);
  } finally {
    await inMemory.close();
  }
});
