/** A write that comes between a purge's look at the file and its forgetting of the row. */
import { expect, it } from '@jest/globals';
import type { Lifetime, RowChange, SettleOptions } from '../../src/index.js';
import { createMayfly, MemoryExpirationStore, MemoryFS } from '../../src/index.js';
import { FakeClock } from '../support/mayflies.js';

/** Runs something right before a purge settles. */
class Interrupted extends MemoryExpirationStore {
  meanwhile: (() => Promise<unknown>) | null = null;

  override async settle(
    token: string,
    changes: readonly RowChange[],
    options?: SettleOptions,
  ): Promise<ReadonlySet<number>> {
    const work = changes.some((change) => change.ifGeneration !== undefined) ? this.meanwhile : null;
    if (work !== null) {
      this.meanwhile = null;
      await work();
    }
    return super.settle(token, changes, options);
  }
}

it.each<[string, Lifetime, purgeAhead: number]>([
  ['brings the very deadline that the path had', { seconds: 0 }, 0],
  ['keeps a deadline that only the purge takes for past', {}, 120],
])('a write that %s does not lose it to a purge under way', async (_name, lifetime, purgeAhead) => {
  const clock = new FakeClock();
  const store = new Interrupted();
  const mayfly = createMayfly({
    storage: { filesystem: new MemoryFS(), urlRoot: '/files' },
    expirations: { store },
    purge: false,
    clock: clock.read,
  });
  const files = mayfly.getFilesystem('ns');
  const deadline = await files.expire('f', purgeAhead / 2);
  store.meanwhile = () => files.write('f', 'x', lifetime);
  await mayfly.expireObjects({ now: new Date(clock.now + purgeAhead * 1000) });
  expect(store.meanwhile).toBeNull();
  expect(await files.readText('f')).toBe('x');
  expect(await files.getExpiration('f')).toEqual(deadline);
  await mayfly.close();
});
