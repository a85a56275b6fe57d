import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import type { ExpirationStore } from '../../src/expirations/expiration-store.js';
import { MemoryExpirationStore } from '../../src/expirations/memory-expiration-store.js';
import { PostgresExpirationStore } from '../../src/expirations/sql/postgres-expiration-store.js';
import { SqliteExpirationStore } from '../../src/expirations/sql/sqlite-expiration-store.js';
import { describeExpirationStore } from '../conformance/expiration-store.js';
import { testDatabase } from '../support/postgres.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

describeExpirationStore('MemoryExpirationStore', async () => ({ store: new MemoryExpirationStore() }));

describeExpirationStore('SqliteExpirationStore in memory', async () => ({
  store: new SqliteExpirationStore(':memory:'),
}));

describeExpirationStore(
  'SqliteExpirationStore in a file',
  async () => {
    const directory = await temporaryDirectory();
    const path = join(directory.path, 'deep', 'expirations.db');
    return {
      store: new SqliteExpirationStore(path),
      another: () => new SqliteExpirationStore(path),
      cleanup: directory.remove,
    };
  },
  { severalHolders: true },
);

describeExpirationStore(
  'PostgresExpirationStore',
  async () => {
    const { url, remove } = await testDatabase();
    return {
      store: new PostgresExpirationStore(url),
      another: () => new PostgresExpirationStore(url),
      cleanup: remove,
    };
  },
  { severalHolders: true },
);

it.each<[string, ExpirationStore]>([
  ['MemoryExpirationStore', MemoryExpirationStore.prototype],
  ['SqliteExpirationStore', SqliteExpirationStore.prototype],
  ['PostgresExpirationStore', PostgresExpirationStore.prototype],
])('%s has the methods that a store may leave out', (_, store) => {
  expect([typeof store.findNow, typeof store.nextNamespace]).toEqual(['function', 'function']);
});

it.each<[string, ExpirationStore]>([
  ['MemoryExpirationStore', MemoryExpirationStore.prototype],
  ['SqliteExpirationStore', SqliteExpirationStore.prototype],
])('%s can see to a key without a claim', (_, store) => {
  expect(typeof store.whileFree).toBe('function');
});

it('SqliteExpirationStore can claim and change in one step', () => {
  expect(typeof SqliteExpirationStore.prototype.claimAndChange).toBe('function');
});

it('SqliteExpirationStore has a way to see to several keys together', () => {
  expect(typeof SqliteExpirationStore.prototype.together).toBe('function');
});

it('SqliteExpirationStore keeps other processes from claiming anything while it sees to a key', async () => {
  const { path, remove } = await temporaryDirectory();
  const store = new SqliteExpirationStore(join(path, 'expirations.db'));
  const other = new Database(join(path, 'expirations.db'), { timeout: 0 });
  try {
    await store.ready();
    const begin = () => other.exec('BEGIN IMMEDIATE; ROLLBACK');
    const key = { namespace: 'n', path: 'a' };
    expect(store.whileFree(key, () => expect(begin).toThrow('locked'))).not.toBeNull();
    expect(begin).not.toThrow();
    store.together(() => {
      expect(begin).not.toThrow();
      store.whileFree(key, () => expect(store.findNow(key, Symbol())).toBeNull());
      // Not to be locked anew for the next.
      expect(begin).toThrow('locked');
      expect(store.whileFree(key, () => 'done')).toBe('done');
    });
    expect(begin).not.toThrow();
  } finally {
    other.close();
    await store.close();
    await remove();
  }
});

it('MemoryExpirationStore tells due rows in order and once, however often they were renewed', async () => {
  const store = new MemoryExpirationStore();
  const renew = async (path: string, deadline: number): Promise<void> => {
    const key = { namespace: 'n', path };
    await store.claim('renewal', [key]);
    await store.settle('renewal', [{ ...key, deadline, intent: null, seen: true }]);
  };
  for (let i = 0; i < 20; i++) await renew(`f${i}`, 10_000 - i);
  for (let i = 0; i < 5000; i++) await renew(`f${i % 20}`, 20_000 - i);
  const due = await store.claimDue('purge', 20_000, 100, null);
  expect(due.map(({ row }) => row.deadline)).toEqual(Array.from({ length: 20 }, (_, i) => 15_001 + i));
  expect(await store.claimDue('another', 20_000, 100, null)).toEqual([]);
});
