/** A storage that carries out what it was asked to publish after the caller has given it up for lost. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Mayfly, NamespaceFS, PublishOptions, StagedFile } from '../../src/index.js';
import {
  createMayfly,
  MemoryExpirationStore,
  MemoryFS,
  OperationTimeout,
  RemoteConnectionError,
} from '../../src/index.js';
import { FakeClock } from '../support/mayflies.js';

class Late extends MemoryFS {
  /** Thrown in place of publishing. */
  failure: Error | null = null;
  #late: (() => Promise<unknown>)[] = [];

  override async stage(...args: Parameters<MemoryFS['stage']>): Promise<StagedFile> {
    const staged = await super.stage(...args);
    const publish = async (path: string, options?: PublishOptions) => {
      if (this.failure === null) return staged.publish(path, options);
      this.#late.push(() => staged.publish(path, options));
      throw this.failure;
    };
    return { size: staged.size, publish, discard: async () => {} };
  }

  async carryOut(): Promise<void> {
    for (const publish of this.#late.splice(0)) await publish();
  }
}

describe.each([
  ['OperationTimeout', new OperationTimeout()],
  ['RemoteConnectionError', new RemoteConnectionError()],
])('a write that fails with %s and is carried out later', (code, failure) => {
  let storage: Late;
  let store: MemoryExpirationStore;
  let clock: FakeClock;
  let mayfly: Mayfly;
  let files: NamespaceFS;

  beforeEach(async () => {
    storage = new Late();
    store = new MemoryExpirationStore();
    clock = new FakeClock();
    mayfly = createMayfly({
      storage: { filesystem: storage, urlRoot: '/files' },
      expirations: { store },
      purge: false,
      clock: clock.read,
    });
    files = mayfly.getFilesystem('ns');
    await files.write('beside', 'x');
  });

  afterEach(() => mayfly.close());

  async function failToWrite(lifetime: { seconds?: number }): Promise<void> {
    storage.failure = failure;
    await expect(files.write('f', 'new', lifetime)).rejects.toMatchObject({ code });
    storage.failure = null;
  }

  const rowExists = async (): Promise<boolean> =>
    (await store.find([{ namespace: 'ns', path: 'f' }]))[0] !== null;

  it.each([
    ['on a free path', async () => {}],
    ['over a file with an earlier deadline', () => files.write('f', 'old', { seconds: 50 })],
    ['over a file with a later one', () => files.write('f', 'old', { seconds: 500 })],
    ['over a file with none', () => files.write('f', 'old')],
  ])('%s has its own deadline from then on, and the one before until then', async (_where, prepare) => {
    await prepare();
    const before = await files.getExpiration('f');
    const deadline = new Date(clock.now + 100_000);
    await failToWrite({ seconds: 100 });
    expect(await files.getExpiration('f')).toEqual(before);
    await storage.carryOut();
    expect(await files.getExpiration('f')).toEqual(deadline);
    clock.advance(99);
    expect(await mayfly.expireObjects()).toMatchObject({ removed: 0 });
    expect(await files.readText('f')).toBe('new');
    clock.advance(1);
    expect(await mayfly.expireObjects()).toMatchObject({ removed: 1 });
    expect(await files.exists('f')).toBe(false);
    expect(await rowExists()).toBe(false);
  });

  it('and is not carried out after all leaves nothing behind once its deadline has come', async () => {
    await failToWrite({ seconds: 100 });
    clock.advance(100);
    expect(await mayfly.expireObjects()).toMatchObject({ removed: 0, failed: 0 });
    expect(await rowExists()).toBe(false);
  });

  it('holds nobody off the path meanwhile', async () => {
    await failToWrite({ seconds: 100 });
    const deadline = await files.expire('f', 200);
    await files.write('f', 'newer');
    expect(await files.getExpiration('f')).toEqual(deadline);
  });

  it('leaves no row where it would change no deadline', async () => {
    await failToWrite({ seconds: 100 });
    await failToWrite({});
    expect(await rowExists()).toBe(false);
  });
});
