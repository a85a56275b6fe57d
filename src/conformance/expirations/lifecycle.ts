import assert from 'node:assert/strict';
import { FSError } from '../../errors/errors.js';
import { rejectionOf } from '../assertions.js';
import type { TestRunner } from '../runner.js';
import { key, newToken, type StoreSubject } from './subject.js';

export function describeLifecycle({ describe, it }: TestRunner, subject: StoreSubject): void {
  describe('a store', () => {
    it('remembers the first storage it is bound to', async () => {
      const { store } = subject;
      assert.equal(await store.bindStorage(null), null);
      assert.equal(await store.bindStorage('one'), 'one');
      assert.equal(await store.bindStorage('two'), 'one');
      assert.equal(await store.bindStorage(null), 'one');
    });

    it('refuses to work once it is closed, and closes twice', async () => {
      const { store } = subject;
      await store.ready();
      await store.close();
      await store.close();
      const refused = [
        store.find([key('a')]),
        store.settle(newToken(), [{ ...key('a'), remove: true }]),
      ] as const;
      for (const error of await Promise.all(refused.map(rejectionOf))) {
        assert.ok(error instanceof FSError, error instanceof Error ? error.stack : String(error));
      }
    });
  });
}
