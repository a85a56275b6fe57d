import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { FileExpected, OperationFailed, ResourceNotFound } from '../../errors/errors.js';
import type { ReadOptions } from '../../fs/essentials.js';
import type { Filesystem } from '../../fs/filesystem.js';
import { rejectsWith } from '../assertions.js';
import type { Subject, TestRunner } from '../runner.js';

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

async function readRange(fs: Filesystem, path: string, range?: ReadOptions): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of await fs.openRead(path, range)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

export function describeReading({ describe, it }: TestRunner, subject: Subject): void {
  describe('openRead', () => {
    for (const [range, expected] of [
      [{}, '0123456789'],
      [{ start: 0 }, '0123456789'],
      [{ start: 3 }, '3456789'],
      [{ end: 0 }, '0'],
      [{ start: 2, end: 4 }, '234'],
      [{ start: 9, end: 9 }, '9'],
      [{ start: 5, end: 1000 }, '56789'],
      [{ start: 10 }, ''],
      [{ start: 1000, end: 2000 }, ''],
    ] as const) {
      it(`${JSON.stringify(range)} of ten digits is ${JSON.stringify(expected)}`, async () => {
        await subject.fs.write('f', '0123456789');
        assert.equal(await readRange(subject.fs, 'f', range), expected);
      });
    }

    for (const range of [
      { start: 4, end: 3 },
      { start: -1 },
      { end: -1 },
      { start: 0.5 },
      { start: Number.NaN },
    ]) {
      it(`refuses ${JSON.stringify(range)} with a RangeError`, async () => {
        await subject.fs.write('f', '0123456789');
        await rejectsWith(subject.fs.openRead('f', range), RangeError);
      });
    }

    it('streams an empty file to its end', async () => {
      await subject.fs.write('f', '');
      assert.equal(await readRange(subject.fs, 'f'), '');
      assert.equal(await readRange(subject.fs, 'f', { start: 0, end: 0 }), '');
    });

    it('refuses a directory, the root, and what is missing', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      await fs.write('f', '');
      await rejectsWith(fs.openRead('d'), FileExpected, 'd');
      await rejectsWith(fs.openRead(''), FileExpected, '');
      await rejectsWith(fs.openRead('x'), ResourceNotFound, 'x');
      await rejectsWith(fs.openRead('x/y/z'), ResourceNotFound, 'x/y/z');
      await rejectsWith(fs.openRead('f/x'), ResourceNotFound, 'f/x');
    });

    it('reads to its end the version it began with', async () => {
      const { fs } = subject;
      const old = Buffer.alloc(300_000, 'o');
      await fs.write('f', old);
      const stream = await fs.openRead('f');
      await fs.write('f', 'new');
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      assert.equal(Buffer.concat(chunks).equals(old), true);
      assert.equal(await fs.readText('f'), 'new');
    });

    it('gives chunks that the reader may change', async () => {
      const { fs } = subject;
      await fs.write('f', 'hello');
      for await (const chunk of await fs.openRead('f')) (chunk as Buffer).fill(0);
      assert.equal(await fs.readText('f'), 'hello');
    });

    it('can be destroyed before and during reading', async () => {
      const { fs } = subject;
      await fs.write('f', Buffer.alloc(500_000));
      (await fs.openRead('f')).destroy();
      for await (const _ of await fs.openRead('f')) break;
      await fs.remove('f');
      assert.equal(await fs.exists('f'), false);
    });

    it('serves readers at once', async () => {
      const { fs } = subject;
      const bytes = Buffer.alloc(200_000, 'abc');
      await fs.write('f', bytes);
      const all = await Promise.all(Array.from({ length: 8 }, () => fs.readBytes('f')));
      assert.equal(
        all.every((read) => read.equals(bytes)),
        true,
      );
    });
  });

  describe('readBytes, readText, download', () => {
    it('reads every byte value', async () => {
      await subject.fs.write('f', ALL_BYTES);
      const bytes = await subject.fs.readBytes('f');
      assert.equal(Buffer.isBuffer(bytes), true);
      assert.equal(bytes.equals(ALL_BYTES), true);
    });

    it('reads text of many scripts, whatever the chunks', async () => {
      const text = 'Ünïcödé Ωμέγα 日本語 😀\r\n'.repeat(20_000);
      await subject.fs.write('f', text);
      assert.equal((await subject.fs.readText('f')) === text, true);
    });

    it('reads text in another encoding', async () => {
      await subject.fs.write('f', Buffer.from('déjà', 'latin1'));
      assert.equal(await subject.fs.readText('f', 'latin1'), 'déjà');
    });

    it('does not download into a writable that has ended', async () => {
      await subject.fs.write('f', 'x');
      const ended = new PassThrough().resume();
      ended.end();
      await rejectsWith(subject.fs.download('f', ended), OperationFailed, 'f');
      await finished(ended);
      await rejectsWith(subject.fs.download('f', ended), OperationFailed, 'f');
      const destroyed = new PassThrough();
      destroyed.destroy();
      await rejectsWith(subject.fs.download('f', destroyed), OperationFailed, 'f');
    });

    it('downloads into a WritableStream that can be written to afterwards', async () => {
      const chunks: Uint8Array[] = [];
      const writable = new WritableStream<Uint8Array>({
        write: (chunk) => {
          chunks.push(chunk);
        },
      });
      await subject.fs.write('f', 'text');
      await subject.fs.download('f', writable);
      const writer = writable.getWriter();
      await rejectsWith(subject.fs.download('f', writable), OperationFailed, 'f');
      await writer.write(Buffer.from(' and more'));
      await writer.close();
      assert.equal(Buffer.concat(chunks).toString(), 'text and more');
      await writer.closed;
      writer.releaseLock();
      await rejectsWith(subject.fs.download('f', writable), OperationFailed, 'f');
    });

    it('downloads into a writable that stays open', async () => {
      await subject.fs.write('f', 'hello');
      const sink = new PassThrough();
      await subject.fs.download('f', sink);
      sink.end(' there');
      assert.equal((await sink.toArray()).join(''), 'hello there');
    });

    for (const method of ['readBytes', 'readText'] as const) {
      it(`${method} refuses directories and nothing`, async () => {
        const { fs } = subject;
        await fs.makeDir('d');
        await rejectsWith(fs[method]('d'), FileExpected, 'd');
        await rejectsWith(fs[method]('x'), ResourceNotFound, 'x');
        await rejectsWith(fs[method]('x/y'), ResourceNotFound, 'x/y');
        await rejectsWith(fs.download('x', new PassThrough()), ResourceNotFound, 'x');
      });
    }
  });
}
