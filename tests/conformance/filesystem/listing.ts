import { describe, expect, it } from '@jest/globals';
import { DirectoryExpected, ResourceNotFound } from '../../../src/errors/errors.js';
import type { Info } from '../../../src/fs/info.js';
import { expectError } from '../../support/expect-error.js';
import type { Subject } from '../filesystem.js';

async function collect(infos: AsyncIterable<Info>): Promise<Info[]> {
  const all: Info[] = [];
  for await (const info of infos) all.push(info);
  return all;
}

export function describeListing(subject: Subject): void {
  describe('scanDir, listDir, isEmpty', () => {
    it('gives the direct children only', async () => {
      const { fs } = subject;
      await fs.makeDirs('d/deep/er');
      await fs.write('d/f', 'x');
      await fs.write('d/deep/g', 'x');
      await fs.makeDir('dd');
      expect(await fs.listDir('d')).toEqual(['deep', 'f']);
      expect(await fs.listDir('')).toEqual(['d', 'dd']);
      for (const spelling of ['/', '.', './', 'd/..'])
        expect(await fs.listDir(spelling)).toEqual(['d', 'dd']);
    });

    it('gives what getInfo gives', async () => {
      const { fs } = subject;
      await fs.makeDirs('d/e');
      await fs.write('d/f', 'hello');
      const infos = await collect(fs.scanDir('d'));
      expect(infos).toMatchObject([
        { name: 'e', path: 'd/e', isDir: true, size: 0 },
        { name: 'f', path: 'd/f', isDir: false, size: 5 },
      ]);
      expect(infos[1]?.etag).toBe((await fs.getInfo('d/f')).etag);
    });

    it('lists a directory in one of the same name', async () => {
      const { fs } = subject;
      await fs.makeDirs('foo/foo/foo');
      expect([await fs.listDir(''), await fs.listDir('foo'), await fs.listDir('foo/foo')]).toEqual([
        ['foo'],
        ['foo'],
        ['foo'],
      ]);
    });

    it('orders by code point, so astral characters come last', async () => {
      const { fs } = subject;
      const ordered = ['!', '10', '9', 'Z', 'a', 'aa', 'b', 'é', '\ue000', '\uff5e', '😀', '😁'];
      for (const name of [...ordered].reverse()) await fs.write(name, 'x');
      expect(await fs.listDir('')).toEqual(ordered);
    });

    it('lists more entries than fit in one batch', async () => {
      const { fs } = subject;
      const names = Array.from({ length: 150 }, (_, i) => `f${String(i).padStart(3, '0')}`);
      await Promise.all(names.map((name) => fs.write(name, '')));
      expect(await fs.listDir('')).toEqual(names);
    });

    it('can be left early', async () => {
      const { fs } = subject;
      for (const name of ['a', 'b', 'c']) await fs.write(name, '');
      for await (const { name } of fs.scanDir('')) {
        expect(name).toBe('a');
        break;
      }
      expect(await fs.listDir('')).toEqual(['a', 'b', 'c']);
    });

    it('lets what it lists be removed', async () => {
      const { fs } = subject;
      for (const name of ['a', 'b', 'c']) await fs.write(name, '');
      for await (const { path } of fs.scanDir('')) await fs.remove(path);
      expect(await fs.listDir('')).toEqual([]);
    });

    it('tells an empty directory', async () => {
      const { fs } = subject;
      expect(await fs.isEmpty('')).toBe(true);
      await fs.makeDir('d');
      expect([await fs.isEmpty(''), await fs.isEmpty('d')]).toEqual([false, true]);
      await fs.write('d/f', '');
      expect(await fs.isEmpty('d')).toBe(false);
      await fs.remove('d/f');
      expect(await fs.isEmpty('d')).toBe(true);
      expect(await fs.listDir('d')).toEqual([]);
    });

    it('refuses a missing directory and a file, at the first next()', async () => {
      const { fs } = subject;
      await fs.write('f', '');
      const missing = fs.scanDir('x');
      await expectError(collect(missing), ResourceNotFound, 'x');
      await expectError(collect(fs.scanDir('f')), DirectoryExpected, 'f');
      await expectError(fs.listDir('f/x'), ResourceNotFound, 'f/x');
      await expectError(fs.isEmpty('x'), ResourceNotFound, 'x');
      await expectError(fs.isEmpty('f'), DirectoryExpected, 'f');
    });
  });
}
