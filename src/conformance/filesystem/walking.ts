import assert from 'node:assert/strict';
import {
  DirectoryExpected,
  FileExpected,
  IllegalBackReference,
  ResourceNotFound,
  Unsupported,
} from '../../errors/errors.js';
import type { WalkOptions } from '../../fs/derived/walk.js';
import { collect, pathsOf, rejectsWith } from '../assertions.js';
import type { Subject, TestRunner } from '../runner.js';
import { fixturePaths, makeFixture } from './fixture.js';

const walks: readonly (readonly [WalkOptions, readonly string[]])[] = [
  [{ filter: ['*.txt'], filterDirs: ['a', 'b'] }, ['a', 'a/b', 'a/one.txt', 'top.txt']],
  [{ exclude: ['*.txt', '*.py'] }, ['a', 'a-b', 'a/b', 'a/b/c', 'empty']],
  [{ excludeDirs: ['b', 'empty'] }, ['a', 'a-b', 'a-b/near.txt', 'a/one.txt', 'top.txt']],
  [{ maxDepth: 1 }, ['a', 'a-b', 'empty', 'top.txt']],
  [{ maxDepth: 2, filter: ['o*'] }, ['a', 'a-b', 'a/b', 'a/one.txt', 'empty']],
  [{ filter: [], exclude: [], filterDirs: [], excludeDirs: [] }, fixturePaths],
];

/** No numbers of levels to go down. */
const NO_LEVELS = [0, -1, 1.5, Number.POSITIVE_INFINITY, Number.NaN];

export function describeWalking({ describe, it }: TestRunner, subject: Subject): void {
  describe('walk', () => {
    for (const search of ['breadth', 'depth'] as const) {
      it(`gives every file and directory once (${search})`, async () => {
        await makeFixture(subject.fs);
        assert.deepEqual((await pathsOf(subject.fs.walk('', { search }))).sort(), fixturePaths);
      });

      for (const [options, expected] of walks) {
        it(`keeps to ${JSON.stringify(options)} (${search})`, async () => {
          await makeFixture(subject.fs);
          assert.deepEqual((await pathsOf(subject.fs.walk('', { ...options, search }))).sort(), expected);
        });
      }
    }

    it('goes level by level unless told otherwise', async () => {
      await makeFixture(subject.fs);
      const depths = (await pathsOf(subject.fs.walk())).map((path) => path.split('/').length);
      assert.deepEqual(depths, [...depths].sort());
    });

    it('gives what is in a directory before it, by depth', async () => {
      await makeFixture(subject.fs);
      const paths = await pathsOf(subject.fs.walk('', { search: 'depth' }));
      for (const [i, path] of paths.entries()) {
        assert.deepEqual(
          paths.slice(i).filter((later) => later.startsWith(`${path}/`)),
          [],
        );
      }
    });

    it('begins where it is told, without the start itself', async () => {
      await makeFixture(subject.fs);
      assert.deepEqual(await pathsOf(subject.fs.walk('/a//b/')), ['a/b/c', 'a/b/two.py', 'a/b/c/deep.txt']);
      assert.deepEqual(await collect(subject.fs.walk('empty')), []);
    });

    it('tells of each what getInfo tells', async () => {
      await makeFixture(subject.fs);
      for (const info of await collect(subject.fs.walk())) {
        const { path, isDir, size, etag } = await subject.fs.getInfo(info.path);
        assert.deepEqual(
          { path: info.path, isDir: info.isDir, size: info.size, etag: info.etag },
          { path, isDir, size, etag },
        );
      }
    });

    it('refuses a start that is missing or a file, unless the error is handled', async () => {
      const { fs } = subject;
      await fs.write('f', 'x');
      const seen: [string, string][] = [];
      const onError = (path: string, { code }: { code: string }): void => void seen.push([path, code]);
      for (const search of ['breadth', 'depth'] as const) {
        await rejectsWith(collect(fs.walk('x', { search })), ResourceNotFound, 'x');
        await rejectsWith(collect(fs.walk('f', { search })), DirectoryExpected, 'f');
        await rejectsWith(collect(fs.walk('x', { search, onError: () => false })), ResourceNotFound, 'x');
        assert.deepEqual(await collect(fs.walk('x', { search, onError })), []);
      }
      assert.deepEqual(seen, [
        ['x', 'ResourceNotFound'],
        ['x', 'ResourceNotFound'],
      ]);
    });

    it('refuses options that make no sense', async () => {
      const { fs } = subject;
      await rejectsWith(collect(fs.walk('', { filter: '*.txt' as never })), TypeError);
      await rejectsWith(collect(fs.walk('', { excludeDirs: [1] as never })), TypeError);
      await rejectsWith(collect(fs.walk('', { search: 'sideways' as never })), TypeError);
      for (const maxDepth of NO_LEVELS) await rejectsWith(collect(fs.walk('', { maxDepth })), RangeError);
      await rejectsWith(collect(fs.walk('../up')), IllegalBackReference);
    });

    it('can be left early, and lets what it gives be removed', async () => {
      const { fs } = subject;
      await makeFixture(fs);
      for await (const _ of fs.walk()) break;
      for await (const { path, isDir } of fs.walk('', { search: 'depth' })) {
        if (!isDir) await fs.remove(path);
        else if (await fs.isDir(path)) await fs.removeDir(path); // Where directories are not real, an empty one has gone.
      }
      assert.deepEqual(await fs.listDir(''), []);
    });
  });

  describe('filterDir', () => {
    it('passes names by patterns, files and directories each by their own', async () => {
      const { fs } = subject;
      await makeFixture(fs);
      await fs.write('other.py', 'x');
      const names = async (options: object): Promise<string[]> => pathsOf(fs.filterDir('', options));
      assert.deepEqual(await names({}), ['a', 'a-b', 'empty', 'other.py', 'top.txt']);
      assert.deepEqual(await names({ files: ['*.txt'] }), ['a', 'a-b', 'empty', 'top.txt']);
      assert.deepEqual(await names({ files: ['*.txt', '*.py'], dirs: ['a*'] }), [
        'a',
        'a-b',
        'other.py',
        'top.txt',
      ]);
      assert.deepEqual(await names({ dirs: ['?-[a-c]'], excludeFiles: ['*.*'] }), ['a-b']);
      assert.deepEqual(await names({ excludeDirs: ['[!a]*', 'a'], excludeFiles: ['o*'] }), [
        'a-b',
        'top.txt',
      ]);
    });

    it('gives a page of what is left', async () => {
      const { fs } = subject;
      for (const name of ['a.txt', 'b.py', 'c.txt', 'd.txt']) await fs.write(name, '');
      const page = (start: number, end: number) =>
        pathsOf(fs.filterDir('', { files: ['*.txt'], page: [start, end] }));
      assert.deepEqual(await page(0, 2), ['a.txt', 'c.txt']);
      assert.deepEqual(await page(2, 4), ['d.txt']);
      assert.deepEqual(await page(3, 9), []);
    });

    it('refuses what scanDir refuses, and a pattern that is no list', async () => {
      const { fs } = subject;
      await fs.write('f', '');
      await rejectsWith(collect(fs.filterDir('x')), ResourceNotFound, 'x');
      await rejectsWith(collect(fs.filterDir('f')), DirectoryExpected, 'f');
      await rejectsWith(collect(fs.filterDir('', { files: '*.txt' as never })), TypeError);
    });
  });

  describe('match', () => {
    it('matches whole names by wildcards', () => {
      const { fs } = subject;
      assert.equal(fs.match(['*.jpg', '*.png'], 'a.png'), true);
      assert.equal(fs.match(['*.jpg'], 'a.jpg.txt'), false);
      assert.equal(fs.match(['[!a]?[0-9]*'], 'b-7'), true);
      assert.equal(fs.match(['[a', '*'], ''), true);
      for (const none of [[], null, undefined]) assert.equal(fs.match(none, 'anything'), true);
      assert.equal(fs.match(['*.JPG'], 'a.jpg'), fs.getMeta().caseInsensitive);
      assert.throws(() => fs.match('*.jpg' as never, 'a.jpg'), TypeError);
    });
  });

  describe('glob', () => {
    const patterns: readonly (readonly [string, readonly string[]])[] = [
      ['*', ['a', 'a-b', 'empty', 'top.txt']],
      ['*/', ['a', 'a-b', 'empty']],
      ['*.txt', ['top.txt']],
      ['**/*.txt', ['a-b/near.txt', 'a/b/c/deep.txt', 'a/one.txt', 'top.txt']],
      ['**/', ['a', 'a-b', 'a/b', 'a/b/c', 'empty']],
      ['**', fixturePaths],
      ['/a/**', ['a/b', 'a/b/c', 'a/b/c/deep.txt', 'a/b/two.py', 'a/one.txt']],
      ['a/*/*', ['a/b/c', 'a/b/two.py']],
      ['a/{b,x}/t??.{py,txt}', ['a/b/two.py']],
      ['a/[!a]*', ['a/b', 'a/one.txt']],
      ['a/one.txt', ['a/one.txt']],
      ['a/one.txt/', []],
      ['missing/*', []],
      ['top.txt/*', []],
    ];
    for (const [pattern, expected] of patterns) {
      it(`finds ${pattern}`, async () => {
        await makeFixture(subject.fs);
        assert.deepEqual((await pathsOf(subject.fs.glob(pattern))).sort(), expected);
      });
    }

    it('takes names with special characters as they are', async () => {
      const { fs } = subject;
      for (const name of ['(1).txt', '+a@b', '.dot', '😀']) await fs.write(name, '');
      assert.deepEqual(await pathsOf(fs.glob('(?).txt')), ['(1).txt']);
      assert.deepEqual(await pathsOf(fs.glob('+a@b')), ['+a@b']);
      assert.deepEqual(await pathsOf(fs.glob('*')), ['(1).txt', '+a@b', '.dot', '😀']);
      assert.deepEqual(await pathsOf(fs.glob('?')), ['😀']);
    });

    it('takes patterns of many stars, which would keep a regular expression busy for ever', async () => {
      const { fs } = subject;
      await fs.write('a'.repeat(60), '');
      await fs.makeDirs(Array.from({ length: 30 }, () => 'a').join('/'));
      assert.deepEqual(await pathsOf(fs.glob(`${'*a'.repeat(20)}*b`)), []);
      assert.deepEqual(await pathsOf(fs.glob(`${'*[a]'.repeat(20)}*`)), ['a'.repeat(60)]);
      assert.deepEqual(await pathsOf(fs.glob(`${'**/a/'.repeat(15)}**/b`)), []);
      await rejectsWith(collect(fs.glob(`{${'*a'.repeat(20)}*b,c}`)), RangeError);
    });

    it('folds case when told, and leaves out directories', async () => {
      const { fs } = subject;
      await makeFixture(fs);
      assert.deepEqual(await pathsOf(fs.glob('A/ONE.*', { caseSensitive: false })), ['a/one.txt']);
      assert.deepEqual(await pathsOf(fs.glob('A/ONE.*', { caseSensitive: true })), []);
      assert.deepEqual(await pathsOf(fs.glob('**/*.py', { excludeDirs: ['b'] })), []);
    });

    it('does not look outside', async () => {
      await rejectsWith(collect(subject.fs.glob('../*')), IllegalBackReference);
      await rejectsWith(collect(subject.fs.glob(5 as never)), TypeError);
    });
  });

  describe('tree', () => {
    it('draws a directory', async () => {
      await makeFixture(subject.fs);
      const expected = [
        '|-- a',
        '|   |-- b',
        '|   |   |-- c',
        '|   |   |   `-- deep.txt',
        '|   |   `-- two.py',
        '|   `-- one.txt',
        '|-- a-b',
        '|   `-- near.txt',
        '|-- empty',
        '`-- top.txt',
      ];
      assert.equal(await subject.fs.tree(), expected.join('\n'));
      assert.equal(await subject.fs.tree('a', { maxLevels: 1 }), '|-- b\n`-- one.txt');
      assert.equal(await subject.fs.tree('a', { filter: ['*.txt'], exclude: ['c'] }), '|-- b\n`-- one.txt');
      assert.equal(await subject.fs.tree('empty'), '');
    });

    it('refuses a file and nothing', async () => {
      await subject.fs.write('f', '');
      await rejectsWith(subject.fs.tree('f'), DirectoryExpected, 'f');
      await rejectsWith(subject.fs.tree('x'), ResourceNotFound, 'x');
      for (const maxLevels of NO_LEVELS) await rejectsWith(subject.fs.tree('', { maxLevels }), RangeError);
    });
  });

  describe('hash', () => {
    it('hashes a file by any algorithm of node:crypto', async () => {
      const { fs } = subject;
      await fs.write('f', 'hello');
      assert.equal(await fs.hash('f', 'md5'), '5d41402abc4b2a76b9719d911017c592');
      assert.equal(await fs.hash('f', 'sha1'), 'aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d');
      await fs.write('f', '');
      assert.equal(await fs.hash('f', 'md5'), 'd41d8cd98f00b204e9800998ecf8427e');
    });

    it('refuses an unknown algorithm, a directory, and nothing', async () => {
      const { fs } = subject;
      await fs.write('f', 'hello');
      await fs.makeDir('d');
      await rejectsWith(fs.hash('f', 'no-such'), Unsupported, 'f');
      await rejectsWith(fs.hash('f', 5 as never), TypeError);
      await rejectsWith(fs.hash('d', 'md5'), FileExpected, 'd');
      await rejectsWith(fs.hash('x', 'md5'), ResourceNotFound, 'x');
    });
  });
}
