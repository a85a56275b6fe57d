import assert from 'node:assert/strict';
import { ResourceNotFound } from '../../errors/errors.js';
import { assertMatches, assertSameFile, rejectsWith } from '../assertions.js';
import type { Subject, TestRunner } from '../runner.js';

export function describeInfo({ describe, it }: TestRunner, subject: Subject): void {
  describe('getInfo and what derives from it', () => {
    it('tells of a file', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      const before = Date.now();
      const written = await fs.write('d/f.txt', 'hello');
      const info = await fs.getInfo('d/f.txt');
      assertMatches(info, { name: 'f.txt', path: 'd/f.txt', isDir: false, size: 5 });
      assert.ok(info.modified instanceof Date);
      assert.ok(Math.abs(info.modified.getTime() - before) < 60_000);
      assertSameFile(written, info, fs.getMeta());
    });

    it('tells of a directory, whose size is 0', async () => {
      await subject.fs.makeDir('d');
      assertMatches(await subject.fs.getInfo('d'), { name: 'd', path: 'd', isDir: true, size: 0 });
    });

    for (const spelling of ['', '/', '.', './', 'd/..']) {
      it(`knows the root by the spelling ${JSON.stringify(spelling)}`, async () => {
        assertMatches(await subject.fs.getInfo(spelling), { name: '', path: '', isDir: true, size: 0 });
      });
    }

    for (const path of ['nothing', 'no/thing', 'f/below-a-file']) {
      it(`finds nothing at ${path}`, async () => {
        const { fs } = subject;
        await fs.write('f', 'x');
        await rejectsWith(fs.getInfo(path), ResourceNotFound, path);
        assert.deepEqual(
          [await fs.exists(path), await fs.isFile(path), await fs.isDir(path)],
          [false, false, false],
        );
      });
    }

    it('answers for files and directories', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      await fs.write('f', Buffer.alloc(1000));
      await fs.write('empty', '');
      assert.deepEqual(
        [await fs.exists('d'), await fs.isDir('d'), await fs.isFile('d')],
        [true, true, false],
      );
      assert.deepEqual(
        [await fs.exists('f'), await fs.isDir('f'), await fs.isFile('f')],
        [true, false, true],
      );
      assert.deepEqual([await fs.getType('d'), await fs.getType('f')], ['directory', 'file']);
      assert.deepEqual(
        [await fs.getSize('f'), await fs.getSize('empty'), await fs.getSize('d')],
        [1000, 0, 0],
      );
      assert.deepEqual([await fs.isLink('f'), await fs.isLink('d')], [false, false]);
    });

    it('refuses type, size and link of nothing', async () => {
      const { fs } = subject;
      await rejectsWith(fs.getType('x'), ResourceNotFound, 'x');
      await rejectsWith(fs.getSize('x'), ResourceNotFound, 'x');
      await rejectsWith(fs.isLink('x'), ResourceNotFound, 'x');
    });

    it('gives each content of a path an entity tag of its own', async () => {
      const { fs } = subject;
      const tags = new Set<string>();
      for (let i = 0; i < 50; i++) {
        const { etag } = await fs.write('f', String(i).padStart(2));
        if (etag === undefined) return;
        assert.match(etag, /^"[^"]+"$/);
        tags.add(etag);
      }
      assert.equal(tags.size, 50);
    });

    it('keeps the entity tag of a file that is only read', async () => {
      const { fs } = subject;
      const { etag } = await fs.write('f', 'x');
      await fs.readBytes('f');
      assert.equal((await fs.getInfo('f')).etag, etag);
    });

    it('keeps the media type, where it says so', async () => {
      const { fs } = subject;
      await fs.write('f', 'x', { contentType: 'text/x-test' });
      const { contentType } = await fs.getInfo('f');
      if (fs.getMeta().contentType) assert.equal(contentType, 'text/x-test');
      else assert.equal(contentType, undefined);
    });

    it('keeps a name to save the file under, where it says so and the name is another', async () => {
      const { fs } = subject;
      const keeps = fs.getMeta().filename;
      const told = async (path: string): Promise<string | undefined> => (await fs.getInfo(path)).filename;
      const info = await fs.write('f', 'x', { filename: 'Übersicht “2026”.txt' });
      assert.equal(info.filename, keeps ? 'Übersicht “2026”.txt' : undefined);
      assert.equal(await told('f'), info.filename);
      await fs.write('f', 'x', { filename: '/etc/a\r\nb\u202e"\\..\\c%d".txt ' });
      assert.equal(await told('f'), keeps ? 'c%d".txt' : undefined);
      for (const filename of ['f', 'a/f', '', '..', 'n'.repeat(256)]) {
        await fs.write('f', 'x', { filename });
        assert.equal(await told('f'), undefined);
      }
    });

    it('forgets the name to save a file under with the file', async () => {
      const { fs } = subject;
      await fs.write('f', 'x', { filename: 'first.txt' });
      await fs.write('f', 'x');
      assert.equal((await fs.getInfo('f')).filename, undefined);
      await fs.write('f', 'x', { filename: 'first.txt' });
      await fs.remove('f');
      await fs.write('f', 'x');
      assert.equal((await fs.getInfo('f')).filename, undefined);
    });

    it('forgets the media type of a file that is replaced', async () => {
      const { fs } = subject;
      await fs.write('f', 'x', { contentType: 'text/x-test' });
      await fs.write('f', 'y');
      assert.equal((await fs.getInfo('f')).contentType, undefined);
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
      assert.deepEqual(after.modified, fs.getMeta().setTimes ? date : before.modified);
      await fs.setInfo('f', { accessed: date });
      if (fs.getMeta().setTimes) {
        assertMatches(await fs.getInfo('f'), { accessed: date, modified: date });
      }
      assert.equal(await fs.readText('f'), 'x');
    });

    it('refuses what is no moment', async () => {
      await subject.fs.write('f', 'x');
      const before = await subject.fs.getInfo('f');
      for (const name of ['modified', 'accessed']) {
        await rejectsWith(subject.fs.setInfo('f', { [name]: new Date(Number.NaN) }), RangeError);
        await rejectsWith(subject.fs.setInfo('f', { [name]: 5 as never }), TypeError);
      }
      assert.deepEqual(await subject.fs.getInfo('f'), before);
    });

    it('takes moments before 1970, where it says so', async () => {
      const { fs } = subject;
      await fs.write('f', 'x');
      const modified = new Date('1969-12-30T23:59:58.750Z');
      await fs.setInfo('f', { modified });
      if (fs.getMeta().setTimes) assert.deepEqual((await fs.getInfo('f')).modified, modified);
    });

    it('keeps the entity tag of a file of which only the time of reading is set', async () => {
      const { fs } = subject;
      for (let i = 0; i < 20; i++) {
        const { etag } = await fs.write('f', 'x');
        await fs.setInfo('f', { accessed: new Date('2001-02-03') });
        assert.equal((await fs.getInfo('f')).etag, etag);
      }
    });

    it('refuses a path with nothing', async () => {
      await rejectsWith(subject.fs.setInfo('x', { modified: date }), ResourceNotFound, 'x');
    });
  });

  describe('about the filesystem', () => {
    it('tells what it can do', () => {
      assert.ok(Object.values(subject.fs.getMeta()).length > 5);
      assert.ok(subject.fs.getMeta().removeBatch >= 1);
    });

    it('has system paths or has not, whatever is there', () => {
      const { fs } = subject;
      assert.equal(fs.hasSysPath('deep/missing/file'), fs.getMeta().sysPath);
      if (fs.getMeta().sysPath) assert.match(fs.getSysPath('a/b'), /a.b$/);
      else assert.throws(() => fs.getSysPath('a/b'), /no path in the operating system/);
    });

    it('describes a resource in words', () => {
      assert.ok(subject.fs.desc('a/b').includes('a/b'));
      assert.equal(typeof subject.fs.desc(''), 'string');
    });

    it('is the same storage each time it is asked', async () => {
      const { fs } = subject;
      const identity = await fs.identify({ create: true });
      assert.equal(await fs.identify(), identity);
    });
  });
}
