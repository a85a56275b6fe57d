/** On a storage where each look is a request, as S3 is: which looks are spared, and which are not. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Info, Mayfly, Meta, NamespaceFS, RemoveManyOptions, RemoveOutcome } from '../../src/index.js';
import { createMayfly, MemoryExpirationStore, MemoryFS } from '../../src/index.js';

class Remote extends MemoryFS {
  looks: string[] = [];
  identified = 0;
  readonly removals: [paths: string[], assumePresent: boolean][] = [];

  override getMeta(): Meta {
    return { ...super.getMeta(), network: true, removeTellsMissing: false, removeBatch: 2 };
  }

  override getInfo(path: string): Promise<Info> {
    this.looks.push(path);
    return super.getInfo(path);
  }

  override identify(...args: Parameters<MemoryFS['identify']>): ReturnType<MemoryFS['identify']> {
    this.identified++;
    return super.identify(...args);
  }

  override removeMany(paths: readonly string[], options: RemoveManyOptions = {}): Promise<RemoveOutcome[]> {
    this.removals.push([[...paths].sort(), options.assumePresent === true]);
    return super.removeMany(paths, options);
  }
}

describe('a storage over a network', () => {
  let remote: Remote;
  let store: MemoryExpirationStore;
  let mayfly: Mayfly;
  let files: NamespaceFS;
  let now = 0;

  beforeEach(async () => {
    now = 1_000_000;
    remote = new Remote();
    store = new MemoryExpirationStore();
    mayfly = createMayfly({
      storage: { filesystem: remote, urlRoot: '/files' },
      expirations: { store },
      purge: false,
      clock: () => now,
    });
    files = mayfly.getFilesystem('n');
    await files.write('first', 'x');
    remote.looks = [];
  });

  afterEach(() => mayfly.close());

  const seen = async (...paths: string[]) =>
    (await store.find(paths.map((path) => ({ namespace: 'n', path })))).map((row) => row?.seen ?? null);

  it('has rows that know whether a file was there when they were made or since', async () => {
    await files.write('written', 'x', { seconds: 1 });
    await files.expire('first', 1);
    await files.expire('never', 1);
    await files.expire('later', 1);
    await files.write('later', 'x');
    await files.expire('target', 1);
    await files.write('source', 'x', { seconds: 1 });
    await files.move('source', 'target');
    await files.makeDir('d');
    await files.expire('d', 1);
    const known = await seen('written', 'first', 'never', 'later', 'target', 'd');
    expect(known).toEqual([true, true, false, true, true, false]);
  });

  it('is asked to remove seen files without looking, and others with', async () => {
    for (const path of ['a', 'b', 'c']) await files.write(path, 'x', { seconds: 1 });
    await files.expire('p', 1);
    await files.expire('q', 1);
    now += 1000;
    const { removed, missing } = await mayfly.expireObjects();
    expect([removed, missing]).toEqual([3, 2]);
    const asked = remote.removals.sort((a, b) => String(a).localeCompare(String(b)));
    expect(asked).toEqual([
      [['n/a', 'n/b'], true],
      [['n/c'], true],
      [['n/p', 'n/q'], false],
    ]);
  });

  it('is asked only once in a while whether it is there', async () => {
    const before = remote.identified;
    for (let i = 0; i < 20; i++) expect(await files.exists(`none${i}`)).toBe(false);
    expect(remote.identified - before).toBeLessThan(20);
  });

  it('is not asked twice about a file that must not be there, and refuses all the same', async () => {
    await files.write('a', 'x', { overwrite: false });
    expect(remote.looks.filter((path) => path === 'n/a').length).toBeLessThanOrEqual(1);
    const again = files.write('a', 'y', { overwrite: false, seconds: 5 });
    await expect(again).rejects.toMatchObject({ code: 'FileExists' });
    expect(await files.getExpiration('a')).toBeNull();
    expect(await seen('a')).toEqual([null]);
  });
});
