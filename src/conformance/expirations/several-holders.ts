import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExpirationStore } from '../../expirations/expiration-store.js';
import type { TestRunner } from '../runner.js';
import {
  deadlinesOf,
  duePaths,
  key,
  newToken,
  pathsOf,
  put,
  putLazily,
  type StoreSubject,
} from './subject.js';

/** How long "soon" may be on a machine that has much else to do, in ms. */
const SOON_MS = 30_000;

export function describeSeveralHolders(
  { describe, it, beforeEach }: TestRunner,
  subject: StoreSubject,
): void {
  describe('between holders', () => {
    let another: ExpirationStore;

    beforeEach(() => {
      const { tested, others } = subject;
      if (tested.another === undefined) throw new Error('severalHolders needs another()');
      another = tested.another();
      others.push(another);
    });

    it('one of them has a key, all of a claim or nothing, whether or not there is a row', async () => {
      const { store } = subject;
      await put(store, 'a', 1);
      const token = newToken();
      await store.claim(token, [key('a'), key('none')]);
      const theirs = newToken();
      assert.equal(await another.claim(theirs, [key('free'), key('a')]), null);
      assert.equal(await another.claim(theirs, [key('none')]), null);
      assert.notEqual(await store.claim(newToken(), [key('free')]), null);
      await store.settle(token, []);
      assert.notEqual(await another.claim(theirs, [key('a')]), null);
    });

    it('nothing is done at once with a key that another has claimed', async () => {
      const { store } = subject;
      if (store.whileFree === undefined) return;
      await store.ready();
      assert.equal(
        store.whileFree(key('a'), () => 'done'),
        'done',
      );
      const token = newToken();
      await another.claim(token, [key('a')]);
      assert.equal(
        store.whileFree(key('a'), () => 'done'),
        null,
      );
      await another.settle(token, []);
      assert.equal(
        store.whileFree(key('a'), () => 'done'),
        'done',
      );
      await put(another, 'a', 1);
      assert.equal(
        store.whileFree(key('a'), () => 'done'),
        null,
      );
    });

    it('a key that another has claimed is not changed as it is claimed, and no change is asked for', async () => {
      const { store } = subject;
      if (store.claimAndChange === undefined) return;
      const token = newToken();
      await another.claim(token, [key('a')]);
      const change = () => assert.fail('it is asked for');
      assert.equal(await store.claimAndChange(newToken(), key('a'), change), null);
      await another.settle(token, []);
      const late = { ...key('a'), deadline: 5, intent: null, seen: true };
      assert.deepEqual(await store.claimAndChange(newToken(), key('a'), () => late), [null]);
      assert.deepEqual(await deadlinesOf(another, 'a'), [5]);
      assert.equal(await another.claim(newToken(), [key('a')]), null);
    });

    it('a key that is given back lazily is free soon', async () => {
      const { store } = subject;
      const claims = [newToken(), newToken(), newToken()];
      for (const [i, token] of claims.entries()) await store.claim(token, [key(`lazy-${i}`)]);
      for (const token of claims) await store.settle(token, [], { lazy: true });
      for (let i = 0; i < claims.length; i++) {
        await soon(async () => (await another.claim(newToken(), [key(`lazy-${i}`)])) !== null);
      }
      assert.equal(await store.claim(newToken(), [key('lazy-0')]), null);
      const kept = newToken();
      await store.claim(kept, [key('kept')]);
      await store.settle(kept, [], { lazy: true, keepClaim: true });
      await sleep(20);
      assert.equal(await another.claim(newToken(), [key('kept')]), null);
    });

    it('what was settled lazily shows soon, and when its store closes', async () => {
      const { store } = subject;
      await putLazily(store, 'soon', 1);
      await soon(async () => (await another.find([key('soon')]))[0] !== null);
      assert.notEqual(await another.claim(newToken(), [key('soon')]), null);
      await putLazily(store, 'closed', 1);
      await store.close();
      assert.deepEqual(await deadlinesOf(another, 'closed'), [1]);
    });

    it('a key that one claims again and again comes free for the others', async () => {
      const { store } = subject;
      const use = async (token: string): Promise<void> => {
        if ((await store.claim(token, [key('hot')])) !== null) await store.settle(token, [], { lazy: true });
      };
      let theirs: unknown = null;
      for (let i = 0; i < 100 && theirs === null; i++) {
        await use(newToken());
        await use(newToken());
        [theirs] = await Promise.all([another.claim(newToken(), [key('hot')]), use(newToken())]);
      }
      assert.notEqual(theirs, null);
    });

    it('each due row is given to one of them', async () => {
      const { store } = subject;
      for (let i = 0; i < 20; i++) await put(store, `f${i}`, i);
      const claims = await Promise.all([
        store.claimDue(newToken(), 100, 12, null),
        another.claimDue(newToken(), 100, 12, null),
      ]);
      const paths = claims.flatMap(pathsOf);
      assert.equal(paths.length, 20);
      assert.equal(new Set(paths).size, 20);
    });

    it('what one had is free when it closes', async () => {
      const { store } = subject;
      await put(store, 'a', 1);
      await another.claim(newToken(), [key('a')]);
      assert.deepEqual(await duePaths(store, 1), []);
      await another.close();
      assert.deepEqual(await duePaths(store, 1), ['a']);
    });

    it('what one has stays its own when another looks for the dead', async () => {
      const { store } = subject;
      await put(store, 'a', 1);
      const token = newToken();
      await store.claim(token, [key('a'), key('b')]);
      await another.releaseDead();
      assert.deepEqual(await duePaths(another, 1), []);
      assert.equal(await another.claim(newToken(), [key('b')]), null);
      assert.equal(await store.isHeld(token), true);
      await store.settle(token, [{ ...key('a'), deadline: 2, intent: null, seen: true }]);
      assert.deepEqual(await deadlinesOf(another, 'a'), [2]);
    });
  });
}

/** Wait until it is so. */
async function soon(isSo: () => Promise<boolean>): Promise<void> {
  const giveUp = performance.now() + SOON_MS;
  while (!(await isSo())) {
    assert.ok(performance.now() < giveUp, `not so after ${SOON_MS} ms`);
    await sleep(1);
  }
}
