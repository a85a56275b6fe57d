import assert from 'node:assert/strict';
import { DirectoryExists, DirectoryExpected, FileExpected, ResourceNotFound } from '../../errors/errors.js';
import { moveFile } from '../../fs/transfer.js';
import { assertMatches, rejectsWith } from '../assertions.js';
import type { Subject, TestRunner } from '../runner.js';

export function describeDirectories({ describe, it }: TestRunner, subject: Subject): void {
  describe('makeDir', () => {
    it('makes a directory in one that is there', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      await fs.makeDir('d/e');
      assert.equal(await fs.getType('d/e'), 'directory');
      assert.equal(await fs.isEmpty('d/e'), true);
    });

    it('refuses what is there, unless told to accept a directory', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      await fs.write('d/f', 'x');
      await rejectsWith(fs.makeDir('d'), DirectoryExists, 'd');
      await rejectsWith(fs.makeDir(''), DirectoryExists, '');
      await fs.makeDir('d', { recreate: true });
      await fs.makeDir('', { recreate: true });
      assert.deepEqual(await fs.listDir('d'), ['f']);
      await rejectsWith(fs.makeDir('d/f'), DirectoryExists, 'd/f');
      await rejectsWith(fs.makeDir('d/f', { recreate: true }), DirectoryExists, 'd/f');
    });

    it('needs the directory above', async () => {
      const { fs } = subject;
      await fs.write('f', 'x');
      await rejectsWith(fs.makeDir('x/y'), ResourceNotFound, 'x/y');
      await rejectsWith(fs.makeDir('f/y'), DirectoryExpected, 'f');
      assert.deepEqual(await fs.listDir(''), ['f']);
    });

    it('makes one of many at once, and accepts it for those that may', async () => {
      const { fs } = subject;
      const strict = await Promise.allSettled(Array.from({ length: 5 }, () => fs.makeDir('d')));
      assert.equal(strict.filter(({ status }) => status === 'fulfilled').length, 1);
      await Promise.all(Array.from({ length: 5 }, () => fs.makeDir('e', { recreate: true })));
      assert.deepEqual(await fs.listDir(''), ['d', 'e']);
    });
  });

  describe('makeDirs', () => {
    it('makes those above too', async () => {
      const { fs } = subject;
      await fs.makeDirs('a/b/c');
      await fs.makeDirs('a/b/d');
      assert.deepEqual(await fs.listDir('a/b'), ['c', 'd']);
    });

    it('refuses what is there, unless told to accept it', async () => {
      const { fs } = subject;
      await fs.makeDirs('a/b');
      await rejectsWith(fs.makeDirs('a/b'), DirectoryExists, 'a/b');
      await fs.makeDirs('a/b', { recreate: true });
      await fs.makeDirs('', { recreate: true });
    });

    it('refuses a file on the way', async () => {
      const { fs } = subject;
      await fs.write('f', 'x');
      await rejectsWith(fs.makeDirs('f/a'), DirectoryExpected, 'f');
      await rejectsWith(fs.makeDirs('f/a/b/c'), DirectoryExpected, 'f');
    });

    it('is done by many at once', async () => {
      const { fs } = subject;
      await Promise.all(Array.from({ length: 8 }, () => fs.makeDirs('a/b/c/d', { recreate: true })));
      assert.equal(await fs.isDir('a/b/c/d'), true);
    });
  });

  describe('openDir', () => {
    it('gives the directory as a filesystem of its own', async () => {
      const { fs } = subject;
      await fs.makeDirs('d/e');
      await fs.write('d/f', 'hello');
      const inner = await fs.openDir('d');
      assert.deepEqual(await inner.listDir(''), ['e', 'f']);
      assertMatches(await inner.getInfo(''), { path: '', name: '', isDir: true });
      assert.equal(await inner.readText('f'), 'hello');
      assertMatches(await inner.write('e/g', 'new'), { path: 'e/g', name: 'g' });
      assert.equal(await fs.readText('d/e/g'), 'new');
      await rejectsWith(inner.getInfo('x/y'), ResourceNotFound, 'x/y');
      await rejectsWith(inner.getInfo('../f'), { name: 'IllegalBackReference', prototype: Error.prototype });
    });

    it('nests', async () => {
      const { fs } = subject;
      await fs.makeDirs('a/b/c');
      const inner = await (await fs.openDir('a')).openDir('b');
      await inner.write('c/f', 'x');
      assert.equal(await fs.readText('a/b/c/f'), 'x');
    });

    it('opens the root as well', async () => {
      const { fs } = subject;
      await fs.write('f', 'x');
      for (const root of ['', '/']) assert.deepEqual(await (await fs.openDir(root)).listDir(''), ['f']);
    });

    it('refuses a file and nothing', async () => {
      await subject.fs.write('f', 'x');
      await rejectsWith(subject.fs.openDir('f'), DirectoryExpected, 'f');
      await rejectsWith(subject.fs.openDir('x'), ResourceNotFound, 'x');
    });

    it('is never a file to what it gave, also when the directory is gone', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      await fs.write('f', 'x');
      const inner = await fs.openDir('d');
      for (const isThere of [true, false]) {
        if (!isThere) await fs.removeDir('d');
        await rejectsWith(moveFile(fs, 'f', inner, ''), FileExpected, '');
        await rejectsWith(inner.write('', 'x'), FileExpected, '');
        const staged = await inner.stage('f', 'x');
        await rejectsWith(staged.publish(''), FileExpected, '');
        await staged.discard();
        assert.deepEqual([await fs.exists('d'), await fs.exists('f')], [isThere, true]);
      }
    });

    it('is closed without closing the other, and closed with it', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      const [one, two] = [await fs.openDir('d'), await fs.openDir('d')];
      await one.close();
      assert.deepEqual([one.isClosed(), fs.isClosed()], [true, false]);
      await rejectsWith(one.getInfo(''), { name: 'FilesystemClosed', prototype: Error.prototype });
      await two.write('f', 'x');
      await fs.close();
      await rejectsWith(two.getInfo('f'), { name: 'FilesystemClosed', prototype: Error.prototype });
    });
  });

  describe('openNamespace', () => {
    it('keeps namespaces apart', async () => {
      const [one, two] = [subject.fs.openNamespace('one'), subject.fs.openNamespace('two')];
      await one.makeDir('', { recreate: true });
      await two.makeDir('', { recreate: true });
      await one.write('f', '1');
      assert.deepEqual([await one.listDir(''), await two.listDir('')], [['f'], []]);
      assert.equal(await subject.fs.readText('one/f'), '1');
    });

    it('makes nothing for a look', async () => {
      const namespace = subject.fs.openNamespace('n');
      assert.equal(await namespace.exists('f'), false);
      await rejectsWith(namespace.remove('f'), ResourceNotFound, 'f');
      assert.equal(await subject.fs.exists('n'), false);
    });
  });
}
