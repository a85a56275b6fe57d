/** Who lives and who is dead among those that share an SQLite file. */
import { readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
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
