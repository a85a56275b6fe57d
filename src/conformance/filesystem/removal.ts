import assert from 'node:assert/strict';
import {
  DirectoryExpected,
  DirectoryNotEmpty,
  FileExpected,
  IllegalBackReference,
  RemoveRootError,
  ResourceNotFound,
} from '../../errors/errors.js';
import { assertMatches, rejectsWith } from '../assertions.js';
import type { Subject, TestRunner } from '../runner.js';

export function describeRemoval({ describe, it }: TestRunner, subject: Subject): void {
  describe('remove', () => {
    it('removes that file only', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      for (const path of ['d/a', 'd/b', 'a']) await fs.write(path, 'x');
      await fs.remove('d/a');
      assert.deepEqual([await fs.listDir('d'), await fs.listDir('')], [['b'], ['a', 'd']]);
      await rejectsWith(fs.remove('d/a'), ResourceNotFound, 'd/a');
    });

    it('refuses directories, the root, and what is missing', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      await fs.write('f', 'x');
      await rejectsWith(fs.remove('d'), FileExpected, 'd');
      await rejectsWith(fs.remove(''), FileExpected, '');
      await rejectsWith(fs.remove('x'), ResourceNotFound, 'x');
      await rejectsWith(fs.remove('x/y'), ResourceNotFound, 'x/y');
      await rejectsWith(fs.remove('f/x'), ResourceNotFound, 'f/x');
    });

    it('tells the path as its caller knows it, canonical', async () => {
      await rejectsWith(subject.fs.remove('/a//./b'), ResourceNotFound, 'a/b');
    });

    it('succeeds for one of many', async () => {
      await subject.fs.write('f', 'x');
      const results = await Promise.allSettled(Array.from({ length: 5 }, () => subject.fs.remove('f')));
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    });
  });

  describe('removeVersion', () => {
    it('removes the version that it is told, and no other', async () => {
      const { fs } = subject;
      await fs.write('f', 'one');
      const version = await fs.getInfo('f');
      await fs.write('f', 'another');
      assert.equal(await fs.removeVersion('f', version), false);
      assert.equal(await fs.readText('f'), 'another');
      assert.equal(await fs.removeVersion('/./f', await fs.getInfo('f')), true);
      assert.equal(await fs.exists('f'), false);
      assert.equal(await fs.removeVersion('f', version), false);
    });

    it('removes no directory that has come to the place', async () => {
      const { fs } = subject;
      await fs.write('f', 'x');
      const version = await fs.getInfo('f');
      await fs.remove('f');
      await fs.makeDir('f');
      assert.equal(await fs.removeVersion('f', version), false);
      assert.equal(await fs.isDir('f'), true);
    });

    it('refuses a path that climbs out', async () => {
      const { fs } = subject;
      await fs.write('f', 'x');
      await rejectsWith(fs.removeVersion('../f', await fs.getInfo('f')), IllegalBackReference, '../f');
    });
  });

  describe('removeMany', () => {
    it('gives each path its outcome, in their order', async () => {
      const { fs } = subject;
      await fs.makeDirs('d/e');
      for (const path of ['a', 'd/b', 'd/e/c', 'keep', 'd/keep']) await fs.write(path, 'x');
      const outcomes = await fs.removeMany(['d/e/c', 'missing', 'a', 'd', 'no/dir/f', 'a/below', 'd/b', '']);
      assert.deepEqual(
        outcomes.map(({ path, result }) => [path, result]),
        [
          ['d/e/c', 'removed'],
          ['missing', 'missing'],
          ['a', 'removed'],
          ['d', 'failed'],
          ['no/dir/f', 'missing'],
          ['a/below', 'missing'],
          ['d/b', 'removed'],
          ['', 'failed'],
        ],
      );
      assert.ok(outcomes[3]?.error instanceof FileExpected);
      assert.ok(!('error' in (outcomes[0] ?? {})));
      assert.deepEqual(
        [await fs.listDir(''), await fs.listDir('d'), await fs.listDir('d/e')],
        [['d', 'keep'], ['e', 'keep'], []],
      );
    });

    it('does not let one bad path hold up the others', async () => {
      const { fs } = subject;
      await fs.write('f', 'x');
      const outcomes = await fs.removeMany(['../up', 'a\u0000b', 'f']);
      assert.deepEqual(
        outcomes.map(({ result }) => result),
        ['failed', 'failed', 'removed'],
      );
      assertMatches(outcomes[0]?.error, { code: 'IllegalBackReference' });
      assertMatches(outcomes[1]?.error, { code: 'InvalidPath' });
    });

    it('removes many in many directories', async () => {
      const { fs } = subject;
      const paths = Array.from({ length: 60 }, (_, i) => `d${i % 7}/f${i}`);
      for (let i = 0; i < 7; i++) await fs.makeDir(`d${i}`);
      await Promise.all(paths.map((path) => fs.write(path, '')));
      const outcomes = await fs.removeMany(paths);
      assert.deepEqual(
        outcomes,
        paths.map((path) => ({ path, result: 'removed' })),
      );
      for (let i = 0; i < 7; i++) assert.equal(await fs.isEmpty(`d${i}`), true);
    });

    it('removes once what is named twice, by whatever spelling', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      await fs.write('d/f', 'x');
      await fs.write('d/g', 'x');
      const outcomes = await fs.removeMany(['d/f', '/d/f', 'd/g', 'd//f', 'd/g', 'd/f']);
      assert.deepEqual(
        outcomes.map(({ path, result }) => [path, result]),
        [
          ['d/f', 'removed'],
          ['/d/f', 'missing'],
          ['d/g', 'removed'],
          ['d//f', 'missing'],
          ['d/g', 'missing'],
          ['d/f', 'missing'],
        ],
      );
    });

    it('takes none', async () => {
      assert.deepEqual(await subject.fs.removeMany([]), []);
    });
  });

  describe('removeDir', () => {
    it('removes an empty directory, and not the one above', async () => {
      const { fs } = subject;
      await fs.makeDirs('d/e');
      await fs.removeDir('d/e');
      assert.deepEqual(await fs.listDir('d'), []);
    });

    it('refuses what it can not remove', async () => {
      const { fs } = subject;
      await fs.makeDirs('d/e');
      await fs.write('f', 'x');
      await rejectsWith(fs.removeDir(''), RemoveRootError, '');
      await rejectsWith(fs.removeDir('d/..'), RemoveRootError, '');
      await rejectsWith(fs.removeDir('d'), DirectoryNotEmpty, 'd');
      await rejectsWith(fs.removeDir('f'), DirectoryExpected, 'f');
      await rejectsWith(fs.removeDir('x'), ResourceNotFound, 'x');
      await rejectsWith(fs.removeDir('x/y'), ResourceNotFound, 'x/y');
      assert.equal(await fs.isDir('d/e'), true);
    });
  });

  describe('removeTree', () => {
    it('removes a directory with all in it, and not its neighbours', async () => {
      const { fs } = subject;
      await fs.makeDirs('foo/bar/baz');
      await fs.makeDir('foobar');
      for (const path of ['foo/a', 'foo/bar/b', 'foo/bar/baz/c', 'foobar/d']) await fs.write(path, 'x');
      await fs.removeTree('foo');
      assert.deepEqual(await fs.listDir(''), ['foobar']);
      assert.deepEqual(await fs.listDir('foobar'), ['d']);
    });

    it('empties the root, which stays', async () => {
      const { fs } = subject;
      await fs.makeDirs('d/e');
      await fs.write('d/f', 'x');
      await fs.write('f', 'x');
      await fs.removeTree('');
      assert.deepEqual(await fs.listDir(''), []);
      await fs.write('again', 'x');
      assert.deepEqual(await fs.listDir(''), ['again']);
    });

    it('refuses a file and nothing', async () => {
      await subject.fs.write('f', 'x');
      await rejectsWith(subject.fs.removeTree('f'), DirectoryExpected, 'f');
      await rejectsWith(subject.fs.removeTree('x'), ResourceNotFound, 'x');
    });
  });
}
