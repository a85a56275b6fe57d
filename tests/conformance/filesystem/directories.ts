import { describe, expect, it } from '@jest/globals';
import { DirectoryExists, DirectoryExpected, ResourceNotFound } from '../../../src/errors/errors.js';
import { expectError } from '../../support/expect-error.js';
import type { Subject } from '../filesystem.js';

export function describeDirectories(subject: Subject): void {
  describe('makeDir', () => {
    it('makes a directory in one that is there', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      await fs.makeDir('d/e');
      expect(await fs.getType('d/e')).toBe('directory');
      expect(await fs.isEmpty('d/e')).toBe(true);
    });

    it('refuses what is there, unless told to accept a directory', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      await fs.write('d/f', 'x');
      await expectError(fs.makeDir('d'), DirectoryExists, 'd');
      await expectError(fs.makeDir(''), DirectoryExists, '');
      await fs.makeDir('d', { recreate: true });
      await fs.makeDir('', { recreate: true });
      expect(await fs.listDir('d')).toEqual(['f']);
      await expectError(fs.makeDir('d/f'), DirectoryExists, 'd/f');
      await expectError(fs.makeDir('d/f', { recreate: true }), DirectoryExists, 'd/f');
    });

    it('needs the directory above', async () => {
      const { fs } = subject;
      await fs.write('f', 'x');
      await expectError(fs.makeDir('x/y'), ResourceNotFound, 'x/y');
      await expectError(fs.makeDir('f/y'), DirectoryExpected, 'f');
      expect(await fs.listDir('')).toEqual(['f']);
    });

    it('makes one of many at once, and accepts it for those that may', async () => {
      const { fs } = subject;
      const strict = await Promise.allSettled(Array.from({ length: 5 }, () => fs.makeDir('d')));
      expect(strict.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      await Promise.all(Array.from({ length: 5 }, () => fs.makeDir('e', { recreate: true })));
      expect(await fs.listDir('')).toEqual(['d', 'e']);
    });
  });

  describe('makeDirs', () => {
    it('makes those above too', async () => {
      const { fs } = subject;
      await fs.makeDirs('a/b/c');
      await fs.makeDirs('a/b/d');
      expect(await fs.listDir('a/b')).toEqual(['c', 'd']);
    });

    it('refuses what is there, unless told to accept it', async () => {
      const { fs } = subject;
      await fs.makeDirs('a/b');
      await expectError(fs.makeDirs('a/b'), DirectoryExists, 'a/b');
      await fs.makeDirs('a/b', { recreate: true });
      await fs.makeDirs('', { recreate: true });
    });

    it('refuses a file on the way', async () => {
      const { fs } = subject;
      await fs.write('f', 'x');
      await expectError(fs.makeDirs('f/a'), DirectoryExpected, 'f');
      await expectError(fs.makeDirs('f/a/b/c'), DirectoryExpected, 'f');
    });

    it('is done by many at once', async () => {
      const { fs } = subject;
      await Promise.all(Array.from({ length: 8 }, () => fs.makeDirs('a/b/c/d', { recreate: true })));
      expect(await fs.isDir('a/b/c/d')).toBe(true);
    });
  });

  describe('openDir', () => {
    it('gives the directory as a filesystem of its own', async () => {
      const { fs } = subject;
      await fs.makeDirs('d/e');
      await fs.write('d/f', 'hello');
      const inner = await fs.openDir('d');
      expect(await inner.listDir('')).toEqual(['e', 'f']);
      expect(await inner.getInfo('')).toMatchObject({ path: '', name: '', isDir: true });
      expect(await inner.readText('f')).toBe('hello');
      expect(await inner.write('e/g', 'new')).toMatchObject({ path: 'e/g', name: 'g' });
      expect(await fs.readText('d/e/g')).toBe('new');
      await expectError(inner.getInfo('x/y'), ResourceNotFound, 'x/y');
      await expectError(inner.getInfo('../f'), { name: 'IllegalBackReference', prototype: Error.prototype });
    });

    it('nests', async () => {
      const { fs } = subject;
      await fs.makeDirs('a/b/c');
      const inner = await (await fs.openDir('a')).openDir('b');
      await inner.write('c/f', 'x');
      expect(await fs.readText('a/b/c/f')).toBe('x');
    });

    it('opens the root as well', async () => {
      const { fs } = subject;
      await fs.write('f', 'x');
      for (const root of ['', '/']) expect(await (await fs.openDir(root)).listDir('')).toEqual(['f']);
    });

    it('refuses a file and nothing', async () => {
      await subject.fs.write('f', 'x');
      await expectError(subject.fs.openDir('f'), DirectoryExpected, 'f');
      await expectError(subject.fs.openDir('x'), ResourceNotFound, 'x');
    });

    it('is closed without closing the other, and closed with it', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      const [one, two] = [await fs.openDir('d'), await fs.openDir('d')];
      await one.close();
      expect([one.isClosed(), fs.isClosed()]).toEqual([true, false]);
      await expectError(one.getInfo(''), { name: 'FilesystemClosed', prototype: Error.prototype });
      await two.write('f', 'x');
      await fs.close();
      await expectError(two.getInfo('f'), { name: 'FilesystemClosed', prototype: Error.prototype });
    });
  });

  describe('openNamespace', () => {
    it('keeps namespaces apart', async () => {
      const [one, two] = [subject.fs.openNamespace('one'), subject.fs.openNamespace('two')];
      await one.makeDir('', { recreate: true });
      await two.makeDir('', { recreate: true });
      await one.write('f', '1');
      expect([await one.listDir(''), await two.listDir('')]).toEqual([['f'], []]);
      expect(await subject.fs.readText('one/f')).toBe('1');
    });

    it('makes nothing for a look', async () => {
      const namespace = subject.fs.openNamespace('n');
      expect(await namespace.exists('f')).toBe(false);
      await expectError(namespace.remove('f'), ResourceNotFound, 'f');
      expect(await subject.fs.exists('n')).toBe(false);
    });
  });
}
