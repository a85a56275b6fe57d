import { describe, expect, it } from '@jest/globals';
import { forEachLimited } from '../../src/fs/derived/concurrency.js';
import { rejectionOf } from '../support/expect-error.js';

/** A promise that somebody else settles. */
function handle(): { readonly promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('forEachLimited', () => {
  it('begins nothing that comes after a failure', async () => {
    const failed = handle();
    async function* items() {
      yield 1;
      await failed.promise;
      yield 2;
    }
    const begun: number[] = [];
    const error = await rejectionOf(
      forEachLimited(items(), 2, async (item) => {
        begun.push(item);
        await turn();
        setImmediate(failed.resolve);
        throw new Error(`failed at ${item}`);
      }),
    );
    expect({ begun, error: (error as Error).message }).toEqual({ begun: [1], error: 'failed at 1' });
  });

  it('throws the first error, also where the items fail after it', async () => {
    async function* items() {
      yield 1;
      for (let i = 0; i < 5; i++) await turn();
      throw new Error('the items');
    }
    const work = async () => {
      await turn();
      throw new Error('the work');
    };
    expect(await rejectionOf(forEachLimited(items(), 2, work))).toMatchObject({ message: 'the work' });
  });

  it('waits for what is under way when the items fail', async () => {
    const first = handle();
    async function* items() {
      yield 1;
      setImmediate(first.resolve);
      throw new Error('the items');
    }
    let ended = false;
    const error = await rejectionOf(
      forEachLimited(items(), 2, async () => {
        await first.promise;
        ended = true;
      }),
    );
    expect({ ended, error: (error as Error).message }).toEqual({ ended: true, error: 'the items' });
  });
});
