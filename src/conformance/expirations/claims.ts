import assert from 'node:assert/strict';
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
