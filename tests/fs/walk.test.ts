/** Walks over directories that fail, and what a backend's own scanTree is used for. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  FilesystemClosed,
  type FSError,
  type Info,
  MemoryFS,
  PermissionDenied,
  pruned,
  type ScanTreeOptions,
} from '../../src/index.js';

/** Some of its directories can't be read. */
class PartlyClosedFS extends MemoryFS {
  readonly closed = new Set(['a/closed']);

  override async *scanDir(path: string): AsyncIterable<Info> {
    if (this.closed.has(path)) throw new PermissionDenied(path);
    yield* super.scanDir(path);
  }
}

describe('a walk over a directory that can not be read', () => {
  let fs: PartlyClosedFS;
  beforeEach(async () => {
    fs = new PartlyClosedFS();
    await fs.makeDirs('a/closed/hidden');
    await fs.write('a/f', '');
    await fs.write('g', '');
  });

  const walk = async (search: 'breadth' | 'depth', onError?: (path: string, error: FSError) => unknown) => {
    const found: string[] = [];
    for await (const { path } of fs.walk('', { search, ...(onError && { onError }) })) found.push(path);
    return found.sort();
  };

  it.each(['breadth', 'depth'] as const)('throws, unless a callback lets it go on (%s)', async (search) => {
    await expect(walk(search)).rejects.toBeInstanceOf(PermissionDenied);
    await expect(walk(search, () => false)).rejects.toBeInstanceOf(PermissionDenied);
    const told: [string, string][] = [];
    expect(await walk(search, (path, { code }) => told.push([path, code]))).toEqual([
      'a',
      'a/closed',
      'a/f',
      'g',
    ]);
    expect(told).toEqual([['a/closed', 'PermissionDenied']]);
  });

  it.each(['breadth', 'depth'] as const)(
    'is told of it once in a directory of it too, by its own path (%s)',
    async (search) => {
      const inner = await fs.openDir('a');
      const told: [string, string | undefined][] = [];
      const onError = (path: string, error: FSError): void => void told.push([path, error.path]);
      for await (const _ of inner.walk('', { search, onError }));
      expect(told).toEqual([['closed', 'closed']]);
    },
  );

  it('is never told of a filesystem that was closed', async () => {
    await fs.close();
    await expect(walk('breadth', () => true)).rejects.toBeInstanceOf(FilesystemClosed);
    await expect(walk('depth', () => true)).rejects.toBeInstanceOf(FilesystemClosed);
  });

  it('is drawn with the code of the error', async () => {
    expect(await fs.tree()).toBe('|-- a\n|   |-- closed\n|   |   `-- (PermissionDenied)\n|   `-- f\n`-- g');
    await expect(fs.tree('a/closed')).rejects.toBeInstanceOf(PermissionDenied);
  });
});

describe('a backend that lists whole trees at once', () => {
  /** Lists as S3 does: by whole path, so that `a-b` comes before what is in `a`. */
  class FlatFS extends MemoryFS {
    lists = 0;

    override async *scanDir(path: string): AsyncIterable<Info> {
      this.lists++;
      yield* super.scanDir(path);
    }

    override async *scanTree(path: string, options: ScanTreeOptions = {}): AsyncIterable<Info> {
      if (options.sparse) {
        yield* super.scanTree(path, options);
        return;
      }
      const all: Info[] = [];
      for await (const info of new Level(this).all(path)) all.push(info);
      const key = ({ path: at, isDir }: Info): string => (isDir ? `${at}/` : at);
      all.sort((a, b) => (key(a) < key(b) ? -1 : 1));
      this.lists = 1;
      yield* pruned(
        (async function* () {
          yield* all;
        })(),
        options.enter,
      );
    }
  }

  class Level {
    constructor(readonly fs: MemoryFS) {}

    async *all(path: string): AsyncGenerator<Info> {
      for await (const info of this.fs.scanDir(path)) {
        yield info;
        if (info.isDir) yield* this.all(info.path);
      }
    }
  }

  let fs: FlatFS;
  beforeEach(async () => {
    fs = new FlatFS();
    await fs.makeDirs('a/b');
    await fs.makeDirs('a-b');
    for (const path of ['a/b/f', 'a/g', 'a-b/h', 'a.txt']) await fs.write(path, '');
    fs.lists = 0;
  });

  it('is asked once for a walk by depth, filtered or not', async () => {
    const found: string[] = [];
    for await (const { path } of fs.walk('', { search: 'depth' })) found.push(path);
    expect(found).toEqual(['a-b/h', 'a-b', 'a.txt', 'a/b/f', 'a/b', 'a/g', 'a']);
    expect(fs.lists).toBe(1);
    const some: string[] = [];
    for await (const { path } of fs.walk('', { search: 'depth', excludeDirs: ['b'] })) some.push(path);
    expect(some).toEqual(['a-b/h', 'a-b', 'a.txt', 'a/g', 'a']);
  });

  it.each([
    ['a walk by breadth', () => fs.walk(''), 4],
    ['a walk with a depth', () => fs.walk('', { search: 'depth', maxDepth: 1 }), 1],
    ['a glob that goes no deeper', () => fs.glob('*'), 1],
  ])('goes from directory to directory for %s', async (_, walk, lists) => {
    for await (const { path } of walk()) expect(path).not.toBe('');
    expect(fs.lists).toBe(lists);
  });

  it('is asked by glob and by copyDir as well', async () => {
    const found: string[] = [];
    for await (const { path } of fs.glob('a/**')) found.push(path);
    expect(found.sort()).toEqual(['a/b', 'a/b/f', 'a/g']);
    await fs.copyDir('a', 'copy', { create: true });
    expect(await fs.tree('copy')).toBe('|-- b\n|   `-- f\n`-- g');
  });
});
