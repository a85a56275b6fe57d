import assert from 'node:assert/strict';
import { DirectoryExpected, ResourceNotFound } from '../../errors/errors.js';
import { assertMatches, collect, pathsOf, rejectsWith } from '../assertions.js';
import type { Subject, TestRunner } from '../runner.js';

export function describeListing({ describe, it }: TestRunner, subject: Subject): void {
  describe('scanDir, listDir, isEmpty', () => {
    it('gives the direct children only', async () => {
      const { fs } = subject;
      await fs.makeDirs('d/deep/er');
      await fs.write('d/f', 'x');
      await fs.write('d/deep/g', 'x');
      await fs.makeDir('dd');
      assert.deepEqual(await fs.listDir('d'), ['deep', 'f']);
      assert.deepEqual(await fs.listDir(''), ['d', 'dd']);
      for (const spelling of ['/', '.', './', 'd/..'])
        assert.deepEqual(await fs.listDir(spelling), ['d', 'dd']);
    });

    it('gives what getInfo gives', async () => {
      const { fs } = subject;
      await fs.makeDirs('d/e');
      await fs.write('d/f', 'hello');
      const infos = await collect(fs.scanDir('d'));
      assertMatches(infos, [
        { name: 'e', path: 'd/e', isDir: true, size: 0 },
        { name: 'f', path: 'd/f', isDir: false, size: 5 },
      ]);
      assert.equal(infos[1]?.etag, (await fs.getInfo('d/f')).etag);
    });

    it('lists a directory in one of the same name', async () => {
      const { fs } = subject;
      await fs.makeDirs('foo/foo/foo');
      assert.deepEqual(
        [await fs.listDir(''), await fs.listDir('foo'), await fs.listDir('foo/foo')],
        [['foo'], ['foo'], ['foo']],
      );
    });

    it('orders by code point, so astral characters come last', async () => {
      const { fs } = subject;
      const ordered = ['!', '10', '9', 'Z', 'a', 'aa', 'b', 'é', '\ue000', '\uff5e', '😀', '😁'];
      for (const name of [...ordered].reverse()) await fs.write(name, 'x');
      assert.deepEqual(await fs.listDir(''), ordered);
    });

    it('lists more entries than fit in one batch', async () => {
      const { fs } = subject;
      const names = Array.from({ length: 150 }, (_, i) => `f${String(i).padStart(3, '0')}`);
      await Promise.all(names.map((name) => fs.write(name, '')));
      assert.deepEqual(await fs.listDir(''), names);
    });

    it('lists more than a thousand entries', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      const names = Array.from({ length: 1050 }, (_, i) => `f${String(i).padStart(4, '0')}`);
      for (let at = 0; at < names.length; at += 50) {
        await Promise.all(names.slice(at, at + 50).map((name) => fs.write(`d/${name}`, '')));
      }
      assert.deepEqual(await fs.listDir('d'), names);
      assert.deepEqual(
        await pathsOf(fs.walk('d', { search: 'depth' })),
        names.map((name) => `d/${name}`),
      );
      await fs.removeTree('d');
      assert.equal(await fs.exists('d'), false);
    });

    it('leaves out nothing after the name that is hinted at', async () => {
      const { fs } = subject;
      for (const name of ['a', 'b', 'c', 'd']) await fs.write(name, '');
      const seen = (await collect(fs.scanDir('', { after: 'b' }))).map(({ name }) => name);
      assert.deepEqual(seen.slice(-2), ['c', 'd']);
      assert.deepEqual(
        (await collect(fs.scanDir('', { after: 'bb' }))).slice(-2).map(({ name }) => name),
        ['c', 'd'],
      );
    });

    it('can be left early', async () => {
      const { fs } = subject;
      for (const name of ['a', 'b', 'c']) await fs.write(name, '');
      for await (const { name } of fs.scanDir('')) {
        assert.equal(name, 'a');
        break;
      }
      assert.deepEqual(await fs.listDir(''), ['a', 'b', 'c']);
    });

    it('lets what it lists be removed', async () => {
      const { fs } = subject;
      for (const name of ['a', 'b', 'c']) await fs.write(name, '');
      for await (const { path } of fs.scanDir('')) await fs.remove(path);
      assert.deepEqual(await fs.listDir(''), []);
    });

    it('tells an empty directory', async () => {
      const { fs } = subject;
      assert.equal(await fs.isEmpty(''), true);
      await fs.makeDir('d');
      assert.deepEqual([await fs.isEmpty(''), await fs.isEmpty('d')], [false, true]);
      await fs.write('d/f', '');
      assert.equal(await fs.isEmpty('d'), false);
      await fs.remove('d/f');
      assert.equal(await fs.isEmpty('d'), true);
      assert.deepEqual(await fs.listDir('d'), []);
    });

    it('refuses a missing directory and a file, at the first next()', async () => {
      const { fs } = subject;
      await fs.write('f', '');
      const missing = fs.scanDir('x');
      await rejectsWith(collect(missing), ResourceNotFound, 'x');
      await rejectsWith(collect(fs.scanDir('f')), DirectoryExpected, 'f');
      await rejectsWith(fs.listDir('f/x'), ResourceNotFound, 'f/x');
      await rejectsWith(fs.isEmpty('x'), ResourceNotFound, 'x');
      await rejectsWith(fs.isEmpty('f'), DirectoryExpected, 'f');
    });
  });
}
