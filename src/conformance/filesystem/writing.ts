import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { DirectoryExpected, FileExists, FileExpected, ResourceNotFound } from '../../errors/errors.js';
import { assertMatches, assertSameFile, rejectsWith } from '../assertions.js';
import type { Subject, TestRunner } from '../runner.js';

export function describeWriting({ describe, it }: TestRunner, subject: Subject): void {
  describe('write', () => {
    it('creates, then replaces by something shorter', async () => {
      const { fs } = subject;
      await fs.write('f', 'a longer text');
      await fs.write('f', 'short');
      assert.equal(await fs.readText('f'), 'short');
      assert.deepEqual(await fs.listDir(''), ['f']);
    });

    it('answers what it stored', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      const info = await fs.write('/d//x/../f', 'hello');
      assertMatches(info, { name: 'f', path: 'd/f', isDir: false, size: 5 });
      assertSameFile(info, await fs.getInfo('d/f'), fs.getMeta());
    });

    it('needs the parent directory, and makes none, or makes it where it says so', async () => {
      const { fs } = subject;
      if (fs.getMeta().makesParents) {
        await fs.write('no/such/f', 'x');
        assert.equal(await fs.readText('no/such/f'), 'x');
        return;
      }
      await rejectsWith(fs.write('no/f', 'x'), ResourceNotFound, 'no/f');
      await rejectsWith(fs.write('no/such/f', 'x'), ResourceNotFound, 'no/such/f');
      assert.equal(await fs.exists('no'), false);
    });

    it('refuses a file as parent', async () => {
      const { fs } = subject;
      await fs.write('f', 'x');
      await rejectsWith(fs.write('f/g', 'y'), DirectoryExpected, 'f');
      await rejectsWith(fs.write('f/g/h', 'y'), DirectoryExpected, 'f');
      assert.equal(await fs.readText('f'), 'x');
    });

    for (const overwrite of [true, false]) {
      it(`refuses a directory and the root (overwrite: ${overwrite})`, async () => {
        const { fs } = subject;
        await fs.makeDir('d');
        await rejectsWith(fs.write('d', 'x', { overwrite }), FileExpected, 'd');
        await rejectsWith(fs.write('', 'x', { overwrite }), FileExpected, '');
        assert.equal(await fs.isDir('d'), true);
      });
    }

    it('leaves a file that is there with overwrite: false', async () => {
      const { fs } = subject;
      await fs.write('f', 'first', { overwrite: false });
      await rejectsWith(fs.write('f', 'second', { overwrite: false }), FileExists, 'f');
      assert.equal(await fs.readText('f'), 'first');
    });

    it('lets one of many creators win', async () => {
      const { fs } = subject;
      if (!fs.getMeta().createOnly) return;
      for (let round = 0; round < 5; round++) {
        const path = `f${round}`;
        const tries = Array.from({ length: 10 }, (_, i) => fs.write(path, String(i), { overwrite: false }));
        const results = await Promise.allSettled(tries);
        const winners = results.flatMap(({ status }, i) => (status === 'fulfilled' ? [String(i)] : []));
        assert.deepEqual(winners, [await fs.readText(path)]);
        for (const result of results) {
          if (result.status === 'rejected') assert.ok(result.reason instanceof FileExists);
        }
      }
    });

    it('shows readers the old file or the whole new one', async () => {
      const { fs } = subject;
      const versions = Array.from({ length: 10 }, (_, i) => Buffer.alloc(100_000 + i * 1000, String(i)));
      await fs.write('f', versions[0] as Buffer);
      const writing = (async () => {
        for (const version of versions) await fs.write('f', version);
      })();
      for (let i = 0; i < 20; i++) {
        const seen = await fs.readBytes('f');
        assert.equal(
          versions.some((version) => version.equals(seen)),
          true,
        );
      }
      await writing;
      assert.equal((await fs.readBytes('f')).equals(versions.at(-1) as Buffer), true);
    });

    it('leaves whole the last of writers at once', async () => {
      const { fs } = subject;
      const bodies = Array.from({ length: 6 }, (_, i) => Buffer.alloc(80_000, String(i)));
      await Promise.all(
        bodies.map((body) => fs.write('f', Readable.from([body.subarray(0, 40_000), body.subarray(40_000)]))),
      );
      const stored = await fs.readBytes('f');
      assert.equal(
        bodies.some((body) => body.equals(stored)),
        true,
      );
      assert.deepEqual(await fs.listDir(''), ['f']);
    });
  });

  describe('writeBytes, writeText, append, upload, create, touch', () => {
    it('takes bytes or text, and not the other', async () => {
      const { fs } = subject;
      await fs.writeBytes('b', new Uint8Array([0, 255]));
      await fs.writeText('t', 'é');
      assert.deepEqual([...(await fs.readBytes('b'))], [0, 255]);
      assert.equal(await fs.getSize('t'), 2);
      await rejectsWith(fs.writeBytes('b', 'text' as never), TypeError);
      await rejectsWith(fs.writeText('t', new Uint8Array(1) as never), TypeError);
      await rejectsWith(fs.appendBytes('b', 'text' as never), TypeError);
      await rejectsWith(fs.appendText('t', new Uint8Array(1) as never), TypeError);
    });

    it('appends, and creates for it', async () => {
      const { fs } = subject;
      await fs.appendText('f', 'one');
      await fs.appendBytes('f', Buffer.from(' two'));
      await fs.appendText('f', '');
      assert.equal(await fs.readText('f'), 'one two');
      await fs.makeDir('d');
      await rejectsWith(fs.appendText('d', 'x'), FileExpected, 'd');
      if (!fs.getMeta().makesParents) await rejectsWith(fs.appendText('no/f', 'x'), ResourceNotFound, 'no/f');
    });

    it('keeps the media type of what it appends to, and its name', async () => {
      const { fs } = subject;
      const kept = { contentType: 'text/x-test', filename: 'name.txt' };
      const { contentType, filename } = await fs.write('f', 'a', kept);
      await fs.appendText('f', 'b');
      const info = await fs.getInfo('f');
      assert.deepEqual([info.contentType, info.filename], [contentType, filename]);
    });

    it('uploads a stream', async () => {
      const { fs } = subject;
      await fs.upload('f', Readable.from(['a', 'b']));
      assert.equal(await fs.readText('f'), 'ab');
      if (fs.getMeta().makesParents) return;
      await rejectsWith(fs.upload('no/f', Readable.from(['a'])), ResourceNotFound, 'no/f');
    });

    it('creates an empty file, and empties one only when told', async () => {
      const { fs } = subject;
      assert.equal(await fs.create('f'), true);
      assert.equal(await fs.getSize('f'), 0);
      await fs.write('f', 'text');
      assert.equal(await fs.create('f'), false);
      assert.equal(await fs.readText('f'), 'text');
      assert.equal(await fs.create('f', { wipe: true }), true);
      assert.equal(await fs.getSize('f'), 0);
    });

    it('creates nothing where a directory is, and wipes none', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      await fs.write('d/f', 'x');
      for (const path of ['d', '']) {
        assert.equal(await fs.create(path), false);
        assert.equal(await fs.create(path, { wipe: false }), false);
        await rejectsWith(fs.create(path, { wipe: true }), FileExpected, path);
      }
      assert.equal(await fs.readText('d/f'), 'x');
    });

    it('touches a directory as well', async () => {
      const { fs } = subject;
      await fs.touch('');
      await fs.makeDir('d');
      const past = new Date('2001-01-01T00:00:00Z');
      await fs.setInfo('d', { modified: past, accessed: past });
      await fs.touch('d');
      const { modified } = await fs.getInfo('d');
      if (fs.getMeta().setTimes) assert.ok(modified.getTime() > past.getTime());
      assert.deepEqual([await fs.isDir('d'), await fs.listDir('')], [true, ['d']]);
    });

    it('touches: creates, or brings the times up to now', async () => {
      const { fs } = subject;
      await fs.touch('f');
      await fs.write('f', 'text');
      const past = new Date('2001-01-01T00:00:00Z');
      await fs.setInfo('f', { modified: past, accessed: past });
      await fs.touch('f');
      assert.ok((await fs.getInfo('f')).modified.getTime() > past.getTime());
      assert.equal(await fs.readText('f'), 'text');
    });
  });
}
