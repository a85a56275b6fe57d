import { describe, expect, it } from '@jest/globals';
import {
  DirectoryExpected,
  DirectoryNotEmpty,
  FileExpected,
  RemoveRootError,
  ResourceNotFound,
} from '../../../src/errors/errors.js';
import { expectError } from '../../support/expect-error.js';
import type { Subject } from '../filesystem.js';

export function describeRemoval(subject: Subject): void {
  describe('remove', () => {
    it('removes that file only', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      for (const path of ['d/a', 'd/b', 'a']) await fs.write(path, 'x');
      await fs.remove('d/a');
      expect([await fs.listDir('d'), await fs.listDir('')]).toEqual([['b'], ['a', 'd']]);
      await expectError(fs.remove('d/a'), ResourceNotFound, 'd/a');
    });

    it('refuses directories, the root, and what is missing', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      await fs.write('f', 'x');
      await expectError(fs.remove('d'), FileExpected, 'd');
      await expectError(fs.remove(''), FileExpected, '');
      await expectError(fs.remove('x'), ResourceNotFound, 'x');
      await expectError(fs.remove('x/y'), ResourceNotFound, 'x/y');
      await expectError(fs.remove('f/x'), ResourceNotFound, 'f/x');
    });

    it('tells the path as its caller knows it, canonical', async () => {
      await expectError(subject.fs.remove('/a//./b'), ResourceNotFound, 'a/b');
    });

    it('succeeds for one of many', async () => {
      await subject.fs.write('f', 'x');
      const results = await Promise.allSettled(Array.from({ length: 5 }, () => subject.fs.remove('f')));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });
  });

  describe('removeMany', () => {
    it('gives each path its outcome, in their order', async () => {
      const { fs } = subject;
      await fs.makeDirs('d/e');
      for (const path of ['a', 'd/b', 'd/e/c', 'keep', 'd/keep']) await fs.write(path, 'x');
      const outcomes = await fs.removeMany(['d/e/c', 'missing', 'a', 'd', 'no/dir/f', 'a/below', 'd/b', '']);
      expect(outcomes.map(({ path, result }) => [path, result])).toEqual([
        ['d/e/c', 'removed'],
        ['missing', 'missing'],
        ['a', 'removed'],
        ['d', 'failed'],
        ['no/dir/f', 'missing'],
        ['a/below', 'missing'],
        ['d/b', 'removed'],
        ['', 'failed'],
      ]);
      expect(outcomes[3]?.error).toBeInstanceOf(FileExpected);
      expect(outcomes[0]).not.toHaveProperty('error');
      expect([await fs.listDir(''), await fs.listDir('d'), await fs.listDir('d/e')]).toEqual([
        ['d', 'keep'],
        ['e', 'keep'],
        [],
      ]);
    });

    it('does not let one bad path hold up the others', async () => {
      const { fs } = subject;
      await fs.write('f', 'x');
      const outcomes = await fs.removeMany(['../up', 'a\u0000b', 'f']);
      expect(outcomes.map(({ result }) => result)).toEqual(['failed', 'failed', 'removed']);
      expect(outcomes[0]?.error).toMatchObject({ code: 'IllegalBackReference' });
      expect(outcomes[1]?.error).toMatchObject({ code: 'InvalidPath' });
    });

    it('removes many in many directories', async () => {
      const { fs } = subject;
      const paths = Array.from({ length: 60 }, (_, i) => `d${i % 7}/f${i}`);
      for (let i = 0; i < 7; i++) await fs.makeDir(`d${i}`);
      await Promise.all(paths.map((path) => fs.write(path, '')));
      const outcomes = await fs.removeMany(paths);
      expect(outcomes).toEqual(paths.map((path) => ({ path, result: 'removed' })));
      for (let i = 0; i < 7; i++) expect(await fs.isEmpty(`d${i}`)).toBe(true);
    });

    it('takes none', async () => {
      expect(await subject.fs.removeMany([])).toEqual([]);
    });
  });

  describe('removeDir', () => {
    it('removes an empty directory, and not the one above', async () => {
      const { fs } = subject;
      await fs.makeDirs('d/e');
      await fs.removeDir('d/e');
      expect(await fs.listDir('d')).toEqual([]);
    });

    it('refuses what it can not remove', async () => {
      const { fs } = subject;
      await fs.makeDirs('d/e');
      await fs.write('f', 'x');
      await expectError(fs.removeDir(''), RemoveRootError, '');
      await expectError(fs.removeDir('d/..'), RemoveRootError, '');
      await expectError(fs.removeDir('d'), DirectoryNotEmpty, 'd');
      await expectError(fs.removeDir('f'), DirectoryExpected, 'f');
      await expectError(fs.removeDir('x'), ResourceNotFound, 'x');
      await expectError(fs.removeDir('x/y'), ResourceNotFound, 'x/y');
      expect(await fs.isDir('d/e')).toBe(true);
    });
  });

  describe('removeTree', () => {
    it('removes a directory with all in it, and not its neighbours', async () => {
      const { fs } = subject;
      await fs.makeDirs('foo/bar/baz');
      await fs.makeDir('foobar');
      for (const path of ['foo/a', 'foo/bar/b', 'foo/bar/baz/c', 'foobar/d']) await fs.write(path, 'x');
      await fs.removeTree('foo');
      expect(await fs.listDir('')).toEqual(['foobar']);
      expect(await fs.listDir('foobar')).toEqual(['d']);
    });

    it('empties the root, which stays', async () => {
      const { fs } = subject;
      await fs.makeDirs('d/e');
      await fs.write('d/f', 'x');
      await fs.write('f', 'x');
      await fs.removeTree('');
      expect(await fs.listDir('')).toEqual([]);
      await fs.write('again', 'x');
      expect(await fs.listDir('')).toEqual(['again']);
    });

    it('refuses a file and nothing', async () => {
      await subject.fs.write('f', 'x');
      await expectError(subject.fs.removeTree('f'), DirectoryExpected, 'f');
      await expectError(subject.fs.removeTree('x'), ResourceNotFound, 'x');
    });
  });
}
