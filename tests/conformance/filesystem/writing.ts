import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { DirectoryExpected, FileExists, FileExpected, ResourceNotFound } from '../../../src/errors/errors.js';
import { expectError } from '../../support/expect-error.js';
import type { Subject } from '../filesystem.js';
import { expectSameFile } from './same-file.js';

export function describeWriting(subject: Subject): void {
  describe('write', () => {
    it('creates, then replaces by something shorter', async () => {
      const { fs } = subject;
      await fs.write('f', 'a longer text');
      await fs.write('f', 'short');
      expect(await fs.readText('f')).toBe('short');
      expect(await fs.listDir('')).toEqual(['f']);
    });

    it('answers what it stored', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      const info = await fs.write('/d//x/../f', 'hello');
      expect(info).toMatchObject({ name: 'f', path: 'd/f', isDir: false, size: 5 });
      expectSameFile(info, await fs.getInfo('d/f'), fs.getMeta());
    });

    it('needs the parent directory, and makes none', async () => {
      const { fs } = subject;
      await expectError(fs.write('no/f', 'x'), ResourceNotFound, 'no/f');
      await expectError(fs.write('no/such/f', 'x'), ResourceNotFound, 'no/such/f');
      expect(await fs.exists('no')).toBe(false);
    });

    it('refuses a file as parent', async () => {
      const { fs } = subject;
      await fs.write('f', 'x');
      await expectError(fs.write('f/g', 'y'), DirectoryExpected, 'f');
      await expectError(fs.write('f/g/h', 'y'), DirectoryExpected, 'f');
      expect(await fs.readText('f')).toBe('x');
    });

    it.each([true, false])('refuses a directory and the root (overwrite: %s)', async (overwrite) => {
      const { fs } = subject;
      await fs.makeDir('d');
      await expectError(fs.write('d', 'x', { overwrite }), FileExpected, 'd');
      await expectError(fs.write('', 'x', { overwrite }), FileExpected, '');
      expect(await fs.isDir('d')).toBe(true);
    });

    it('leaves a file that is there with overwrite: false', async () => {
      const { fs } = subject;
      await fs.write('f', 'first', { overwrite: false });
      await expectError(fs.write('f', 'second', { overwrite: false }), FileExists, 'f');
      expect(await fs.readText('f')).toBe('first');
    });

    it('lets one of many creators win', async () => {
      const { fs } = subject;
      for (let round = 0; round < 5; round++) {
        const path = `f${round}`;
        const tries = Array.from({ length: 10 }, (_, i) => fs.write(path, String(i), { overwrite: false }));
        const results = await Promise.allSettled(tries);
        const winners = results.flatMap(({ status }, i) => (status === 'fulfilled' ? [String(i)] : []));
        expect(winners).toEqual([await fs.readText(path)]);
        for (const result of results) {
          if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(FileExists);
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
        expect(versions.some((version) => version.equals(seen))).toBe(true);
      }
      await writing;
      expect((await fs.readBytes('f')).equals(versions.at(-1) as Buffer)).toBe(true);
    });

    it('leaves whole the last of writers at once', async () => {
      const { fs } = subject;
      const bodies = Array.from({ length: 6 }, (_, i) => Buffer.alloc(80_000, String(i)));
      await Promise.all(
        bodies.map((body) => fs.write('f', Readable.from([body.subarray(0, 40_000), body.subarray(40_000)]))),
      );
      const stored = await fs.readBytes('f');
      expect(bodies.some((body) => body.equals(stored))).toBe(true);
      expect(await fs.listDir('')).toEqual(['f']);
    });
  });

  describe('writeBytes, writeText, append, upload, create, touch', () => {
    it('takes bytes or text, and not the other', async () => {
      const { fs } = subject;
      await fs.writeBytes('b', new Uint8Array([0, 255]));
      await fs.writeText('t', 'é');
      expect([...(await fs.readBytes('b'))]).toEqual([0, 255]);
      expect(await fs.getSize('t')).toBe(2);
      await expectError(fs.writeBytes('b', 'text' as never), TypeError);
      await expectError(fs.writeText('t', new Uint8Array(1) as never), TypeError);
      await expectError(fs.appendBytes('b', 'text' as never), TypeError);
      await expectError(fs.appendText('t', new Uint8Array(1) as never), TypeError);
    });

    it('appends, and creates for it', async () => {
      const { fs } = subject;
      await fs.appendText('f', 'one');
      await fs.appendBytes('f', Buffer.from(' two'));
      await fs.appendText('f', '');
      expect(await fs.readText('f')).toBe('one two');
      await fs.makeDir('d');
      await expectError(fs.appendText('d', 'x'), FileExpected, 'd');
      await expectError(fs.appendText('no/f', 'x'), ResourceNotFound, 'no/f');
    });

    it('keeps the media type of what it appends to', async () => {
      const { fs } = subject;
      const { contentType } = await fs.write('f', 'a', { contentType: 'text/x-test' });
      await fs.appendText('f', 'b');
      expect((await fs.getInfo('f')).contentType).toBe(contentType);
    });

    it('uploads a stream', async () => {
      const { fs } = subject;
      await fs.upload('f', Readable.from(['a', 'b']));
      expect(await fs.readText('f')).toBe('ab');
      await expectError(fs.upload('no/f', Readable.from(['a'])), ResourceNotFound, 'no/f');
    });

    it('creates an empty file, and empties one only when told', async () => {
      const { fs } = subject;
      expect(await fs.create('f')).toBe(true);
      expect(await fs.getSize('f')).toBe(0);
      await fs.write('f', 'text');
      expect(await fs.create('f')).toBe(false);
      expect(await fs.readText('f')).toBe('text');
      expect(await fs.create('f', { wipe: true })).toBe(true);
      expect(await fs.getSize('f')).toBe(0);
    });

    it('touches: creates, or brings the times up to now', async () => {
      const { fs } = subject;
      await fs.touch('f');
      await fs.write('f', 'text');
      const past = new Date('2001-01-01T00:00:00Z');
      await fs.setInfo('f', { modified: past, accessed: past });
      await fs.touch('f');
      expect((await fs.getInfo('f')).modified.getTime()).toBeGreaterThan(past.getTime());
      expect(await fs.readText('f')).toBe('text');
    });
  });
}
