import { parse } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type {
  CopyCondition,
  Filesystem,
  ReadOptions,
  TransferProgress,
  WriteOptions,
  WriteSource,
} from '../../src/index.js';
import {
  copyDir,
  copyFile,
  copyFS,
  createMayfly,
  DirectoryExpected,
  DirectoryNotEmpty,
  FileExpected,
  IllegalDestination,
  type Info,
  MemoryFS,
  type Meta,
  MountFS,
  mirror,
  moveDir,
  moveFile,
  moveFS,
  OperationFailed,
  OSFS,
  ResourceNotFound,
  TempFS,
} from '../../src/index.js';
import { EssentialsOnlyFS } from '../support/essentials-only.js';
import { expectError, rejectionOf } from '../support/expect-error.js';

const times = { old: new Date('2001-01-01T00:00:00Z'), new: new Date('2002-01-01T00:00:00Z') };

async function content(fs: Filesystem): Promise<Record<string, string | null>> {
  const all: [string, string | null][] = [];
  for await (const { path, isDir } of fs.walk()) all.push([path, isDir ? null : await fs.readText(path)]);
  return Object.fromEntries(all);
}

/** Fails reads and removals of some paths, and tells how many reads were open at once. */
class FaultyFS extends MemoryFS {
  unreadable = new Set<string>();
  unremovable = new Set<string>();
  readsAtOnce = 0;
  reads = 0;
  #open = 0;

  override async openRead(path: string, options?: ReadOptions): Promise<Readable> {
    this.reads++;
    this.readsAtOnce = Math.max(this.readsAtOnce, ++this.#open);
    await new Promise((resolve) => setImmediate(resolve));
    const body = await super.openRead(path, options);
    const unreadable = this.unreadable.has(path);
    const stream = Readable.from(
      (async function* () {
        yield Buffer.from('half');
        if (unreadable) throw new Error(`bad sector under ${path}`);
        for await (const chunk of body) yield chunk;
      })(),
      { objectMode: false },
    );
    stream.once('close', () => {
      this.#open--;
    });
    return stream;
  }

  override async remove(path: string): Promise<void> {
    if (this.unremovable.has(path)) throw new Error(`stuck: ${path}`);
    await super.remove(path);
  }
}

describe.each([
  ['memory to disk', () => [new MemoryFS(), new TempFS()] as const],
  ['disk to memory', () => [new TempFS(), new MemoryFS()] as const],
  ['disk to disk', () => [new TempFS(), new TempFS()] as const],
])('from %s', (_, open) => {
  let one: Filesystem;
  let two: Filesystem;
  beforeEach(async () => {
    [one, two] = open();
    await one.makeDirs('d/e');
    await one.write('d/f', 'f');
    await one.write('g', 'g');
  });
  afterEach(() => Promise.all([one.close(), two.close()]));

  it('copies and moves a file, a directory, and everything', async () => {
    await copyFile(one, 'd/f', two, 'h');
    await copyDir(one, 'd', two, 'copy');
    await moveDir(one, 'd', two, 'moved');
    expect(await content(two)).toEqual({
      h: 'f',
      copy: null,
      'copy/e': null,
      'copy/f': 'f',
      moved: null,
      'moved/e': null,
      'moved/f': 'f',
    });
    await moveFile(one, 'g', two, 'h');
    expect([await content(one), await two.readText('h')]).toEqual([{}, 'g']);
    await moveFS(two, one);
    expect(Object.keys(await content(two))).toEqual([]);
    await copyFS(one, two);
    expect(await content(two)).toEqual(await content(one));
  });

  it('keeps times when told; a move keeps them unless told', async () => {
    await one.setInfo('g', { modified: times.old });
    const modifiedAt = async (path: string): Promise<number> => (await two.getInfo(path)).modified.getTime();
    await copyFile(one, 'g', two, 'plain');
    await copyFile(one, 'g', two, 'kept', { preserveTime: true });
    await moveFile(one, 'g', two, 'moved');
    expect(await modifiedAt('plain')).not.toBe(times.old.getTime());
    expect([await modifiedAt('kept'), await modifiedAt('moved')]).toEqual([
      times.old.getTime(),
      times.old.getTime(),
    ]);
  });

  it('mirrors, and finds nothing to do the second time', async () => {
    await two.makeDirs('g/was/a/directory');
    await two.write('d', 'was a file');
    await two.write('extra', '');
    await mirror(one, two);
    expect(await content(two)).toEqual(await content(one));
    const told: TransferProgress[] = [];
    await mirror(one, two, { onProgress: (progress) => told.push(progress) });
    expect(told.map(({ copied }) => copied)).toEqual([false, false]);
  });
});

describe('conditions', () => {
  const cases: [CopyCondition, string, string, string][] = [
    // with the destination: older than the source, newer, missing
    ['always', 'copied', 'copied', 'copied'],
    ['newer', 'copied', 'kept', 'copied'],
    ['older', 'kept', 'copied', 'copied'],
    ['exists', 'copied', 'copied', 'missing'],
    ['not-exists', 'kept', 'kept', 'copied'],
  ];
  it.each(cases)('%s: %s, %s, %s', async (condition, older, newer, missing) => {
    const [one, two] = [new MemoryFS(), new MemoryFS()];
    for (const name of ['older', 'newer', 'missing']) await one.write(name, 'copied');
    await two.write('older', 'kept');
    await two.write('newer', 'kept');
    await one.setInfo('older', { modified: times.new });
    await two.setInfo('older', { modified: times.old });
    await one.setInfo('newer', { modified: times.old });
    await two.setInfo('newer', { modified: times.new });
    const told: TransferProgress[] = [];
    await copyFS(one, two, { condition, concurrency: 1, onProgress: (progress) => told.push(progress) });
    const result = { missing: 'missing', ...(await content(two)) };
    expect(result).toEqual({ older, newer, missing });
    const copied = [older, newer, missing].filter((outcome) => outcome === 'copied').length;
    expect(told.at(-1)).toMatchObject({ files: copied, skipped: 3 - copied, bytes: copied * 6 });
    expect(await copyFile(one, 'newer', two, 'newer', { condition: 'newer' })).toBe(false);
  });

  it('refuses one that it does not know', async () => {
    const [one, two] = [new MemoryFS(), new MemoryFS()];
    await one.write('f', 'x');
    await expectError(copyFS(one, two, { condition: 'sometimes' as never }), TypeError);
    await expectError(copyFS(new MemoryFS(), two, { condition: 'sometimes' as never }), TypeError);
    expect(await content(two)).toEqual({});
  });
});

describe('a copy that fails', () => {
  let faulty: FaultyFS;
  beforeEach(async () => {
    faulty = new FaultyFS();
    for (const name of ['a', 'b', 'c', 'd']) await faulty.write(name, name);
    faulty.unreadable.add('c');
  });

  it.each([
    ['memory', () => new MemoryFS()],
    ['disk', () => new TempFS()],
  ])('leaves the destination as it was (%s)', async (_, open) => {
    const target = open();
    await target.write('c', 'precious');
    expect(await rejectionOf(copyFile(faulty, 'c', target, 'c'))).toMatchObject({
      message: 'bad sector under c',
    });
    expect(await rejectionOf(copyFile(faulty, 'missing', target, 'c'))).toBeInstanceOf(ResourceNotFound);
    expect(await rejectionOf(moveFile(faulty, 'c', target, 'c'))).toMatchObject({
      message: 'bad sector under c',
    });
    expect(await content(target)).toEqual({ c: 'precious' });
    expect(await faulty.exists('c')).toBe(true);
    await target.close();
  });

  it('stops a copy of many, and lets what is under way end', async () => {
    const target = new MemoryFS();
    const copying = copyFS(faulty, target, { concurrency: 1 });
    expect(await rejectionOf(copying)).toMatchObject({ message: 'bad sector under c' });
    expect(Object.keys(await content(target))).toEqual(['a', 'b']);
  });

  it('keeps each file in one place at least when a move of many fails', async () => {
    const target = new MemoryFS();
    expect(await rejectionOf(moveFS(faulty, target, { concurrency: 2 }))).toMatchObject({
      message: 'bad sector under c',
    });
    const everywhere = new Set([...(await faulty.listDir('')), ...(await target.listDir(''))]);
    expect([...everywhere].sort()).toEqual(['a', 'b', 'c', 'd']);
    faulty.unreadable.clear();
    await moveFS(faulty, target);
    expect([await faulty.listDir(''), await target.listDir('')]).toEqual([[], ['a', 'b', 'c', 'd']]);
  });

  it('leaves both when the source of a move can not be removed', async () => {
    const target = new MemoryFS();
    faulty.unremovable.add('a');
    expect(await rejectionOf(moveFile(faulty, 'a', target, 'x'))).toMatchObject({ message: 'stuck: a' });
    expect([await faulty.exists('a'), await target.exists('x')]).toEqual([true, true]);
  });

  it.each(['seconds', 'milliseconds'])(
    'a file of the same size and time is brought over while it may have been replaced since (mirror, %s)',
    async (grain) => {
      const [one, two] = [new MemoryFS(), new MemoryFS()];
      await one.write('f', 'new');
      await two.write('f', 'old');
      const modified = new Date();
      modified.setMilliseconds(grain === 'seconds' ? 0 : modified.getMilliseconds() || 1);
      for (const fs of [one, two]) await fs.setInfo('f', { modified });
      await mirror(one, two);
      expect(await two.readText('f')).toBe('new');
    },
  );

  it('mirrors back without reading what was brought over', async () => {
    const [one, two] = [new MemoryFS(), new MemoryFS()];
    const clock = jest.spyOn(Date, 'now').mockReturnValue(1_700_000_000_001);
    await one.write('f', 'x');
    clock.mockReturnValue(1_700_000_001_000);
    await mirror(one, two);
    clock.mockRestore();
    const reads = [one, two].map((fs) => jest.spyOn(fs, 'openRead'));
    await mirror(two, one);
    for (const read of reads) expect(read).not.toHaveBeenCalled();
  });

  it('does not take a directory away for a file that can not be read (mirror)', async () => {
    const target = new MemoryFS();
    await target.makeDirs('c/precious');
    expect(await rejectionOf(mirror(faulty, target))).toMatchObject({ message: 'bad sector under c' });
    expect(await target.exists('c/precious')).toBe(true);
  });

  it('removes nothing any more once a file has failed (mirror)', async () => {
    class SlowlyRemovingFS extends MemoryFS {
      override async remove(path: string): Promise<void> {
        for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
        await super.remove(path);
      }
    }
    const target = new SlowlyRemovingFS();
    for (let i = 0; i < 20; i++) await target.write(`extra-${i}`, 'x');
    expect(await rejectionOf(mirror(faulty, target))).toMatchObject({ message: 'bad sector under c' });
    const left = (await target.listDir('')).filter((name) => name.startsWith('extra-'));
    expect(left.length).toBeGreaterThan(0);
  });

  it('removes nothing when the source is missing (mirror)', async () => {
    const target = new MemoryFS();
    await target.write('precious', 'x');
    await expectError(mirror(faulty, target, { sourcePath: 'no/such' }), ResourceNotFound, 'no/such');
    await expectError(mirror(faulty, target, { sourcePath: 'a' }), DirectoryExpected, 'a');
    expect(await content(target)).toEqual({ precious: 'x' });
  });
});

describe('concurrency', () => {
  it.each([1, 3])('is at most %i when told', async (concurrency) => {
    const [one, two] = [new FaultyFS(), new MemoryFS()];
    for (let i = 0; i < 20; i++) await one.write(`f${i}`, 'x');
    await copyFS(one, two, { concurrency });
    expect(one.readsAtOnce).toBe(concurrency);
    expect(await two.listDir('')).toHaveLength(20);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', async (concurrency) => {
    await expectError(copyFS(new MemoryFS(), new MemoryFS(), { concurrency }), RangeError);
  });
});

describe('aborting', () => {
  const reason = new Error('enough');

  it('is heard before anything is done', async () => {
    const [one, two] = [new MemoryFS(), new MemoryFS()];
    await one.write('f', 'x');
    const options = { signal: AbortSignal.abort(reason) };
    for (const call of [
      copyFile(one, 'f', two, 'f', options),
      copyFS(one, two, options),
      moveFile(one, 'f', two, 'f', options),
      moveFS(one, two, options),
      mirror(one, two, options),
    ]) {
      expect(await rejectionOf(call)).toBe(reason);
    }
    expect([await content(one), await content(two)]).toEqual([{ f: 'x' }, {}]);
  });

  it('interrupts a file that is under way', async () => {
    const abort = new AbortController();
    class HangingFS extends MemoryFS {
      override async openRead(): Promise<Readable> {
        setImmediate(() => abort.abort(reason));
        return new Readable({ read: () => undefined });
      }
    }
    const [one, two] = [new HangingFS(), new MemoryFS()];
    await one.write('f', 'x');
    expect(await rejectionOf(copyFS(one, two, { signal: abort.signal }))).toBe(reason);
    expect(await content(two)).toEqual({});
  });

  it('ends with what the progress callback throws', async () => {
    const [one, two] = [new MemoryFS(), new MemoryFS()];
    await one.write('f', 'x');
    const onProgress = (): void => {
      throw reason;
    };
    expect(await rejectionOf(copyFS(one, two, { onProgress }))).toBe(reason);
  });
});

describe('within one filesystem', () => {
  it('uses its own copy and move, which need not read', async () => {
    const fs = new FaultyFS();
    await fs.makeDir('d');
    await fs.write('d/f', 'x');
    await copyFile(fs, 'd/f', fs, 'g');
    await copyDir(fs, 'd', fs, 'e');
    await moveFile(fs, 'g', fs, 'h');
    await moveDir(fs, 'e', fs, 'i');
    expect(fs.reads).toBe(0);
    expect(Object.keys(await content(fs)).sort()).toEqual(['d', 'd/f', 'h', 'i', 'i/f']);
  });

  it('refuses to copy onto itself or into itself, and moves onto itself by doing nothing', async () => {
    const fs = new MemoryFS();
    await fs.makeDir('d');
    await fs.write('d/f', 'x');
    await expectError(copyFile(fs, 'd/f', fs, './d/f'), IllegalDestination, 'd/f');
    await expectError(copyDir(fs, 'd', fs, 'd/e'), IllegalDestination, 'd/e');
    await expectError(copyFS(fs, fs), IllegalDestination, '');
    await expectError(moveDir(fs, '', fs, 'd'), IllegalDestination, 'd');
    await moveFile(fs, 'd/f', fs, 'd/f');
    await moveDir(fs, 'd', fs, 'd');
    expect(await content(fs)).toEqual({ d: null, 'd/f': 'x' });
  });

  it('refuses a file for a directory and a directory for a file', async () => {
    const fs = new MemoryFS();
    await fs.makeDir('d');
    await fs.write('f', 'x');
    await expectError(copyFile(fs, 'd', fs, 'x'), FileExpected, 'd');
    await expectError(moveFile(fs, 'd', fs, 'x'), FileExpected, 'd');
    await expectError(copyFile(fs, 'f', fs, 'd'), FileExpected, 'd');
    await expectError(copyDir(fs, 'f', fs, 'x'), DirectoryExpected, 'f');
    await expectError(copyDir(fs, 'd', fs, 'f'), DirectoryExpected, 'f');
  });

  it.each([
    ['directories of a MemoryFS', () => new MemoryFS()],
    ['directories of an OSFS', () => new TempFS()],
  ])('notices that two filesystems overlap (%s)', async (_, open) => {
    const fs = open();
    await fs.makeDirs('d/e');
    await fs.write('d/f', 'x');
    const [d, e] = [await fs.openDir('d'), await fs.openDir('d/e')];
    await expectError(copyFS(fs, d), IllegalDestination);
    await expectError(copyFS(d, e), IllegalDestination);
    await expectError(moveFS(d, e), IllegalDestination);
    await expectError(mirror(e, d), IllegalDestination);
    await expectError(copyFile(d, 'f', fs, 'd/f'), IllegalDestination);
    await moveFile(d, 'f', fs, 'd/f');
    await copyFS(e, d);
    expect(await fs.readText('d/f')).toBe('x');
    await fs.close();
  });

  it('notices two filesystems on one directory of the disk', async () => {
    const one = new TempFS();
    await one.makeDir('d');
    await expectError(copyFS(one, new OSFS(one.getSysPath('d'))), IllegalDestination);
    await one.close();
  });

  it('notices that all directories of the disk lie in its root', async () => {
    const inner = new TempFS();
    class UnreadFS extends OSFS {
      override scanDir = this.#refuse;
      override scanTree = this.#refuse;

      #refuse(): never {
        throw new Error('it was begun');
      }
    }
    const all = new UnreadFS(parse(inner.getSysPath('')).root);
    await expectError(copyFS(all, inner), IllegalDestination);
    await expectError(mirror(all, inner), IllegalDestination);
    await all.close();
    await inner.close();
  });
});

describe('a source that is replaced while it is moved', () => {
  /** Tells when something has arrived. */
  class TellingFS extends MemoryFS {
    arrived: () => Promise<unknown> = async () => undefined;

    override async write(path: string, source: WriteSource, options?: WriteOptions): Promise<Info> {
      const info = await super.write(path, source, options);
      await this.arrived();
      return info;
    }
  }

  const places = () => {
    const mayfly = createMayfly({ storage: { type: 'memoryfs', urlRoot: '/files' }, purge: false });
    return [new MemoryFS(), new TempFS(), new EssentialsOnlyFS(), mayfly.getFilesystem('n')] as const;
  };

  it('is brought over as it is then', async () => {
    for (const source of places()) {
      const target = new TellingFS();
      await source.write('f', 'one');
      target.arrived = async () => {
        target.arrived = async () => undefined;
        await source.write('f', 'another');
      };
      await moveFile(source, 'f', target, 'g');
      expect([await source.exists('f'), await content(target)]).toEqual([false, { g: 'another' }]);
      await source.close();
    }
  });

  it('is brought over as it is then, from one mount to another', async () => {
    const [one, two] = [new MemoryFS(), new TellingFS()];
    const all = new MountFS();
    all.mount('one', one);
    all.mount('two', two);
    await one.write('f', 'one');
    two.arrived = async () => {
      two.arrived = async () => undefined;
      await one.write('f', 'another');
    };
    await all.move('one/f', 'two/g', { overwrite: true });
    expect([await content(one), await content(two)]).toEqual([{}, { g: 'another' }]);
  });

  it('stays where it is when the move must not replace what it has brought', async () => {
    const fs = new EssentialsOnlyFS();
    await fs.write('f', 'one');
    const write = fs.write.bind(fs);
    fs.write = async (...args) => {
      fs.write = write;
      const info = await write(...args);
      await write('f', 'another');
      return info;
    };
    await expectError(fs.move('f', 'g'), OperationFailed, 'f');
    expect(await content(fs)).toEqual({ f: 'another', g: 'one' });
  });

  it('is not found where it was removed instead, and its copy stays', async () => {
    for (const overwrite of [true, false]) {
      const [one, two] = [new MemoryFS(), new TellingFS()];
      const all = new MountFS();
      all.mount('one', one);
      all.mount('two', two);
      await one.write('f', 'one');
      two.arrived = () => one.remove('f');
      await expectError(all.move('one/f', 'two/g', { overwrite }), ResourceNotFound, 'one/f');
      expect(await content(two)).toEqual({ g: 'one' });
    }
  });

  it('is in both places when that goes on and on', async () => {
    const [source, target] = [new MemoryFS(), new TellingFS()];
    await source.write('f', '0');
    let version = 0;
    target.arrived = () => source.write('f', `${'x'.repeat(++version)}`);
    await expectError(moveFile(source, 'f', target, 'g'), OperationFailed, 'f');
    expect([await source.exists('f'), await target.exists('g')]).toEqual([true, true]);
  });

  it('keeps what comes into a directory that has been emptied', async () => {
    const source = new MemoryFS();
    await source.makeDir('d');
    await source.write('d/f', 'x');
    const removeDir = source.removeDir.bind(source);
    let times = 0;
    source.removeDir = async (path) => {
      times++;
      if (times === 1) throw new DirectoryNotEmpty(path); // By what is gone now.
      if (times === 2) await source.write('d/late', 'x');
      return removeDir(path);
    };
    const target = new MemoryFS();
    await expectError(moveDir(source, 'd', target, 'd'), DirectoryNotEmpty, 'd');
    expect([await content(source), await content(target)]).toEqual([
      { d: null, 'd/late': 'x' },
      { d: null, 'd/f': 'x' },
    ]);
  });
});

describe('mirror', () => {
  it('copies a file of the same size that is older at the source', async () => {
    const [one, two] = [new MemoryFS(), new MemoryFS()];
    await one.write('f', 'restored');
    await one.setInfo('f', { modified: times.old });
    await two.write('f', 'mistaken');
    await mirror(one, two);
    expect(await two.readText('f')).toBe('restored');
    await two.write('f', 'mistaken');
    await mirror(one, two, { trustNewer: true });
    expect(await two.readText('f')).toBe('mistaken');
  });

  it('compares bytes when only the times differ, and writes nothing when they agree', async () => {
    const [one, two] = [new MemoryFS(), new MemoryFS()];
    const bytes = Buffer.alloc(300_000, 'same');
    await one.write('f', bytes);
    await one.setInfo('f', { modified: times.old });
    const { etag } = await two.write('f', bytes);
    await mirror(one, two);
    expect(await two.getInfo('f')).toMatchObject({ etag, modified: times.old });
  });

  it('believes no times where none can be set', async () => {
    class Untimed extends MemoryFS {
      override async setInfo(): Promise<void> {}
      override getMeta(): Meta {
        return { ...super.getMeta(), setTimes: false };
      }
      override async getInfo(path: string): Promise<Info> {
        return { ...(await super.getInfo(path)), modified: times.old };
      }
      override async *scanDir(path: string): AsyncIterable<Info> {
        for await (const info of super.scanDir(path)) yield { ...info, modified: times.old };
      }
    }
    const [a, b] = [new MemoryFS(), new Untimed()];
    for (const text of ['first', 'other']) {
      await a.write('f', text);
      await a.setInfo('f', { modified: times.old });
      await mirror(a, b);
      expect(await b.readText('f')).toBe(text);
    }
  });

  it('reads again what was replaced within the whole second that its storage tells', async () => {
    const second = new Date(Math.floor(Date.now() / 1000) * 1000);
    const [a, b] = [new MemoryFS(), new MemoryFS()];
    for (const text of ['first', 'other']) {
      await a.write('f', text);
      await a.setInfo('f', { modified: second });
      await mirror(a, b);
      expect(await b.readText('f')).toBe(text);
    }
  });

  it('keeps a file until the directory that takes its place has come', async () => {
    const [a, b] = [new FaultyFS(), new MemoryFS()];
    await a.makeDirs('d/e');
    await a.write('d/e/f', 'new');
    await a.write('d/g', 'new');
    await b.write('d', 'old');
    a.unreadable.add('d/e/f');
    await rejectionOf(mirror(a, b));
    expect(await content(b)).toEqual({ d: 'old' });
    a.unreadable.clear();
    const told: string[] = [];
    await mirror(a, b, { onProgress: ({ destination }) => told.push(destination) });
    expect(await content(b)).toEqual({ d: null, 'd/e': null, 'd/e/f': 'halfnew', 'd/g': 'halfnew' });
    expect(told.sort()).toEqual(['d/e/f', 'd/g']);
  });

  it('tells how many files it removed', async () => {
    const [one, two] = [new MemoryFS(), new MemoryFS()];
    await one.write('file', 'x');
    await one.makeDir('directory');
    await two.makeDirs('file/e');
    for (const path of ['file/e/f', 'file/g', 'directory', 'surplus']) await two.write(path, 'old');
    await two.makeDirs('gone/e');
    for (const path of ['gone/e/f', 'gone/g']) await two.write(path, 'old');
    expect(await mirror(one, two)).toEqual({ removed: 6 });
    expect(await content(two)).toEqual({ directory: null, file: 'x' });
    expect(await mirror(one, two)).toEqual({ removed: 0 });
  });

  it('works on directories of both', async () => {
    const [one, two] = [new MemoryFS(), new MemoryFS()];
    await one.makeDirs('src/d');
    await one.write('src/d/f', 'x');
    await two.write('other', 'kept');
    await mirror(one, two, { sourcePath: 'src', destinationPath: 'dst' });
    expect(await content(two)).toEqual({ other: 'kept', dst: null, 'dst/d': null, 'dst/d/f': 'x' });
  });
});

describe('the race of two copies to one new name', () => {
  it('is no error under not-exists', async () => {
    /** Somebody else writes the file between the look and the write. */
    class RacingFS extends MemoryFS {
      override async write(path: string, source: WriteSource, options?: WriteOptions): Promise<Info> {
        await super.write(path, 'theirs');
        return super.write(path, source, options);
      }
    }
    const [one, two] = [new MemoryFS(), new RacingFS()];
    await one.write('f', 'ours');
    expect(await copyFile(one, 'f', two, 'f', { condition: 'not-exists' })).toBe(false);
    expect(await two.readText('f')).toBe('theirs');
  });
});

it('copies a file to which others have given a type that is none, without it', async () => {
  class OddFS extends MemoryFS {
    override async getInfo(path: string): Promise<Info> {
      return { ...(await super.getInfo(path)), contentType: 'png' };
    }
  }
  const [from, to] = [new OddFS(), new MemoryFS()];
  await from.write('a', 'a');
  await copyFile(from, 'a', to, 'b');
  expect((await to.getInfo('b')).contentType).toBeUndefined();
  await from.appendText('a', 'b');
  expect(await from.readText('a')).toBe('ab');
});
