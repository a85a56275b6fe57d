/** Rows that are read for requests that came in together, in one transaction. */
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { SqliteExpirationStore } from '../../src/index.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const KEY = { namespace: 'ns', path: 'f' };

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let store: SqliteExpirationStore;
/** As another process has it. */
let other: SqliteExpirationStore;
let claims = 0;

beforeEach(async () => {
  directory = await temporaryDirectory();
  store = new SqliteExpirationStore(join(directory.path, 'expirations.db'));
  other = new SqliteExpirationStore(join(directory.path, 'expirations.db'));
  await Promise.all([store.ready(), other.ready()]);
});

afterEach(async () => {
  await Promise.all([store.close(), other.close()]);
  await directory.remove();
});

async function expire(by: SqliteExpirationStore, deadline: number): Promise<void> {
  const token = `claim ${claims++}`;
  await by.claim(token, [KEY]);
  await by.settle(token, [{ ...KEY, deadline, intent: null, seen: true }]);
}

it('a moment sees what the store itself changes in it', async () => {
  const moment = Symbol();
  expect(store.findNow(KEY, moment)).toBeNull();
  await expire(store, 1000);
  expect(store.findNow(KEY, moment)?.deadline).toBe(1000);
});

it('the next moment sees what another has committed, and so does who names none', async () => {
  expect(store.findNow(KEY, Symbol())).toBeNull();
  await expire(other, 1000);
  expect(store.findNow(KEY, Symbol())?.deadline).toBe(1000);
  await expire(other, 2000);
  expect(store.findNow(KEY)?.deadline).toBe(2000);
});

it('a moment ends with the turn of the event loop, and holds nobody up', async () => {
  const moment = Symbol();
  expect(store.findNow(KEY, moment)).toBeNull();
  await turn();
  await turn();
  await expire(other, 1000);
  expect(store.findNow(KEY, moment)?.deadline).toBe(1000);
});

it('a store can be closed within a moment', async () => {
  store.findNow(KEY, Symbol());
  await store.close();
  expect(store.findNow(KEY, Symbol())).toBeUndefined();
});
