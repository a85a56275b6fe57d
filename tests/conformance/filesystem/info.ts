import { describe, expect, it } from '@jest/globals';
import { ResourceNotFound } from '../../../src/errors/errors.js';
import { expectError } from '../../support/expect-error.js';
import type { Subject } from '../filesystem.js';

export function describeInfo(subject: Subject): void {
  describe('getInfo and what derives from it', () => {
    it('tells of a file', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      const before = Date.now();
      const written = await fs.write('d/f.txt', 'hello');
      const info = await fs.getInfo('d/f.txt');
      expect(info).toMatchObject({ name: 'f.txt', path: 'd/f.txt', isDir: false, size: 5 });
      expect(info.modified).toBeInstanceOf(Date);
      expect(Math.abs(info.modified.getTime() - before)).toBeLessThan(60_000);
      expect(written).toMatchObject({ path: info.path, size: 5, etag: info.etag, modified: info.modified });
    });

    it('tells of a directory, whose size is 0', async () => {
      await subject.fs.makeDir('d');
      expect(await subject.fs.getInfo('d')).toMatchObject({ name: 'd', path: 'd', isDir: true, size: 0 });
    });

    it.each(['', '/', '.', './', 'd/..'])('knows the root by the spelling %j', async (spelling) => {
      expect(await subject.fs.getInfo(spelling)).toMatchObject({ name: '', path: '', isDir: true, size: 0 });
    });

    it.each(['nothing', 'no/thing', 'f/below-a-file'])('finds nothing at %s', async (path) => {
      const { fs } = subject;
      await fs.write('f', 'x');
      await expectError(fs.getInfo(path), ResourceNotFound, path);
      expect([await fs.exists(path), await fs.isFile(path), await fs.isDir(path)]).toEqual([
        false,
        false,
        false,
      ]);
    });

    it('answers for files and directories', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      await fs.write('f', Buffer.alloc(1000));
      await fs.write('empty', '');
      expect([await fs.exists('d'), await fs.isDir('d'), await fs.isFile('d')]).toEqual([true, true, false]);
      expect([await fs.exists('f'), await fs.isDir('f'), await fs.isFile('f')]).toEqual([true, false, true]);
      expect([await fs.getType('d'), await fs.getType('f')]).toEqual(['directory', 'file']);
      expect([await fs.getSize('f'), await fs.getSize('empty'), await fs.getSize('d')]).toEqual([1000, 0, 0]);
      expect([await fs.isLink('f'), await fs.isLink('d')]).toEqual([false, false]);
    });

    it('refuses type, size and link of nothing', async () => {
      const { fs } = subject;
      await expectError(fs.getType('x'), ResourceNotFound, 'x');
      await expectError(fs.getSize('x'), ResourceNotFound, 'x');
      await expectError(fs.isLink('x'), ResourceNotFound, 'x');
    });

    it('gives each content of a path an entity tag of its own', async () => {
      const { fs } = subject;
      const tags = new Set<string>();
      for (let i = 0; i < 50; i++) {
        const { etag } = await fs.write('f', String(i).padStart(2));
        if (etag === undefined) return;
        expect(etag).toMatch(/^"[^"]+"$/);
        tags.add(etag);
      }
      expect(tags.size).toBe(50);
    });

    it('keeps the entity tag of a file that is only read', async () => {
      const { fs } = subject;
      const { etag } = await fs.write('f', 'x');
      await fs.readBytes('f');
      expect((await fs.getInfo('f')).etag).toBe(etag);
    });

    it('keeps the media type, where it says so', async () => {
      const { fs } = subject;
      await fs.write('f', 'x', { contentType: 'text/x-test' });
      const { contentType } = await fs.getInfo('f');
      if (fs.getMeta().contentType) expect(contentType).toBe('text/x-test');
      else expect(contentType).toBeUndefined();
    });

    it('forgets the media type of a file that is replaced', async () => {
      const { fs } = subject;
      await fs.write('f', 'x', { contentType: 'text/x-test' });
      await fs.write('f', 'y');
      expect((await fs.getInfo('f')).contentType).toBeUndefined();
    });
  });

  describe('setInfo', () => {
    const date = new Date('2001-02-03T04:05:06.789Z');

    it('sets the times it is given and leaves the rest, where it says so', async () => {
      const { fs } = subject;
      await fs.write('f', 'x');
      const before = await fs.getInfo('f');
      await fs.setInfo('f', { modified: date });
      const after = await fs.getInfo('f');
      expect(after.modified).toEqual(fs.getMeta().setTimes ? date : before.modified);
      await fs.setInfo('f', { accessed: date });
      if (fs.getMeta().setTimes) {
        expect(await fs.getInfo('f')).toMatchObject({ accessed: date, modified: date });
      }
      expect(await fs.readText('f')).toBe('x');
    });

    it('refuses a path with nothing', async () => {
      await expectError(subject.fs.setInfo('x', { modified: date }), ResourceNotFound, 'x');
    });
  });

  describe('about the filesystem', () => {
    it('tells what it can do', () => {
      expect(Object.values(subject.fs.getMeta()).length).toBeGreaterThan(5);
      expect(subject.fs.getMeta().removeBatch).toBeGreaterThanOrEqual(1);
    });

    it('has system paths or has not, whatever is there', () => {
      const { fs } = subject;
      expect(fs.hasSysPath('deep/missing/file')).toBe(fs.getMeta().sysPath);
      if (fs.getMeta().sysPath) expect(fs.getSysPath('a/b')).toMatch(/a.b$/);
      else expect(() => fs.getSysPath('a/b')).toThrow(/no path in the operating system/);
    });

    it('describes a resource in words', () => {
      expect(subject.fs.desc('a/b')).toContain('a/b');
      expect(typeof subject.fs.desc('')).toBe('string');
    });

    it('is the same storage each time it is asked', async () => {
      const { fs } = subject;
      const identity = await fs.identify({ create: true });
      expect(await fs.identify()).toBe(identity);
    });
  });
}
