import assert from 'node:assert/strict';
import type { TestRunner } from '../runner.js';
import { deadlinesOf, duePaths, key, newToken, put, putLazily, type StoreSubject } from './subject.js';

export function describeSettling({ describe, it }: TestRunner, subject: StoreSubject): void {
  describe('settle', () => {
    it('changes only the row of the generation that is named', async () => {
      const { store } = subject;
      await put(store, 'a', 1);
      await put(store, 'b', 1);
      const token = newToken();
      const rows = await store.claimDue(token, 1, 10, null);
      await put(store, 'a', 99);
      const changes = rows.map(({ row }) => ({
        ...key(row.path),
        ifGeneration: row.generation,
        remove: true as const,
      }));
      await store.settle(token, changes);
      assert.deepEqual(await deadlinesOf(store, 'a', 'b'), [99, null]);
    });

    it('tells which of the named generations it has changed', async () => {
      const { store } = subject;
      await put(store, 'a', 1);
      await put(store, 'b', 1);
      const token = newToken();
      const [a, b] = (await store.claimDue(token, 1, 10, null)).map(({ row }) => row);
      await put(store, 'b', 99);
      const changed = await store.settle(token, [
        { ...key('a'), ifGeneration: a?.generation as number, deadline: 5, intent: null, seen: true },
        { ...key('b'), ifGeneration: b?.generation as number, remove: true },
        { ...key('none'), ifGeneration: 1e9, retryAt: 5 },
      ]);
      assert.deepEqual([...changed], [a?.generation]);
      assert.deepEqual(await deadlinesOf(store, 'a', 'b'), [5, 99]);
    });

    it('shows what it does lazily at once, to whatever asks', async () => {
      const { store } = subject;
      await putLazily(store, 'a', 1);
      assert.deepEqual(await deadlinesOf(store, 'a'), [1]);
      await putLazily(store, 'b', 2);
      assert.deepEqual([...(await store.findBelow('n', '', '', 10))], ['a', 'b']);
      await putLazily(store, 'c', 3);
      assert.deepEqual({ ...(await store.overdue(3)) }, { count: 3, oldest: 1 });
      await putLazily(store, 'd', 4);
      assert.deepEqual(await duePaths(store, 4), ['a', 'b', 'c', 'd']);
      await putLazily(store, 'e', 5);
      const [claimed] = (await store.claim(newToken(), [key('e')])) ?? [];
      assert.equal(claimed?.deadline, 5);
      await putLazily(store, 'f', 6);
      const newest = await store.newestGeneration();
      assert.equal((await store.find([key('f')]))[0]?.generation, newest);
    });
  });
}
