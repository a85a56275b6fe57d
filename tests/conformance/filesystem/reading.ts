import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { FileExpected, ResourceNotFound } from '../../../src/errors/errors.js';
import type { ReadOptions } from '../../../src/fs/essentials.js';
import type { Filesystem } from '../../../src/fs/filesystem.js';
import { expectError } from '../../support/expect-error.js';
import type { Subject } from '../filesystem.js';

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

async function readRange(fs: Filesystem, path: string, range?: ReadOptions): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of await fs.openRead(path, range)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

export function describeReading(subject: Subject): void {
  describe('openRead', () => {
    it.each([
      [{}, '0123456789'],
      [{ start: 0 }, '0123456789'],
      [{ start: 3 }, '3456789'],
      [{ end: 0 }, '0'],
      [{ start: 2, end: 4 }, '234'],
      [{ start: 9, end: 9 }, '9'],
      [{ start: 5, end: 1000 }, '56789'],
      [{ start: 10 }, ''],
      [{ start: 1000, end: 2000 }, ''],
    ])('%j of ten digits is %j', async (range, expected) => {
      await subject.fs.write('f', '0123456789');
      expect(await readRange(subject.fs, 'f', range)).toBe(expected);
    });

    it.each([{ start: 4, end: 3 }, { start: -1 }, { end: -1 }, { start: 0.5 }, { start: Number.NaN }])(
      'refuses %j with a RangeError',
      async (range) => {
        await subject.fs.write('f', '0123456789');
        await expectError(subject.fs.openRead('f', range), RangeError);
      },
    );

    it('streams an empty file to its end', async () => {
      await subject.fs.write('f', '');
      expect(await readRange(subject.fs, 'f')).toBe('');
      expect(await readRange(subject.fs, 'f', { start: 0, end: 0 })).toBe('');
    });

    it('refuses a directory, the root, and what is missing', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      await fs.write('f', '');
      await expectError(fs.openRead('d'), FileExpected, 'd');
      await expectError(fs.openRead(''), FileExpected, '');
      await expectError(fs.openRead('x'), ResourceNotFound, 'x');
      await expectError(fs.openRead('x/y/z'), ResourceNotFound, 'x/y/z');
      await expectError(fs.openRead('f/x'), ResourceNotFound, 'f/x');
    });

    it('reads to its end the version it began with', async () => {
      const { fs } = subject;
      const old = Buffer.alloc(300_000, 'o');
      await fs.write('f', old);
      const stream = await fs.openRead('f');
      await fs.write('f', 'new');
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      expect(Buffer.concat(chunks).equals(old)).toBe(true);
      expect(await fs.readText('f')).toBe('new');
    });

    it('gives chunks that the reader may change', async () => {
      const { fs } = subject;
      await fs.write('f', 'hello');
      for await (const chunk of await fs.openRead('f')) (chunk as Buffer).fill(0);
      expect(await fs.readText('f')).toBe('hello');
    });

    it('can be destroyed before and during reading', async () => {
      const { fs } = subject;
      await fs.write('f', Buffer.alloc(500_000));
      (await fs.openRead('f')).destroy();
      for await (const _ of await fs.openRead('f')) break;
      await fs.remove('f');
      expect(await fs.exists('f')).toBe(false);
    });

    it('serves readers at once', async () => {
      const { fs } = subject;
      const bytes = Buffer.alloc(200_000, 'abc');
      await fs.write('f', bytes);
      const all = await Promise.all(Array.from({ length: 8 }, () => fs.readBytes('f')));
      expect(all.every((read) => read.equals(bytes))).toBe(true);
    });
  });

  describe('readBytes, readText, download', () => {
    it('reads every byte value', async () => {
      await subject.fs.write('f', ALL_BYTES);
      const bytes = await subject.fs.readBytes('f');
      expect(Buffer.isBuffer(bytes)).toBe(true);
      expect(bytes.equals(ALL_BYTES)).toBe(true);
    });

    it('reads text of many scripts, whatever the chunks', async () => {
      const text = 'Ünïcödé Ωμέγα 日本語 😀\r\n'.repeat(20_000);
      await subject.fs.write('f', text);
      expect((await subject.fs.readText('f')) === text).toBe(true);
    });

    it('reads text in another encoding', async () => {
      await subject.fs.write('f', Buffer.from('déjà', 'latin1'));
      expect(await subject.fs.readText('f', 'latin1')).toBe('déjà');
    });

    it('downloads into a writable that stays open', async () => {
      await subject.fs.write('f', 'hello');
      const sink = new PassThrough();
      await subject.fs.download('f', sink);
      sink.end(' there');
      expect((await sink.toArray()).join('')).toBe('hello there');
    });

    it.each(['readBytes', 'readText'] as const)('%s refuses directories and nothing', async (method) => {
      const { fs } = subject;
      await fs.makeDir('d');
      await expectError(fs[method]('d'), FileExpected, 'd');
      await expectError(fs[method]('x'), ResourceNotFound, 'x');
      await expectError(fs[method]('x/y'), ResourceNotFound, 'x/y');
      await expectError(fs.download('x', new PassThrough()), ResourceNotFound, 'x');
    });
  });
}
