import assert from 'node:assert/strict';
import type { Expiration } from '../../expirations/expiration.js';
import type { RowChange } from '../../expirations/expiration-store.js';
import { rejectionOf } from '../assertions.js';
import type { TestRunner } from '../runner.js';
import { deadlinesOf, duePaths, key, newToken, put, type StoreSubject } from './subject.js';

export function describeClaims({ describe, it }: TestRunner, subject: StoreSubject): void {
  describe('claims', () => {
    it('hold, as their store knows', async () => {
      const { store } = subject;
      const token = newToken();
      await store.claim(token, [key('a')]);
      assert.equal(await store.isHeld(token), true);
    });

    it('of due rows are not made twice until they are given back', async () => {
      const { store } = subject;
      await put(store, 'a', 1);
      const first = newToken();
      assert.equal((await store.claimDue(first, 1, 10, null)).length, 1);
      assert.deepEqual(await duePaths(store, 1), []);
      await store.settle(first, []);
      assert.deepEqual(await duePaths(store, 1), ['a']);
    });

    it('are kept through a settle that asks for it', async () => {
      const { store } = subject;
      await put(store, 'a', 1);
      const token = newToken();
      await store.claim(token, [key('a')]);
      const change = { ...key('a'), deadline: 2, intent: null, seen: true };
      await store.settle(token, [change], { keepClaim: true });
      assert.deepEqual(await duePaths(store, 10), []);
      await store.settle(token, []);
      assert.deepEqual(await duePaths(store, 10), ['a']);
    });

    it('go over to a later token of the same store, and an earlier one gives back only its own', async () => {
      const { store } = subject;
      await put(store, 'a', 1);
      const [first, second] = [newToken(), newToken()];
      await store.claim(first, [key('a')]);
      assert.notEqual(await store.claim(second, [key('a')]), null);
      await store.settle(first, []);
      assert.deepEqual(await duePaths(store, 10), []);
      await store.settle(second, []);
      assert.deepEqual(await duePaths(store, 10), ['a']);
    });

    it('allow no change when they were taken over meanwhile', async () => {
      const { store } = subject;
      const [early, late] = [newToken(), newToken()];
      await store.claim(early, [key('a')]);
      await store.claim(late, [key('a')]);
      const change = { ...key('a'), deadline: 1, intent: null, seen: true };
      await store.settle(early, [change], { lazy: true, durable: false }).catch(() => {});
      assert.deepEqual([...(await store.find([key('a')]))], [null]);
      await store.settle(late, [{ ...change, deadline: 2 }]);
      assert.deepEqual(await deadlinesOf(store, 'a'), [2]);
    });

    it('stand in the way of what is done while a key is free, as rows do', async () => {
      const { store } = subject;
      if (store.whileFree === undefined) return;
      await store.ready();
      let done = 0;
      const work = () => ++done;
      assert.equal(store.whileFree(key('a'), work), 1);
      const token = newToken();
      await store.claim(token, [key('a')]);
      assert.equal(store.whileFree(key('a'), work), null);
      assert.equal(store.whileFree(key('b'), work), 2);
      await store.settle(token, []);
      assert.equal(store.whileFree(key('a'), work), 3);
      await put(store, 'a', 1);
      assert.equal(store.whileFree(key('a'), work), null);
      assert.equal(done, 3);
    });

    it('stand in the way of what is done together with others for their own keys alone', async () => {
      const { store } = subject;
      if (store.whileFree === undefined || store.together === undefined) return;
      await store.ready();
      await store.claim(newToken(), [key('b')]);
      const seen: unknown[] = [];
      store.together(() => {
        for (const path of ['a', 'b', 'c']) seen.push(store.whileFree?.(key(path), () => path));
      });
      assert.deepEqual(seen, ['a', null, 'c']);
      const failing = () =>
        store.together?.(() => store.whileFree?.(key('a'), () => assert.fail('of the work')));
      assert.throws(failing, { message: 'of the work' });
      assert.notEqual(await store.claim(newToken(), [key('a')]), null);
    });

    it('can be made after what is done while a key is free, whatever becomes of it', async () => {
      const { store } = subject;
      if (store.whileFree === undefined) return;
      await store.ready();
      const failing = () => store.whileFree?.(key('a'), () => assert.fail('of the work'));
      assert.throws(failing, { message: 'of the work' });
      const done = store.whileFree(key('a'), () => 'done');
      assert.equal(done, 'done');
      assert.deepEqual(await store.claim(newToken(), [key('a')]), [null]);
      assert.deepEqual(await deadlinesOf(store, 'a'), [null]);
    });

    it('come with a change in one step, which is asked for with the row as it was', async () => {
      const { store } = subject;
      if (store.claimAndChange === undefined) return;
      const [first, second] = [newToken(), newToken()];
      const intent = { deadline: 9, before: null };
      const asked: (number | null | undefined)[] = [];
      const change = (row: Expiration | null): RowChange => {
        asked.push(row === null ? null : row.deadline);
        return { ...key('a'), deadline: 5, intent, seen: false };
      };
      assert.deepEqual(await store.claimAndChange(first, key('a'), change), [null]);
      assert.deepEqual(await duePaths(store, 10), []);
      const [noted] = await store.find([key('a')]);
      assert.deepEqual([noted?.deadline, noted?.intent], [5, intent]);
      await store.settle(first, [{ ...key('a'), deadline: 9, intent: null, seen: true }]);
      const rows = await store.claimAndChange(second, key('a'), change);
      assert.deepEqual([rows?.[0]?.deadline, rows?.[0]?.intent], [9, null]);
      const [again] = await store.find([key('a')]);
      assert.notEqual(again?.generation, rows?.[0]?.generation);
      await store.settle(second, [{ ...key('a'), remove: true }]);
      assert.deepEqual(await deadlinesOf(store, 'a'), [null]);
      assert.deepEqual(asked, [null, 9]);
    });

    it('come alone where no change is wanted, and not at all where asking for it fails', async () => {
      const { store } = subject;
      if (store.claimAndChange === undefined) return;
      await put(store, 'a', 1);
      const [failed, alone] = [newToken(), newToken()];
      const claimed = store.claimAndChange(failed, key('a'), () => assert.fail('of the change'));
      await rejectionOf(claimed);
      assert.deepEqual(await duePaths(store, 1), ['a']);
      const rows = await store.claimAndChange(alone, key('a'), () => null);
      assert.equal(rows?.[0]?.deadline, 1);
      assert.deepEqual(await duePaths(store, 1), []);
      assert.equal(await store.isHeld(alone), true);
      await store.settle(alone, []);
      assert.deepEqual(await duePaths(store, 1), ['a']);
    });

    it('are needed for every change in which no generation is named', async () => {
      const { store } = subject;
      await put(store, 'a', 1);
      const token = newToken();
      await store.claim(token, [key('b')]);
      const settled = store.settle(token, [
        { ...key('b'), deadline: 7, intent: null, seen: true },
        { ...key('a'), remove: true },
      ]);
      const error = (await rejectionOf(settled)) as Error & { code?: string };
      assert.equal(error.code, 'RemoteConnectionError', error.stack);
      assert.deepEqual(await deadlinesOf(store, 'a', 'b'), [1, null]);
      await store.settle(token, []);
    });
  });
}
