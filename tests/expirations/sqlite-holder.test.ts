/** Who lives and who is dead among those that share an SQLite file. */
import { readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import Database from 'better-sqlite3';
import { SqliteHolder } from '../../src/expirations/sql/sqlite-holder.js';
import { SqliteExpirationStore } from '../../src/index.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const KEY = { namespace: 'ns', path: 'f' };

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(() => directory.remove());

async function holderFiles(): Promise<string[]> {
  return (await readdir(directory.path)).filter((name) => name.includes('-holder-'));
}

it('a store that came by a link is alive to one that came straight, and the other way round', async () => {
  const straight = new SqliteExpirationStore(join(directory.path, 'expirations.db'));
  await straight.claim('first', [KEY]);
  await symlink('expirations.db', join(directory.path, 'link.db'));
  const byLink = new SqliteExpirationStore(join(directory.path, 'link.db'));
  expect(await byLink.claim('second', [KEY])).toBeNull();
  await straight.settle('first', []);
  expect(await byLink.claim('third', [KEY])).toEqual([null]);
  expect(await straight.claim('fourth', [KEY])).toBeNull();
  await straight.releaseDead();
  expect(await straight.claim('fifth', [KEY])).toBeNull();
  await byLink.close();
  expect(await straight.claim('sixth', [KEY])).toEqual([null]);
  await straight.close();
});

it('leaves neither an open file nor one on the disk when the lock is refused', async () => {
  const opened: Database.Database[] = [];
  const exec = jest.spyOn(Database.prototype, 'exec').mockImplementationOnce(function (
    this: Database.Database,
  ) {
    opened.push(this);
    throw new Error('no locks here');
  });
  try {
    expect(() => new SqliteHolder(join(directory.path, 'expirations.db'))).toThrow('no locks here');
  } finally {
    exec.mockRestore();
  }
  expect(opened.map(({ open }) => open)).toEqual([false]);
  expect(await readdir(directory.path)).toEqual([]);
});

describe('a store that others took for dead, as its file was opened within its process and so lost its lock', () => {
  let store: SqliteExpirationStore;
  let other: SqliteExpirationStore;

  beforeEach(async () => {
    const path = join(directory.path, 'expirations.db');
    store = new SqliteExpirationStore(path);
    other = new SqliteExpirationStore(path);
    await store.claim('early', [KEY]);
    await store.settle('early', [{ ...KEY, deadline: 1, intent: null, seen: true }], { keepClaim: true });
    expect(await store.isHeld('early')).toBe(true);
    // What another process does; within one, SQLite sees the lock all the same.
    const database = new Database(path);
    database.exec('delete from mayfly_claims; delete from mayfly_holders');
    database.close();
    for (const file of await holderFiles()) await rm(join(directory.path, file));
  });

  afterEach(() => Promise.all([store.close(), other.close()]));

  it('knows that what it held it holds no more, and changes nothing under it', async () => {
    expect(await store.isHeld('early')).toBe(false);
    const late = store.settle('early', [{ ...KEY, deadline: 2, intent: null, seen: true }]);
    await expect(late).rejects.toMatchObject({ code: 'RemoteConnectionError' });
    expect((await store.find([KEY]))[0]?.deadline).toBe(1);
  });

  it('is heeded again from its next claim on', async () => {
    expect(await store.claim('late', [KEY])).toMatchObject([{ deadline: 1 }]);
    await other.releaseDead();
    expect(await other.claim('theirs', [KEY])).toBeNull();
    expect(await store.isHeld('late')).toBe(true);
  });

  it('is heeded again from the next due rows on that it claims', async () => {
    expect(await store.claimDue('late', 1, 10, null)).toHaveLength(1);
    await other.releaseDead();
    expect(await other.claim('theirs', [KEY])).toBeNull();
    expect(await store.isHeld('late')).toBe(true);
  });

  it('takes one new place, however many of its claims notice', async () => {
    const keys = Array.from({ length: 5 }, (_, i) => ({ namespace: 'ns', path: `${i}` }));
    await Promise.all(keys.map((key) => store.claim(`late ${key.path}`, [key])));
    await other.releaseDead();
    for (const key of keys) expect(await other.claim(`theirs ${key.path}`, [key])).toBeNull();
    expect(await holderFiles()).toHaveLength(2);
  });

  it('meets the claim of another that lives as any store does', async () => {
    expect(await other.claim('theirs', [KEY])).not.toBeNull();
    expect(await store.claim('late', [KEY])).toBeNull();
    await other.settle('theirs', []);
    expect(await store.claim('later', [KEY])).not.toBeNull();
  });
});
