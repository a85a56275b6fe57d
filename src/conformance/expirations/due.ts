import assert from 'node:assert/strict';
import type { DueRow } from '../../expirations/expiration-store.js';
import type { TestRunner } from '../runner.js';
import { duePaths, duePathsByPage, key, newToken, pathsOf, put, type StoreSubject } from './subject.js';

export function describeDueRows({ describe, it }: TestRunner, subject: StoreSubject): void {
  describe('due rows', () => {
    it('are those of the moment and before, by due time, and none later', async () => {
      const { store } = subject;
      await put(store, 'late', 101);
      await put(store, 'exact', 100);
      await put(store, 'early', 1);
      assert.deepEqual(await duePaths(store, 100), ['early', 'exact']);
      assert.deepEqual(await duePaths(store, 0), []);
    });

    it('are none of those without any deadline', async () => {
      const { store } = subject;
      const token = newToken();
      await store.claim(token, [key('a'), key('b')]);
      const intent = { deadline: null, before: '"etag"' };
      await store.settle(token, [
        { ...key('a'), deadline: null, intent, seen: true },
        { ...key('b'), deadline: null, intent: null, seen: true },
      ]);
      assert.deepEqual(await duePaths(store, 1e15), []);
      assert.deepEqual({ ...(await store.overdue(1e15)) }, { count: 0, oldest: null });
    });

    it('go on after a position, through rows that are due at the same moment', async () => {
      const { store } = subject;
      for (let i = 0; i < 7; i++) await put(store, `f${i}`, 50);
      const expected = ['f0', 'f1', 'f2', 'f3', 'f4', 'f5', 'f6'];
      assert.deepEqual(await duePathsByPage(store, 50, 3), expected);
    });

    it('go on after a position, also when those before it were given back', async () => {
      const { store } = subject;
      for (let i = 0; i < 4; i++) await put(store, `f${i}`, 50 + (i >> 1));
      const token = newToken();
      const first = await store.claimDue(token, 60, 3, null);
      await store.settle(token, []);
      const rest = await store.claimDue(newToken(), 60, 3, (first.at(-1) as DueRow).position);
      assert.deepEqual([first, rest].map(pathsOf), [['f0', 'f1', 'f2'], ['f3']]);
    });

    it('count as overdue, claimed or failed or neither, and it is told since when', async () => {
      const { store } = subject;
      assert.deepEqual({ ...(await store.overdue(100)) }, { count: 0, oldest: null });
      for (const [i, path] of ['a', 'b', 'c'].entries()) await put(store, path, 10 + i);
      await put(store, 'later', 101);
      const token = newToken();
      const [first] = await store.claimDue(token, 100, 1, null);
      const { path, generation: ifGeneration } = (first as DueRow).row;
      await store.settle(token, [{ ...key(path), ifGeneration, retryAt: 1000 }]);
      await store.claimDue(newToken(), 100, 1, null);
      assert.deepEqual({ ...(await store.overdue(100)) }, { count: 3, oldest: 10 });
    });
  });
}
