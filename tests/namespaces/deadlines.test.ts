import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Mayfly, NamespaceFS, PurgeReport } from '../../src/index.js';
import {
  DirectoryExpected,
  FilesystemClosed,
  InvalidPath,
  MemoryFS,
  ResourceNotFound,
} from '../../src/index.js';
import type { FakeClock, TestMayfly } from '../support/mayflies.js';
import { openOnPostgres, STORAGES } from '../support/mayflies.js';
import { polyfilledAbort } from '../support/polyfilled-abort.js';

function counts({ removed, missing, failed, kept }: PurgeReport) {
  return { removed, missing, failed, kept };
}

const none = { removed: 0, missing: 0, failed: 0, kept: 0 };

describe.each([...STORAGES, ['PostgreSQL', openOnPostgres] as const])('deadlines on %s', (_name, open) => {
  let tested: TestMayfly;
  let mayfly: Mayfly;
  let clock: FakeClock;
  let files: NamespaceFS;

  beforeEach(async () => {
    tested = await open();
    ({ mayfly, clock } = tested);
    files = mayfly.getFilesystem('n');
  });

  afterEach(() => tested.cleanup());

  async function purge(): Promise<typeof none> {
    return counts(await mayfly.expireObjects());
  }

  describe('setting one', () => {
    it('adds seconds and days, and tells the moment', async () => {
      const expected = new Date(clock.now + 90_000 + 2 * 86_400_000);
      expect(await files.expire('a', 90, 2)).toEqual(expected);
      expect(await files.getExpiration('a')).toEqual(expected);
    });

    it('goes with whatever writes a file', async () => {
      const expected = new Date(clock.now + 90_000);
      await files.writeText('a', 'x', { seconds: 90 });
      await files.writeBytes('b', Buffer.from('x'), { seconds: 90 });
      await files.upload('c', Readable.from(['x']), { seconds: 90 });
      expect(await files.getExpirations(['a', 'b', 'c'])).toEqual([expected, expected, expected]);
    });

    it('is done for a path without a file, which is found missing when due', async () => {
      await files.expire('later.txt', 10);
      clock.advance(10);
      expect(await purge()).toEqual({ ...none, missing: 1 });
      expect(await files.getExpiration('later.txt')).toBeNull();
    });

    it('replaces the one before', async () => {
      await files.writeText('a', 'x');
      await files.expire('a', 10);
      await files.expire('a', 100);
      clock.advance(50);
      expect(await purge()).toEqual(none);
      clock.advance(50);
      expect(await purge()).toEqual({ ...none, removed: 1 });
    });

    it('with expires = false means never, and takes away the one before', async () => {
      await files.writeText('a', 'x');
      await files.expire('a', 10);
      expect(await files.expire('a', 0, 0, false)).toBeNull();
      clock.advance(1e9);
      expect(await purge()).toEqual(none);
      expect(await files.exists('a')).toBe(true);
    });

    it.each([
      [-1, 0],
      [Number.NaN, 0],
      [Number.POSITIVE_INFINITY, 0],
      [0, -1],
      [0, Number.NaN],
      [1e300, 0],
    ])('of %p seconds and %p days is a RangeError', async (seconds, days) => {
      await expect(files.expire('a', seconds, days)).rejects.toThrow(RangeError);
      expect(await files.getExpiration('a')).toBeNull();
    });

    it.each([['10'], [null], [undefined], [{}]])('of %p is a TypeError', async (seconds) => {
      await expect(files.expire('a', seconds as number)).rejects.toThrow(TypeError);
    });

    it('on a directory that was opened is InvalidPath for its root as well', async () => {
      await files.write('d/a', 'x');
      const opened = await files.openDir('d');
      await expect(opened.expire('', 1)).rejects.toMatchObject({ code: 'InvalidPath' });
      expect(await opened.expire('a', 1)).toBeInstanceOf(Date);
    });

    it.each([[''], ['/'], ['a/..']])('on the root (%p) is InvalidPath', async (path) => {
      await expect(files.expire(path, 1)).rejects.toThrow(InvalidPath);
    });
  });

  describe('a purge', () => {
    it('removes a file at its deadline and not a millisecond before', async () => {
      await files.write('a', 'x', { seconds: 10 });
      clock.now += 9_999;
      expect(await purge()).toEqual(none);
      clock.now += 1;
      expect(await purge()).toEqual({ ...none, removed: 1 });
      expect(await files.exists('a')).toBe(false);
    });

    it('takes the moment that it is given', async () => {
      await files.write('a', 'x', { seconds: 10 });
      const report = await mayfly.expireObjects({ now: new Date(clock.now + 10_000) });
      expect(report.removed).toBe(1);
    });

    it('works all namespaces in one call', async () => {
      for (const name of ['one', 'two', '3', '-', 'A.b']) {
        await mayfly.getFilesystem(name).write('d/a', 'x', { seconds: 1 });
      }
      clock.advance(1);
      expect(await purge()).toEqual({ ...none, removed: 5 });
    });

    it('removes thousands, in batches, and tells progress', async () => {
      const paths = Array.from({ length: 2500 }, (_, i) => `f${i}`);
      for (let i = 0; i < paths.length; i += 50) {
        await Promise.all(paths.slice(i, i + 50).map((path) => files.expire(path, 1)));
      }
      for (let i = 0; i < 50; i++) await files.write(`f${i}`, 'x', { seconds: 1 });
      clock.advance(1);
      const progress: number[] = [];
      const report = await mayfly.expireObjects({
        onProgress: (so) => progress.push(so.removed + so.missing),
      });
      expect(counts(report)).toEqual({ ...none, removed: 50, missing: 2450 });
      expect(progress).toEqual([1000, 2000, 2500]);
    });

    it('removes the directories that it leaves empty, up to the namespace, and no other', async () => {
      await files.write('a/b/c/due', 'x', { seconds: 1 });
      await files.write('a/b/stays', 'x');
      await files.write('d/e/due', 'x', { seconds: 1 });
      await files.makeDirs('empty/of/old');
      clock.advance(1);
      await purge();
      expect(await files.listDir('')).toEqual(['a', 'empty']);
      expect(await files.listDir('a/b')).toEqual(['stays']);
      expect(await files.isDir('empty/of/old')).toBe(true);
    });

    it('never removes a directory found at a due path', async () => {
      await files.expire('d', 1);
      await files.writeText('d/file', 'x');
      clock.advance(1);
      const report = await mayfly.expireObjects();
      expect(counts(report)).toEqual({ ...none, failed: 1 });
      expect(report.failures).toMatchObject([{ namespace: 'n', path: 'd' }]);
      expect(report.failures[0]?.error).toBeInstanceOf(Error);
      expect(await files.exists('d/file')).toBe(true);
    });

    it('goes on past files that can not be removed, keeps their rows and tries them again', async () => {
      await files.expire('d', 1);
      await files.makeDir('d');
      await files.write('z', 'x', { seconds: 2 });
      clock.advance(2);
      expect(await purge()).toEqual({ ...none, removed: 1, failed: 1 });
      expect(await purge()).toEqual({ ...none, failed: 1 });
      await files.removeDir('d');
      await files.writeText('other', 'x');
      expect(await purge()).toEqual({ ...none, missing: 1 });
    });

    it('that is aborted resolves with its report so far, and the next one does the rest', async () => {
      const paths = Array.from({ length: 2500 }, (_, i) => `f${i}`);
      for (let i = 0; i < paths.length; i += 50) {
        await Promise.all(paths.slice(i, i + 50).map((path) => files.expire(path, 1)));
      }
      clock.advance(1);
      const controller = new AbortController();
      const report = await mayfly.expireObjects({
        signal: controller.signal,
        onProgress: () => controller.abort(),
      });
      expect(report.missing).toBeGreaterThanOrEqual(1000);
      // Where a batch is one request, all three are under way at once, and what was begun is done.
      if (files.getMeta().removeBatch < 1000) expect(report.missing).toBeLessThan(2500);
      expect((await purge()).missing).toBe(2500 - report.missing);
    });

    it('that is aborted by a signal of a polyfill stops as well', async () => {
      for (const path of ['a', 'b']) await files.write(path, 'x', { seconds: 1 });
      clock.advance(1);
      const { controller, signal } = polyfilledAbort();
      const report = mayfly.expireObjects({ signal });
      controller.abort();
      expect(counts(await report)).toEqual(none);
      expect(await files.listDir('')).toEqual(['a', 'b']);
    });

    it('that is aborted before it begins does nothing', async () => {
      await files.write('a', 'x', { seconds: 1 });
      clock.advance(1);
      expect(counts(await mayfly.expireObjects({ signal: AbortSignal.abort() }))).toEqual(none);
      expect(await files.exists('a')).toBe(true);
    });

    it('shares the work with others at the same time, and counts nothing twice', async () => {
      for (let i = 0; i < 300; i++) await files.write(`f${i}`, 'x', { seconds: 1 });
      clock.advance(1);
      const reports = await Promise.all(Array.from({ length: 5 }, () => mayfly.expireObjects()));
      const sum = (field: 'removed' | 'missing' | 'failed' | 'kept') =>
        reports.reduce((n, report) => n + report[field], 0);
      expect([sum('removed'), sum('missing'), sum('failed'), sum('kept')]).toEqual([300, 0, 0, 0]);
    });
  });

  describe('what happens to the path', () => {
    it('is one deadline for all spellings', async () => {
      await files.write('d/a.txt', 'x', { seconds: 10 });
      await files.expire('/d//./b/../a.txt', 0, 0, false);
      clock.advance(10);
      expect(await purge()).toEqual(none);
    });

    it('writing keeps a deadline to come', async () => {
      await files.write('a', 'x', { seconds: 10 });
      clock.advance(5);
      await files.writeText('a', 'new');
      clock.advance(5);
      expect(await purge()).toEqual({ ...none, removed: 1 });
    });

    it('writing with a lifetime sets it from the moment of storing', async () => {
      await files.write('a', 'x', { seconds: 10 });
      clock.advance(5);
      await files.write('a', 'new', { days: 1 });
      expect(await files.getExpiration('a')).toEqual(new Date(clock.now + 86_400_000));
    });

    it('writing to a path whose deadline has passed makes the file permanent', async () => {
      await files.write('a', 'x', { seconds: 10 });
      clock.advance(10);
      await files.writeText('a', 'new');
      expect(await files.getExpiration('a')).toBeNull();
      expect(await purge()).toEqual(none);
      expect(await files.readText('a')).toBe('new');
    });

    it('a write that fails changes neither file nor deadline', async () => {
      await files.write('a', 'old', { seconds: 10 });
      const deadline = await files.getExpiration('a');
      async function* broken() {
        yield Buffer.from('half');
        throw new Error('source broke');
      }
      await expect(files.write('a', broken(), { seconds: 99 })).rejects.toThrow('source broke');
      await expect(files.write('a', 'new', { seconds: 99, overwrite: false })).rejects.toMatchObject({
        code: 'FileExists',
      });
      await expect(files.write('a', 'new', { seconds: -1 })).rejects.toThrow(RangeError);
      expect(await files.readText('a')).toBe('old');
      expect(await files.getExpiration('a')).toEqual(deadline);
    });

    it('a write that loses against another does not give its deadline to the winner', async () => {
      for (let i = 0; i < 40; i++) {
        const loser = files.write(`f${i}`, 'temporary', { overwrite: false, seconds: 60 });
        const [lost] = await Promise.allSettled([loser, files.writeText(`f${i}`, 'permanent')]);
        const expected = lost.status === 'rejected' ? null : expect.any(Date);
        expect(await files.getExpiration(`f${i}`)).toEqual(expected);
      }
    });

    it('a stream is let go of when its write is refused', async () => {
      const source = Readable.from([Buffer.from('x')]);
      await expect(files.write('a', source, { seconds: -1 })).rejects.toThrow(RangeError);
      expect(source.destroyed).toBe(true);
    });

    it('a directory opened as a filesystem works on when a purge has taken it, as it was empty', async () => {
      await files.write('d/e/a', 'x', { seconds: 1 });
      const inner = await files.openDir('d/e');
      clock.advance(1);
      await purge();
      expect(await files.exists('d')).toBe(false);
      await inner.write('b', 'y');
      expect(await files.readText('d/e/b')).toBe('y');
    });

    it('removing clears it, also when the file is not there', async () => {
      await files.write('a', 'x', { seconds: 10 });
      await files.remove('a');
      expect(await files.getExpiration('a')).toBeNull();
      await files.expire('b', 10);
      await expect(files.remove('b')).rejects.toThrow(ResourceNotFound);
      expect(await files.getExpiration('b')).toBeNull();
      await files.writeText('a', 'again');
      clock.advance(10);
      expect(await purge()).toEqual(none);
      expect(await files.exists('a')).toBe(true);
    });

    it('removeMany and removeTree clear those of all paths concerned', async () => {
      for (const path of ['a', 'b', 'd/x', 'd/e/y', 'dd']) await files.write(path, 'x', { seconds: 10 });
      await files.expire('d/never', 10);
      await files.removeMany(['a']);
      await files.removeTree('d');
      const left = await files.getExpirations(['a', 'b', 'd/x', 'd/e/y', 'd/never', 'dd']);
      expect(left.map((date) => date !== null)).toEqual([false, true, false, false, false, true]);
    });

    it('copying does not bring one', async () => {
      await files.write('a', 'x', { seconds: 10 });
      await files.copy('a', 'deep/copy');
      expect(await files.getExpiration('deep/copy')).toBeNull();
      clock.advance(10);
      await purge();
      expect(await files.listDir('')).toEqual(['deep']);
    });

    it('copying over a file keeps the deadline of its path', async () => {
      await files.writeText('a', 'x');
      await files.write('b', 'y', { seconds: 10 });
      await files.copy('a', 'b', { overwrite: true });
      expect(await files.getExpiration('b')).toEqual(new Date(clock.now + 10_000));
    });

    it('moving takes it along, none included', async () => {
      await files.write('a', 'x', { seconds: 10 });
      await files.write('b', 'y', { seconds: 20 });
      await files.writeText('c', 'z');
      await files.move('a', 'new/place');
      await files.move('c', 'b', { overwrite: true });
      expect(await files.getExpirations(['a', 'b', 'c', 'new/place'])).toEqual([
        null,
        null,
        null,
        new Date(clock.now + 10_000),
      ]);
      clock.advance(20);
      expect(await purge()).toEqual({ ...none, removed: 1 });
      expect(await files.listDir('')).toEqual(['b']);
    });

    it('moving that fails leaves both deadlines', async () => {
      await files.write('a', 'x', { seconds: 10 });
      await files.write('b', 'y', { seconds: 20 });
      await expect(files.move('a', 'b')).rejects.toMatchObject({ code: 'DestinationExists' });
      await expect(files.move('none', 'b', { overwrite: true })).rejects.toThrow(ResourceNotFound);
      const start = clock.now;
      expect(await files.getExpirations(['a', 'b'])).toEqual([
        new Date(start + 10_000),
        new Date(start + 20_000),
      ]);
    });

    it('a directory opened as a filesystem has the same deadlines and URLs', async () => {
      await files.makeDirs('d/e');
      const inner = await files.openDir('d/e');
      await inner.write('a', 'x', { seconds: 10 });
      expect(await files.getExpiration('d/e/a')).toEqual(await inner.getExpiration('a'));
      expect(await inner.getUrl('a')).toBe('/files/n/d/e/a');
      await expect(files.openDir('d/e/a')).rejects.toThrow(DirectoryExpected);
    });
  });

  describe('once closed', () => {
    it('namespaces, new and old, and purges are FilesystemClosed', async () => {
      await mayfly.close();
      await mayfly.close();
      expect(files.isClosed()).toBe(true);
      await expect(files.writeText('a', 'x')).rejects.toThrow(FilesystemClosed);
      await expect(files.readText('a')).rejects.toThrow(FilesystemClosed);
      await expect(files.expire('a', 1)).rejects.toThrow(FilesystemClosed);
      await expect(files.getUrl('a')).rejects.toThrow(FilesystemClosed);
      expect(() => mayfly.getFilesystem('n')).toThrow(FilesystemClosed);
      await expect(mayfly.expireObjects()).rejects.toThrow(FilesystemClosed);
      await expect(mayfly.ready()).rejects.toThrow(FilesystemClosed);
    });
  });
});

describe('a purge in the middle of other work', () => {
  /** A filesystem on which a test can act right when a file is about to be removed. */
  class Interrupted extends MemoryFS {
    beforeRemove: (path: string) => Promise<void> = async () => {};

    override async remove(path: string): Promise<void> {
      await this.beforeRemove(path);
      await super.remove(path);
    }
  }

  let filesystem: Interrupted;
  let tested: TestMayfly;
  let files: NamespaceFS;

  beforeEach(async () => {
    filesystem = new Interrupted();
    const open = STORAGES[0]?.[1];
    if (open === undefined) throw new Error('no storage');
    tested = await open({ storage: { filesystem, urlRoot: '/files' } });
    files = tested.mayfly.getFilesystem('n');
  });

  afterEach(() => tested.cleanup());

  it('keeps what is renewed, rewritten or removed while others are being removed', async () => {
    for (let i = 0; i < 100; i++) await files.write(`f${String(i).padStart(3, '0')}`, 'x', { seconds: 1 });
    tested.clock.advance(1);
    const interrupt = async (): Promise<void> => {
      await files.expire('f097', 3600);
      await files.writeText('f098', 'new');
      await files.remove('f099');
      await files.writeText('f099', 'again');
    };
    let interruption: Promise<void> | null = null;
    filesystem.beforeRemove = async (path) => {
      if (path === 'n/f099') return;
      interruption ??= interrupt();
      await interruption;
    };
    const report = await tested.mayfly.expireObjects();
    expect(counts(report)).toEqual({ removed: 97, missing: 0, failed: 0, kept: 3 });
    expect(await files.listDir('')).toEqual(['f097', 'f098', 'f099']);
    expect(await files.readText('f099')).toBe('again');
    tested.clock.advance(3600);
    expect(counts(await tested.mayfly.expireObjects())).toEqual({ ...none, removed: 1 });
  });

  it('comes to its end when mayfly is closed meanwhile, unless its own signal aborts', async () => {
    for (let i = 0; i < 100; i++) await files.write(`f${i}`, 'x', { seconds: 1 });
    tested.clock.advance(1);
    const purge = tested.mayfly.expireObjects();
    const closed = tested.mayfly.close();
    await expect(tested.mayfly.expireObjects()).rejects.toThrow(FilesystemClosed);
    await closed;
    expect(counts(await purge)).toEqual({ ...none, removed: 100 });
  });

  it('holds a write to the very file until it is removed, and the write survives', async () => {
    await files.write('a', 'old', { seconds: 1 });
    tested.clock.advance(1);
    let written: Promise<unknown> = Promise.resolve();
    filesystem.beforeRemove = async () => {
      filesystem.beforeRemove = async () => {};
      written = files.writeText('a', 'new');
      for (let turns = 0; turns < 100; turns++) await new Promise(setImmediate);
    };
    const report = await tested.mayfly.expireObjects();
    await written;
    expect(report.removed).toBe(1);
    expect(await files.readText('a')).toBe('new');
    expect(counts(await tested.mayfly.expireObjects())).toEqual(none);
  });

  it('does not forget a deadline that is set after the file was removed and before the purge has ended', async () => {
    await files.write('a', 'old', { seconds: 1 });
    await files.write('b', 'old', { seconds: 2 });
    tested.clock.advance(2);
    filesystem.beforeRemove = async (path) => {
      if (!path.endsWith('b')) return;
      while (await files.exists('a')) await new Promise(setImmediate);
      await files.write('a', 'new', { seconds: 60 });
    };
    expect((await tested.mayfly.expireObjects()).removed).toBe(2);
    expect(await files.getExpiration('a')).toEqual(new Date(tested.clock.now + 60_000));
    expect(await files.readText('a')).toBe('new');
  });

  it.each([[false], [true]])(
    '(aborted: %p) tells its report though leftovers can not be swept',
    async (aborted) => {
      await files.write('a', 'old', { seconds: 1 });
      tested.clock.advance(1);
      let swept = 0;
      filesystem.sweepStaged = async () => {
        swept++;
        throw new Error('a file that is not ours');
      };
      const controller = new AbortController();
      const onProgress = (): void => void (aborted && controller.abort());
      const report = await tested.mayfly.expireObjects({ signal: controller.signal, onProgress });
      expect([report.removed, swept]).toEqual([1, aborted ? 0 : 1]);
    },
  );

  it('rejects and forgets nothing when the storage stops answering', async () => {
    await files.write('a', 'x', { seconds: 1 });
    await files.write('b', 'x', { seconds: 1 });
    tested.clock.advance(1);
    const down = new Error('connection refused');
    filesystem.getInfo = async () => {
      throw down;
    };
    await expect(tested.mayfly.expireObjects()).rejects.toThrow();
    Reflect.deleteProperty(filesystem, 'getInfo');
    expect(counts(await tested.mayfly.expireObjects())).toEqual({ ...none, removed: 2 });
  });
});
