/** Work on free keys, which is gathered until the event loop turns. */
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { Moment } from '../../src/clock/moment.js';
import type { ExpirationStore } from '../../src/expirations/expiration-store.js';
import { FreeKeys } from '../../src/expirations/free-keys.js';
import { KeyedMutex } from '../../src/expirations/keyed-mutex.js';
import { MemoryExpirationStore, OperationTimeout } from '../../src/index.js';

const key = (path: string) => ({ namespace: 'ns', path });
const a = key('a');
let now = 0;
/** Longer than the lock is kept for others. */
const takeLong = (): void => {
  now += 3;
};

// Nothing takes long, on the slowest machine, but what says so.
beforeEach(() => {
  jest.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  jest.restoreAllMocks();
});

class LockingStore extends MemoryExpirationStore {
  locks = 0;
  isLocked = false;

  together(work: () => void): void {
    this.locks++;
    this.isLocked = true;
    try {
      work();
    } finally {
      this.isLocked = false;
    }
  }
}

function freeKeys(store: ExpirationStore): { free: FreeKeys; mutex: KeyedMutex } {
  const mutex = new KeyedMutex();
  return { free: new FreeKeys(store, mutex), mutex };
}

it('who asks in one turn of the event loop is served in order, in one moment, under one lock', async () => {
  const store = new LockingStore();
  const { free } = freeKeys(store);
  const moments = new Set<Moment>();
  const order: number[] = [];
  const asked = Array.from({ length: 5 }, (_, i) =>
    free.whileFree(key(`f${i}`), (moment) => {
      moments.add(moment);
      order.push(i);
      return store.isLocked && i;
    }),
  );
  expect(order).toEqual([]);
  expect(await Promise.all(asked)).toEqual([0, 1, 2, 3, 4]);
  expect([order, moments.size, store.locks, store.isLocked]).toEqual([[0, 1, 2, 3, 4], 1, 1, false]);
});

it('who comes after work that took long is served in the next turn, in another moment', async () => {
  const store = new LockingStore();
  const { free } = freeKeys(store);
  const moments: Moment[] = [];
  let turned = 0;
  const first = free.whileFree(a, (moment) => {
    moments.push(moment);
    takeLong();
    setImmediate(() => turned++);
    return 'first';
  });
  const second = free.whileFree(key('b'), (moment) => {
    moments.push(moment);
    return turned;
  });
  expect(await Promise.all([first, second])).toEqual(['first', 1]);
  expect(moments[0]).not.toBe(moments[1]);
  expect(store.locks).toBe(2);
});

it('work that fails is told to who asked for it, and to nobody else', async () => {
  const { free } = freeKeys(new MemoryExpirationStore());
  const failing = free.whileFree(a, () => {
    throw new Error('of the work');
  });
  const next = free.whileFree(a, () => 'next');
  await expect(failing).rejects.toThrow('of the work');
  expect(await next).toBe('next');
});

it('a store that can not be locked is told to all who were to be served, and asked again by the next', async () => {
  const store = new LockingStore();
  const { free } = freeKeys(store);
  const together = store.together.bind(store);
  store.together = () => {
    throw new Error('locked');
  };
  const asked = [free.whileFree(a, () => 1), free.whileFree(key('b'), () => 2)];
  const outcomes = await Promise.allSettled(asked);
  expect(outcomes).toMatchObject([{ reason: { message: 'locked' } }, { reason: { message: 'locked' } }]);
  store.together = together;
  expect(await free.whileFree(a, () => 3)).toBe(3);
});

it('who waits for nothing but the lock is told with the first that it can not be had', async () => {
  const store = new LockingStore();
  let asked = 0;
  store.whileFree = () => {
    asked++;
    throw new OperationTimeout(undefined, { message: 'locked' });
  };
  const { free } = freeKeys(store);
  const outcomes = await Promise.allSettled([free.whileFree(a, () => 1), free.whileFree(key('b'), () => 2)]);
  expect(outcomes).toMatchObject([{ reason: { message: 'locked' } }, { reason: { message: 'locked' } }]);
  expect([asked, store.locks]).toEqual([1, 1]);
});

it('to wait for the lock takes no time from those who are served under it', async () => {
  const store = new LockingStore();
  const whileFree = store.whileFree.bind(store);
  let isLocked = false;
  store.whileFree = (...how) => {
    if (!isLocked) takeLong();
    isLocked = true;
    return whileFree(...how);
  };
  const { free } = freeKeys(store);
  await Promise.all(['a', 'b', 'c'].map((path) => free.whileFree(key(path), () => path)));
  expect(store.locks).toBe(1);
});

it('the lock is not kept for long either where no key is free', async () => {
  const store = new LockingStore();
  store.whileFree = () => {
    takeLong();
    return null;
  };
  const { free } = freeKeys(store);
  const asked = ['a', 'b', 'c'].map((path) => free.whileFree(key(path), () => path));
  expect(await Promise.all(asked)).toEqual([null, null, null]);
  expect(store.locks).toBe(2);
});

it('what was done before a store failed to be unlocked is done', async () => {
  const store = new LockingStore();
  const { free } = freeKeys(store);
  store.together = (work) => {
    work();
    throw new Error('still locked');
  };
  expect(await Promise.all([free.whileFree(a, () => 1), free.whileFree(a, () => 2)])).toEqual([1, 2]);
});

it('a key is not free that has a row, or that somebody in this process has when it is served', async () => {
  const store = new MemoryExpirationStore();
  const { free, mutex } = freeKeys(store);
  await store.claim('token', [a]);
  await store.settle('token', [{ ...a, deadline: 1, intent: null, seen: true }]);
  const asked = [free.whileFree(a, () => 1), free.whileFree(key('b'), () => 2)];
  const release = mutex.tryAcquire(key('b'));
  expect(await Promise.all(asked)).toEqual([null, null]);
  release?.();
  expect(await free.whileFree(key('b'), () => 3)).toBe(3);
});

it('who asks from within work is served as well', async () => {
  const { free } = freeKeys(new MemoryExpirationStore());
  const inner: Promise<string | null>[] = [];
  const outer = free.whileFree(a, () => inner.push(free.whileFree(key('b'), () => 'inner')));
  expect(await outer).toBe(1);
  expect(await inner[0]).toBe('inner');
});

it('nobody is served by a store that has no such way', async () => {
  const store: ExpirationStore = new MemoryExpirationStore();
  Object.defineProperty(store, 'whileFree', { value: undefined });
  expect(await freeKeys(store).free.whileFree(a, () => 1)).toBeNull();
});

it('idle waits for all who have asked, however many turns they take', async () => {
  const { free } = freeKeys(new MemoryExpirationStore());
  let served = 0;
  for (let i = 0; i < 4; i++) {
    void free.whileFree(key(`f${i}`), () => {
      takeLong();
      return ++served;
    });
  }
  await free.idle();
  expect(served).toBe(4);
  await free.idle();
});
