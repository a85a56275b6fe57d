import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import {
  DirectoryExpected,
  FileExists,
  FileExpected,
  InvalidPath,
  ResourceNotFound,
} from '../../../src/errors/errors.js';
import { expectError, rejectionOf } from '../../support/expect-error.js';
import type { Subject } from '../filesystem.js';
import { expectSameFile } from './same-file.js';

export function describeStaging(subject: Subject): void {
  describe('stage, publish, discard', () => {
    it('shows nothing before it is published', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      const staged = await fs.stage('d/f', Readable.from(['he', 'llo']));
      expect(staged.size).toBe(5);
      expect(await fs.listDir('d')).toEqual([]);
      expect(await staged.publish('d/f')).toMatchObject({ path: 'd/f', name: 'f', size: 5 });
      expect(await fs.readText('d/f')).toBe('hello');
    });

    it('publishes elsewhere than it was staged for', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      const staged = await fs.stage('no/such/f', 'x');
      const info = await staged.publish('/d/./g');
      expectSameFile(info, await fs.getInfo('d/g'), fs.getMeta());
    });

    it('stays staged when publishing fails', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      await fs.write('d/f', 'old');
      const staged = await fs.stage('d/f', 'new');
      await expectError(staged.publish('d/f', { overwrite: false }), FileExists, 'd/f');
      await expectError(staged.publish('d'), FileExpected, 'd');
      await expectError(staged.publish('no/f'), ResourceNotFound, 'no/f');
      await expectError(staged.publish('d/f/g'), DirectoryExpected, 'd/f');
      expect(await fs.readText('d/f')).toBe('old');
      await staged.publish('d/g', { overwrite: false });
      expect(await fs.readText('d/g')).toBe('new');
    });

    it('forgets what is discarded, any number of times', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      const staged = await fs.stage('d/f', 'x');
      await staged.discard();
      await staged.discard();
      expect(await fs.listDir('d')).toEqual([]);
    });

    it('leaves alone what is published when it is discarded after that', async () => {
      const { fs } = subject;
      const staged = await fs.stage('f', 'x');
      await staged.publish('f');
      await staged.discard();
      expect(await fs.readText('f')).toBe('x');
    });

    it('keeps the media type, where the filesystem does', async () => {
      const { fs } = subject;
      const staged = await fs.stage('f', 'x', { contentType: 'text/x-test' });
      const { contentType } = await staged.publish('f');
      expect(contentType).toBe(fs.getMeta().contentType ? 'text/x-test' : undefined);
    });

    it('refuses a bad path before it takes anything in', async () => {
      await expectError(subject.fs.stage('a\u0000b', 'x').then(), InvalidPath);
    });

    it('rejects with the reason of its signal', async () => {
      const reason = new Error('enough');
      const stage = subject.fs.stage('f', new Readable({ read: () => undefined }), {
        signal: AbortSignal.timeout(20),
      });
      expect(await rejectionOf(stage)).toMatchObject({ name: 'TimeoutError' });
      expect(await rejectionOf(subject.fs.stage('f', 'x', { signal: AbortSignal.abort(reason) }))).toBe(
        reason,
      );
    });

    it('lets one of two publishers win', async () => {
      const { fs } = subject;
      const [one, two] = await Promise.all([fs.stage('f', 'one'), fs.stage('f', 'two')]);
      const results = await Promise.allSettled([
        one.publish('f', { overwrite: false }),
        two.publish('f', { overwrite: false }),
      ]);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      await Promise.all([one.discard(), two.discard()]);
      expect(['one', 'two']).toContain(await fs.readText('f'));
    });

    it('leaves nothing for a sweep when all went well', async () => {
      const { fs } = subject;
      await (await fs.stage('f', 'x')).publish('f');
      await (await fs.stage('f', 'x')).discard();
      expect(await fs.sweepStaged(new Date(Date.now() + 60_000))).toBe(0);
    });
  });
}
