/** What one store does with a key, and what is left of it for another on the same file. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import Database from 'better-sqlite3';
import { SqliteExpirationStore } from '../../src/index.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const LAZILY = { lazy: true, durable: false };
const key = (path: string) => ({ namespace: 'ns', path });
const HOT = key('hot');

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let path = '';
let store: SqliteExpirationStore;
/** As another process has it. */
let other: SqliteExpirationStore;
let claims = 0;

beforeEach(async () => {
  directory = await temporaryDirectory();
  path = join(directory.path, 'expirations.db');
  store = new SqliteExpirationStore(path);
  other = new SqliteExpirationStore(path);
  await Promise.all([store.ready(), other.ready()]);
});

afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all([store.close(), other.close()]);
  await directory.remove();
});

const newToken = (): string => `claim ${claims++}`;

it('who claims again what he has just done with gives it back without delay', async () => {
  const tables = new Database(path);
  const claimed = () => tables.prepare('SELECT token FROM mayfly_claims').pluck().all();
  try {
    const [first, second] = [newToken(), newToken()];
    await store.claim(first, [HOT]);
    const settling = store.settle(first, [], LAZILY).then(() => store.claim(second, [HOT]));
    expect(await settling).toEqual([null]);
    expect(claimed()).toEqual([second]);
    await store.settle(second, [], LAZILY);
    expect(claimed()).toEqual([]);
  } finally {
    tables.close();
  }
});

it('who has used a key for long lets others have it for a moment', async () => {
  let now = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  const theirs = newToken();
  let given: unknown = null;
  // On a busy machine that moment may have passed.
  for (let tries = 0; tries < 20 && given === null; tries++) {
    let token = newToken();
    await store.claim(token, [HOT]);
    for (let link = 0; link < 5; link++) {
      now += 300;
      const next = newToken();
      const settled = store.settle(token, [], LAZILY);
      const claimed = settled.then(() => store.claim(next, [HOT]));
      await settled;
      if (link === 4) given = await other.claim(theirs, [HOT]);
      expect(await claimed).toEqual(given === null ? [null] : null);
      token = next;
    }
    if (given === null) await store.settle(token, []);
  }
  expect(given).toEqual([null]);
});

it('others get a key that several here use all the time', async () => {
  let isOurs = true;
  const use = async (): Promise<void> => {
    while (isOurs) {
      const token = newToken();
      await store.claim(token, [HOT]);
      await store.settle(token, [], LAZILY);
    }
  };
  const using = Promise.all([use(), use(), use()]);
  try {
    const token = newToken();
    while ((await other.claim(token, [HOT])) === null) await sleep(50);
    expect(await other.isHeld(token)).toBe(true);
    await other.settle(token, []);
  } finally {
    isOurs = false;
    await using;
  }
}, 30_000);

it('what is done with is free for others soon, though a claim that went along was refused', async () => {
  const [ours, theirs] = [newToken(), newToken()];
  await other.claim(theirs, [key('theirs')]);
  await store.claim(ours, [HOT]);
  const settling = store.settle(ours, [], LAZILY);
  const refused = store.claim(newToken(), [key('theirs')]);
  await settling;
  expect(await refused).toBeNull();
  // A turn or two, where what went wrong would be tried again after a second.
  for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
  expect(await other.claim(newToken(), [HOT])).not.toBeNull();
});
