import assert from 'node:assert/strict';
import {
  DestinationExists,
  DirectoryExpected,
  FileExpected,
  IllegalDestination,
  ResourceNotFound,
} from '../../errors/errors.js';
import type { CopyOptions } from '../../fs/transfer-options.js';
import { rejectsWith } from '../assertions.js';
import type { Subject, TestRunner } from '../runner.js';

const past = new Date('2001-02-03T04:05:06.789Z');

export function describeCopyAndMove({ describe, it }: TestRunner, subject: Subject): void {
  for (const method of ['copy', 'move'] as const) {
    describe(`${method}`, () => {
      it('brings the file to a new name', async () => {
        const { fs } = subject;
        await fs.makeDirs('d');
        await fs.write('f', 'content', { contentType: 'text/x-test' });
        await fs[method]('f', 'd/g');
        assert.equal(await fs.readText('d/g'), 'content');
        assert.equal(await fs.exists('f'), method === 'copy');
        assert.equal(
          (await fs.getInfo('d/g')).contentType,
          fs.getMeta().contentType ? 'text/x-test' : undefined,
        );
        assert.deepEqual(await fs.listDir('d'), ['g']);
      });

      it('takes a name to save the file under along, where one is kept', async () => {
        const { fs } = subject;
        await fs.write('f', 'content', { filename: 'name.txt' });
        await fs.write('g', 'other', { filename: 'other.txt' });
        await fs[method]('f', 'g', { overwrite: true });
        assert.equal((await fs.getInfo('g')).filename, fs.getMeta().filename ? 'name.txt' : undefined);
        await fs.write('h', 'plain');
        await fs[method]('h', 'g', { overwrite: true });
        assert.equal((await fs.getInfo('g')).filename, undefined);
      });

      it('replaces a file only when told', async () => {
        const { fs } = subject;
        await fs.write('f', 'new');
        await fs.write('g', 'old');
        await rejectsWith(fs[method]('f', 'g'), DestinationExists, 'g');
        assert.deepEqual([await fs.readText('f'), await fs.readText('g')], ['new', 'old']);
        await fs[method]('f', 'g', { overwrite: true });
        assert.equal(await fs.readText('g'), 'new');
        assert.equal(await fs.exists('f'), method === 'copy');
      });

      it('needs the source, and the directory of the destination unless it makes it', async () => {
        const { fs } = subject;
        await fs.write('f', 'x');
        await rejectsWith(fs[method]('missing', 'g'), ResourceNotFound, 'missing');
        await rejectsWith(fs[method]('no/f', 'g'), ResourceNotFound, 'no/f');
        if (!fs.getMeta().makesParents) await rejectsWith(fs[method]('f', 'no/g'), ResourceNotFound, 'no/g');
        await rejectsWith(fs[method]('f', 'f/g'), DirectoryExpected, 'f');
        assert.deepEqual(await fs.listDir(''), ['f']);
      });

      it('refuses directories at either end', async () => {
        const { fs } = subject;
        await fs.makeDir('d');
        await fs.makeDir('e');
        await fs.write('f', 'x');
        await rejectsWith(fs[method]('d', 'g'), FileExpected, 'd');
        await rejectsWith(fs[method]('f', 'd'), DestinationExists, 'd');
        await rejectsWith(fs[method]('f', 'd', { overwrite: true }), FileExpected, 'd');
        assert.deepEqual(await fs.listDir(''), ['d', 'e', 'f']);
      });

      it('looks at the destination first', async () => {
        await subject.fs.write('g', 'x');
        await rejectsWith(subject.fs[method]('missing', 'g'), DestinationExists, 'g');
      });

      it('lets one of many win a free name', async () => {
        const { fs } = subject;
        if (!fs.getMeta().createOnly) return;
        const sources = Array.from({ length: 6 }, (_, i) => `s${i}`);
        for (const source of sources) await fs.write(source, source);
        const results = await Promise.allSettled(sources.map((source) => fs[method](source, 'target')));
        const winners = sources.filter((_, i) => results[i]?.status === 'fulfilled');
        assert.deepEqual(winners, [await fs.readText('target')]);
        for (const result of results) {
          if (result.status === 'rejected') assert.ok(result.reason instanceof DestinationExists);
        }
      });
    });
  }

  describe('copy', () => {
    it('does not tie the copy to its source', async () => {
      const { fs } = subject;
      await fs.write('f', 'one');
      await fs.copy('f', 'g');
      await fs.write('f', 'two');
      assert.equal(await fs.readText('g'), 'one');
      await fs.remove('f');
      assert.equal(await fs.readText('g'), 'one');
    });

    it('brings the time only when told', async () => {
      const { fs } = subject;
      await fs.write('f', 'x');
      await fs.setInfo('f', { modified: past });
      await fs.copy('f', 'g');
      await fs.copy('f', 'h', { preserveTime: true });
      assert.notDeepEqual((await fs.getInfo('g')).modified, past);
      if (fs.getMeta().setTimes) assert.deepEqual((await fs.getInfo('h')).modified, past);
    });

    for (const spelling of ['f', './f', 'd/../f']) {
      it(`refuses to copy f onto itself, spelled ${spelling}`, async () => {
        const { fs } = subject;
        await fs.write('f', 'x');
        await rejectsWith(fs.copy('f', spelling), DestinationExists, 'f');
        await rejectsWith(fs.copy('f', spelling, { overwrite: true }), IllegalDestination, 'f');
        assert.equal(await fs.readText('f'), 'x');
      });
    }

    it('copies a large file', async () => {
      const { fs } = subject;
      const bytes = Buffer.alloc(1_500_000, 'large');
      await fs.write('f', bytes);
      await fs.copy('f', 'g');
      assert.equal((await fs.readBytes('g')).equals(bytes), true);
    });
  });

  describe('move', () => {
    it('keeps the time', async () => {
      const { fs } = subject;
      await fs.write('f', 'x');
      await fs.setInfo('f', { modified: past });
      await fs.move('f', 'g');
      if (fs.getMeta().setTimes) assert.deepEqual((await fs.getInfo('g')).modified, past);
    });

    it('brings the time unless told not to', async () => {
      const { fs } = subject;
      if (!fs.getMeta().setTimes) return;
      const modifiedAfter = async (options?: CopyOptions) => {
        await fs.write('f', 'x');
        await fs.setInfo('f', { modified: past });
        await fs.move('f', 'g', { overwrite: true, ...options });
        return (await fs.getInfo('g')).modified;
      };
      assert.deepEqual(await modifiedAfter(), past);
      assert.deepEqual(await modifiedAfter({ preserveTime: undefined as never }), past);
      assert.notDeepEqual(await modifiedAfter({ preserveTime: false }), past);
    });

    for (const spelling of ['f', './f', 'd/../f']) {
      it(`does nothing when f is moved onto itself, spelled ${spelling}`, async () => {
        const { fs } = subject;
        await fs.write('f', 'x');
        await rejectsWith(fs.move('f', spelling), DestinationExists, 'f');
        await fs.move('f', spelling, { overwrite: true });
        assert.equal(await fs.readText('f'), 'x');
        await fs.makeDir('dir');
        await rejectsWith(fs.move('dir', 'dir', { overwrite: true }), FileExpected, 'dir');
        await rejectsWith(fs.move('missing', 'missing', { overwrite: true }), ResourceNotFound, 'missing');
      });
    }
  });
}
