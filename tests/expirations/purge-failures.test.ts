/** Files that can't be removed: they hold up no other, and are tried again. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type {
  Filesystem,
  MayflyOptions,
  NamespaceFS,
  PurgeOptions,
  RemoveOutcome,
  SweepOptions,
} from '../../src/index.js';
import { createMayfly, MemoryExpirationStore, MemoryFS, OperationFailed } from '../../src/index.js';
import type { OpenMayfly, TestMayfly } from '../support/mayflies.js';
import { openOnPostgres, STORAGES } from '../support/mayflies.js';

/** Refuses to remove what is called poison, and remembers what it was asked to remove. */
class Poisoned extends MemoryFS {
  asked: string[] = [];
  poison = /poison/;
  /** The namespace that can't be opened. */
  closed: string | null = null;
  #ended = 0;
  #othersEnd: Promise<void> | undefined;
  #othersEnded: (() => void) | undefined;

  /** Hold what is removed next until so many other purges have nothing left to do. */
  holdFor(others: number): void {
    this.#ended = -others;
    this.#othersEnd = new Promise((resolve) => {
      this.#othersEnded = resolve;
    });
  }

  /** A purge does this last. */
  override async sweepStaged(before: Date, options?: SweepOptions): Promise<number> {
    if (++this.#ended === 0) this.#othersEnded?.();
    return super.sweepStaged(before, options);
  }

  override openNamespace(namespace: string): Filesystem {
    if (namespace === this.closed) throw new Error(`${namespace} is out of order`);
    return super.openNamespace(namespace);
  }

  override async removeMany(paths: readonly string[]): Promise<RemoveOutcome[]> {
    this.asked.push(...paths);
    await this.#othersEnd;
    const bad = (path: string): boolean => this.poison.test(path);
    const outcomes = await super.removeMany(paths.filter((path) => !bad(path)));
    const failures = paths.filter(bad).map((path): RemoveOutcome => {
      return { path, result: 'failed', error: new OperationFailed(path) };
    });
    return paths.map(
      (path) => [...outcomes, ...failures].find((each) => each.path === path) as RemoveOutcome,
    );
  }
}

const [, openDefault] = STORAGES[0] as (typeof STORAGES)[number];
const OPENERS: [name: string, open: OpenMayfly][] = [
  ['SQLite', openDefault],
  ['PostgreSQL', openOnPostgres],
];

describe.each(OPENERS)('files that can not be removed (%s)', (_name, open) => {
  let filesystem: Poisoned;
  let tested: TestMayfly;
  let files: NamespaceFS;

  beforeEach(async () => {
    filesystem = new Poisoned();
    tested = await open({ storage: { filesystem, urlRoot: '/' } });
    files = tested.mayfly.getFilesystem('n');
  });

  afterEach(() => tested.cleanup());

  async function purge(options?: PurgeOptions): Promise<[removed: number, failed: number, kept: number]> {
    filesystem.asked = [];
    const { removed, failed, kept } = await tested.mayfly.expireObjects(options);
    return [removed, failed, kept];
  }

  it('are tried in each purge that is asked for, once, and gone in the next when the cause is', async () => {
    await files.write('poison', 'x', { seconds: 1 });
    tested.clock.advance(1);
    expect(await purge()).toEqual([0, 1, 0]);
    expect(filesystem.asked).toEqual(['n/poison']);
    expect(await purge()).toEqual([0, 1, 0]);
    expect(filesystem.asked).toEqual(['n/poison']);
    filesystem.poison = /nothing/;
    expect(await purge()).toEqual([1, 0, 0]);
  });

  it('come after all others, however much older they are', async () => {
    for (let i = 0; i < 5; i++) await files.write(`poison${i}`, 'x', { seconds: 1 });
    tested.clock.advance(1);
    await purge();
    for (let i = 0; i < 3; i++) await files.write(`fresh${i}`, 'x', { seconds: 1 });
    tested.clock.advance(1);
    expect(await purge()).toEqual([3, 5, 0]);
    expect(filesystem.asked.map((path) => path.slice(2, 7))).toEqual([
      ...Array.from({ length: 3 }, () => 'fresh'),
      ...Array.from({ length: 5 }, () => 'poiso'),
    ]);
  });

  it('wait longer each time for a purge that takes the ripe ones', async () => {
    await files.write('poison', 'x', { seconds: 1 });
    tested.clock.advance(1);
    const tries: boolean[] = [];
    for (let second = 0; second < 16; second++) {
      const [, failed] = await purge({ retries: 'ripe' });
      tries.push(failed === 1);
      tested.clock.advance(1);
    }
    // At 0 s, then 1, 2, 4 and 8 s after the try before.
    expect(tries.flatMap((tried, second) => (tried ? [second] : []))).toEqual([0, 1, 3, 7, 15]);
    tested.clock.advance(10_000);
    filesystem.poison = /nothing/;
    expect(await purge({ retries: 'ripe' })).toEqual([1, 0, 0]);
  });

  it('are counted once by purges that run at once', async () => {
    await files.write('poison', 'x', { seconds: 1 });
    tested.clock.advance(1);
    filesystem.holdFor(2);
    const reports = await Promise.all([purge(), purge(), purge()]);
    expect(reports.reduce((sum, [, failed]) => sum + failed, 0)).toBe(1);
  });

  it('wait by the clock also after a purge of what is due later', async () => {
    await files.write('poison', 'x', { seconds: 100 });
    expect(await purge({ now: new Date(tested.clock.now + 86_400_000), retries: 'ripe' })).toEqual([0, 1, 0]);
    tested.clock.advance(100);
    filesystem.poison = /nothing/;
    expect(await purge({ retries: 'ripe' })).toEqual([1, 0, 0]);
  });

  it('start anew with a new deadline', async () => {
    await files.write('poison', 'x', { seconds: 1 });
    tested.clock.advance(1);
    await purge();
    await files.expire('poison', 2);
    expect(await purge()).toEqual([0, 0, 0]);
    tested.clock.advance(2);
    expect(await purge({ retries: 'ripe' })).toEqual([0, 1, 0]);
  });

  it('are overdue, and so told to who watches', async () => {
    await files.write('poison', 'x', { seconds: 1 });
    const oldest = await files.getExpiration('poison');
    tested.clock.advance(5);
    await purge();
    expect(await tested.mayfly.overdue()).toEqual({ count: 1, oldest });
  });
});

describe('a namespace that can not be opened', () => {
  it('fails for its own files, while all others are removed before the purge ends', async () => {
    const filesystem = new Poisoned();
    const store = new MemoryExpirationStore();
    const options: MayflyOptions = {
      storage: { filesystem, urlRoot: '/' },
      expirations: { store },
      purge: false,
    };
    const writing = createMayfly(options);
    for (const name of ['a', 'b', 'c']) await writing.getFilesystem(name).write('x', 'x', { seconds: 0 });
    await writing.close();
    // Another, as the first has opened them all.
    const purging = createMayfly(options);
    filesystem.closed = 'b';
    const report = await purging.expireObjects();
    expect(report).toMatchObject({ removed: 2, failed: 1, kept: 0 });
    expect(report.failures).toMatchObject([
      { namespace: 'b', path: 'x', error: { code: 'OperationFailed' } },
    ]);
    filesystem.closed = null;
    expect(await purging.expireObjects()).toMatchObject({ removed: 1, failed: 0 });
    await purging.close();
  });
});
