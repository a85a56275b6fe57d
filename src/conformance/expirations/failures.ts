import assert from 'node:assert/strict';
import type { DueSelection, ExpirationStore } from '../../expirations/expiration-store.js';
import type { TestRunner } from '../runner.js';
import { duePaths, duePathsByPage, key, newToken, put, type StoreSubject } from './subject.js';

export function describeFailures({ describe, it }: TestRunner, subject: StoreSubject): void {
  describe('rows that failed', () => {
    it('are kept apart from fresh ones, and ripe when their time has come', async () => {
      const { store } = subject;
      await put(store, 'a', 1);
      await fail(store, 1, 50);
      await put(store, 'b', 2);
      assert.deepEqual(await duePaths(store, 49), ['b']);
      assert.deepEqual(await duePaths(store, 49, 'ripe'), []);
      assert.deepEqual(await duePaths(store, 50, 'ripe'), ['a']);
    });

    it('are ripe in order of the time that they wait for, then as they failed', async () => {
      const { store } = subject;
      const retries = { a: 70, b: 60, c: 80, d: 60 };
      for (const [path, retryAt] of Object.entries(retries)) {
        await put(store, path, 1);
        await fail(store, 1, retryAt);
      }
      assert.deepEqual(await duePaths(store, 75, 'ripe'), ['b', 'd', 'a']);
      assert.deepEqual(await duePathsByPage(store, 80, 1, 'ripe'), ['b', 'd', 'a', 'c']);
    });

    it('keep their deadline, are counted, and get a new generation', async () => {
      const { store } = subject;
      await put(store, 'a', 1);
      const [before] = await store.find([key('a')]);
      await fail(store, 1, 50);
      await fail(store, 50, 90, 'ripe');
      const [after] = await store.find([key('a')]);
      assert.deepEqual([after?.deadline, after?.intent, after?.seen, after?.failures], [1, null, true, 2]);
      const generations = [before?.generation as number, after?.generation as number] as const;
      assert.ok(generations[1] > generations[0], `${generations[1]} is not above ${generations[0]}`);
    });

    it('can be claimed before, but not those that failed after a generation was the newest', async () => {
      const { store } = subject;
      await put(store, 'a', 1);
      await fail(store, 1, 50);
      const failedUpTo = await store.newestGeneration();
      assert.deepEqual(await duePaths(store, 2, { failedUpTo }), ['a']);
      await put(store, 'b', 1);
      await fail(store, 2, 50);
      assert.deepEqual(await duePaths(store, 2, { failedUpTo }), ['a']);
      await fail(store, 2, 60, { failedUpTo });
      assert.deepEqual(await duePaths(store, 2, { failedUpTo }), []);
      const all = { failedUpTo: await store.newestGeneration() };
      assert.deepEqual(await duePaths(store, 2, all), ['b', 'a']);
    });

    const selections: readonly [string, (store: ExpirationStore) => Promise<DueSelection>][] = [
      ['ripe', async () => 'ripe'],
      ['failed', async (store) => ({ failedUpTo: await store.newestGeneration() })],
    ];
    for (const [name, selectionOf] of selections) {
      it(`are gone through page by page (${name})`, async () => {
        const { store } = subject;
        for (let i = 0; i < 7; i++) await put(store, `f${i}`, i);
        await fail(store, 10, 50);
        const expected = ['f0', 'f1', 'f2', 'f3', 'f4', 'f5', 'f6'];
        assert.deepEqual(await duePathsByPage(store, 50, 3, await selectionOf(store)), expected);
      });
    }

    it('start anew with a new deadline, and are gone when removed', async () => {
      const { store } = subject;
      await put(store, 'a', 1);
      await put(store, 'b', 1);
      await fail(store, 1, 50);
      await put(store, 'a', 5);
      const token = newToken();
      await store.claim(token, [key('b')]);
      await store.settle(token, [{ ...key('b'), remove: true }]);
      assert.equal((await store.find([key('a')]))[0]?.failures, 0);
      assert.deepEqual(await duePaths(store, 5), ['a']);
      assert.deepEqual(await duePaths(store, 100, 'ripe'), []);
    });
  });
}

/** Let a purge at `now` fail on what is due. */
async function fail(
  store: ExpirationStore,
  now: number,
  retryAt: number,
  selection?: DueSelection,
): Promise<void> {
  const token = newToken();
  const due = await store.claimDue(token, now, 100, null, selection);
  const changes = due.map(({ row }) => ({ ...key(row.path), ifGeneration: row.generation, retryAt }));
  await store.settle(token, changes);
}
