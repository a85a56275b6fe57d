import assert from 'node:assert/strict';
import { FSError } from '../../errors/errors.js';
import type { ExpirationStore } from '../../expirations/expiration-store.js';
import { rejectionOf } from '../assertions.js';
import type { TestRunner } from '../runner.js';
import { key, newToken, put, type StoreSubject } from './subject.js';

export function describeLifecycle({ describe, it }: TestRunner, subject: StoreSubject): void {
  describe('a store', () => {
    it('remembers the first storage it is bound to', async () => {
      const { store } = subject;
      assert.equal(await store.bindStorage(null), null);
      assert.equal(await store.bindStorage('one'), 'one');
      assert.equal(await store.bindStorage('two'), 'one');
      assert.equal(await store.bindStorage(null), 'one');
    });

    it('refuses to work from the moment it is closed, and closes twice', async () => {
      const { store } = subject;
      await put(store, 'a', 1);
      await store.find([key('a')], { recent: true });
      const claim = newToken();
      await store.claim(claim, [key('b')]);
      const closing = store.close();
      await refusesAll(store, claim);
      await closing;
      await store.close();
      await refusesAll(store, claim);
    });
  });
}

/** @param claim that was made before the store was closed */
async function refusesAll(store: ExpirationStore, claim: string): Promise<void> {
  const a = key('a');
  const change = { ...key('b'), deadline: 1, intent: null, seen: true };
  const asked: Record<string, () => Promise<unknown> | undefined> = {
    ready: () => store.ready(),
    bindStorage: () => store.bindStorage('one'),
    'bindStorage of null': () => store.bindStorage(null),
    find: () => store.find([a]),
    'find of what is recent': () => store.find([a], { recent: true }),
    findBelow: () => store.findBelow('n', '', '', 10),
    claim: () => store.claim(newToken(), [a]),
    newestGeneration: () => store.newestGeneration(),
    claimDue: () => store.claimDue(newToken(), 10, 10, null),
    settle: () => store.settle(claim, [change]),
    'settle of nothing': () => store.settle(claim, []),
    'settle of what may come late': () => store.settle(claim, [change], { lazy: true, durable: false }),
    releaseDead: () => store.releaseDead(),
    nextNamespace: () => store.nextNamespace?.(''),
    overdue: () => store.overdue(10),
  };
  for (const [name, ask] of Object.entries(asked)) {
    const asking = ask();
    if (asking === undefined) continue; // A store may leave it out.
    const error = await rejectionOf(asking);
    assert.ok(error instanceof FSError, `${name}: ${error instanceof Error ? error.stack : String(error)}`);
  }
  assert.equal(await store.isHeld(claim).catch(() => false), false);
  assert.equal(store.findNow?.(a), undefined);
}
