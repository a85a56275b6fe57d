/** What is acknowledged when the store fails in the middle. */
import { expect, it } from '@jest/globals';
import type { RowChange } from '../../src/index.js';
import { createMayfly, MemoryExpirationStore, RemoteConnectionError } from '../../src/index.js';

/** Fails to forget rows while it is told to. */
class Forgetless extends MemoryExpirationStore {
  failing = false;

  override async settle(...args: Parameters<MemoryExpirationStore['settle']>): Promise<ReadonlySet<number>> {
    const forgets = (change: RowChange): boolean => 'remove' in change;
    if (this.failing && args[1].some(forgets)) throw new RemoteConnectionError();
    return super.settle(...args);
  }
}

it('a move is not acknowledged while the deadline that it took along is still at its source', async () => {
  const store = new Forgetless();
  const mayfly = createMayfly({
    storage: { type: 'memoryfs', urlRoot: '/' },
    expirations: { store },
    purge: false,
    clock: () => 0,
  });
  const files = mayfly.getFilesystem('n');
  await files.write('a', 'x', { seconds: 10 });
  store.failing = true;
  await expect(files.move('a', 'b')).rejects.toMatchObject({ code: 'RemoteConnectionError' });
  store.failing = false;
  expect((await files.getExpiration('b'))?.getTime()).toBe(10_000);
  await mayfly.close();
});
