import { describe, expect, it } from '@jest/globals';
import {
  DestinationExists,
  DirectoryExpected,
  FileExpected,
  IllegalDestination,
  ResourceNotFound,
} from '../../../src/errors/errors.js';
import { expectError } from '../../support/expect-error.js';
import type { Subject } from '../filesystem.js';

const past = new Date('2001-02-03T04:05:06.789Z');

export function describeCopyAndMove(subject: Subject): void {
  describe.each(['copy', 'move'] as const)('%s', (method) => {
    it('brings the file to a new name', async () => {
      const { fs } = subject;
      await fs.makeDirs('d');
      await fs.write('f', 'content', { contentType: 'text/x-test' });
      await fs[method]('f', 'd/g');
      expect(await fs.readText('d/g')).toBe('content');
      expect(await fs.exists('f')).toBe(method === 'copy');
      expect((await fs.getInfo('d/g')).contentType).toBe(
        fs.getMeta().contentType ? 'text/x-test' : undefined,
      );
      expect(await fs.listDir('d')).toEqual(['g']);
    });

    it('replaces a file only when told', async () => {
      const { fs } = subject;
      await fs.write('f', 'new');
      await fs.write('g', 'old');
      await expectError(fs[method]('f', 'g'), DestinationExists, 'g');
      expect([await fs.readText('f'), await fs.readText('g')]).toEqual(['new', 'old']);
      await fs[method]('f', 'g', { overwrite: true });
      expect(await fs.readText('g')).toBe('new');
      expect(await fs.exists('f')).toBe(method === 'copy');
    });

    it('needs the source, and the directory of the destination', async () => {
      const { fs } = subject;
      await fs.write('f', 'x');
      await expectError(fs[method]('missing', 'g'), ResourceNotFound, 'missing');
      await expectError(fs[method]('no/f', 'g'), ResourceNotFound, 'no/f');
      await expectError(fs[method]('f', 'no/g'), ResourceNotFound, 'no/g');
      await expectError(fs[method]('f', 'f/g'), DirectoryExpected, 'f');
      expect(await fs.listDir('')).toEqual(['f']);
    });

    it('refuses directories at either end', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      await fs.makeDir('e');
      await fs.write('f', 'x');
      await expectError(fs[method]('d', 'g'), FileExpected, 'd');
      await expectError(fs[method]('f', 'd'), DestinationExists, 'd');
      await expectError(fs[method]('f', 'd', { overwrite: true }), FileExpected, 'd');
      expect(await fs.listDir('')).toEqual(['d', 'e', 'f']);
    });

    it('looks at the destination first', async () => {
      await subject.fs.write('g', 'x');
      await expectError(subject.fs[method]('missing', 'g'), DestinationExists, 'g');
    });

    it('lets one of many win a free name', async () => {
      const { fs } = subject;
      const sources = Array.from({ length: 6 }, (_, i) => `s${i}`);
      for (const source of sources) await fs.write(source, source);
      const results = await Promise.allSettled(sources.map((source) => fs[method](source, 'target')));
      const winners = sources.filter((_, i) => results[i]?.status === 'fulfilled');
      expect(winners).toEqual([await fs.readText('target')]);
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(DestinationExists);
      }
    });
  });

  describe('copy', () => {
    it('does not tie the copy to its source', async () => {
      const { fs } = subject;
      await fs.write('f', 'one');
      await fs.copy('f', 'g');
      await fs.write('f', 'two');
      expect(await fs.readText('g')).toBe('one');
      await fs.remove('f');
      expect(await fs.readText('g')).toBe('one');
    });

    it('brings the time only when told', async () => {
      const { fs } = subject;
      await fs.write('f', 'x');
      await fs.setInfo('f', { modified: past });
      await fs.copy('f', 'g');
      await fs.copy('f', 'h', { preserveTime: true });
      expect((await fs.getInfo('g')).modified).not.toEqual(past);
      if (fs.getMeta().setTimes) expect((await fs.getInfo('h')).modified).toEqual(past);
    });

    it.each(['f', './f', 'd/../f'])('refuses to copy f onto itself, spelled %s', async (spelling) => {
      const { fs } = subject;
      await fs.write('f', 'x');
      await expectError(fs.copy('f', spelling), DestinationExists, 'f');
      await expectError(fs.copy('f', spelling, { overwrite: true }), IllegalDestination, 'f');
      expect(await fs.readText('f')).toBe('x');
    });

    it('copies a large file', async () => {
      const { fs } = subject;
      const bytes = Buffer.alloc(1_500_000, 'large');
      await fs.write('f', bytes);
      await fs.copy('f', 'g');
      expect((await fs.readBytes('g')).equals(bytes)).toBe(true);
    });
  });

  describe('move', () => {
    it('keeps the time', async () => {
      const { fs } = subject;
      await fs.write('f', 'x');
      await fs.setInfo('f', { modified: past });
      await fs.move('f', 'g');
      if (fs.getMeta().setTimes) expect((await fs.getInfo('g')).modified).toEqual(past);
    });

    it.each(['f', './f', 'd/../f'])(
      'does nothing when f is moved onto itself, spelled %s',
      async (spelling) => {
        const { fs } = subject;
        await fs.write('f', 'x');
        await expectError(fs.move('f', spelling), DestinationExists, 'f');
        await fs.move('f', spelling, { overwrite: true });
        expect(await fs.readText('f')).toBe('x');
        await fs.makeDir('dir');
        await expectError(fs.move('dir', 'dir', { overwrite: true }), FileExpected, 'dir');
        await expectError(fs.move('missing', 'missing', { overwrite: true }), ResourceNotFound, 'missing');
      },
    );
  });
}
