/** Who lives and who is dead among those that share an SQLite file. */
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
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
