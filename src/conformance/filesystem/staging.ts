import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import {
  DirectoryExpected,
  FileExists,
  FileExpected,
  InvalidPath,
  ResourceNotFound,
} from '../../errors/errors.js';
import { assertMatches, assertSameFile, rejectionOf, rejectsWith } from '../assertions.js';
import type { Subject, TestRunner } from '../runner.js';

export function describeStaging({ describe, it }: TestRunner, subject: Subject): void {
  describe('stage, publish, discard', () => {
    it('shows nothing before it is published', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      const staged = await fs.stage('d/f', Readable.from(['he', 'llo']));
      assert.equal(staged.size, 5);
      assert.deepEqual(await fs.listDir('d'), []);
      assertMatches(await staged.publish('d/f'), { path: 'd/f', name: 'f', size: 5 });
      assert.equal(await fs.readText('d/f'), 'hello');
    });

    it('publishes elsewhere than it was staged for', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      const staged = await fs.stage('no/such/f', 'x');
      const info = await staged.publish('/d/./g');
      assertSameFile(info, await fs.getInfo('d/g'), fs.getMeta());
    });

    it('stays staged when publishing fails', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      await fs.write('d/f', 'old');
      const staged = await fs.stage('d/f', 'new');
      await rejectsWith(staged.publish('d/f', { overwrite: false }), FileExists, 'd/f');
      await rejectsWith(staged.publish('d'), FileExpected, 'd');
      if (!fs.getMeta().makesParents) await rejectsWith(staged.publish('no/f'), ResourceNotFound, 'no/f');
      await rejectsWith(staged.publish('d/f/g'), DirectoryExpected, 'd/f');
      assert.equal(await fs.readText('d/f'), 'old');
      await staged.publish('d/g', { overwrite: false });
      assert.equal(await fs.readText('d/g'), 'new');
    });

    it('forgets what is discarded, any number of times', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      const staged = await fs.stage('d/f', 'x');
      await staged.discard();
      await staged.discard();
      assert.deepEqual(await fs.listDir('d'), []);
    });

    it('leaves alone what is published when it is discarded after that', async () => {
      const { fs } = subject;
      const staged = await fs.stage('f', 'x');
      await staged.publish('f');
      await staged.discard();
      assert.equal(await fs.readText('f'), 'x');
    });

    it('keeps the media type, where the filesystem does', async () => {
      const { fs } = subject;
      const staged = await fs.stage('f', 'x', { contentType: 'text/x-test' });
      const { contentType } = await staged.publish('f');
      assert.equal(contentType, fs.getMeta().contentType ? 'text/x-test' : undefined);
    });

    it('tells a name to save the file under where it is published under another', async () => {
      const { fs } = subject;
      const keeps = fs.getMeta().filename;
      const one = await fs.stage('f', 'x', { filename: 'f' });
      assert.equal((await one.publish('f-1')).filename, keeps ? 'f' : undefined);
      assert.equal((await fs.getInfo('f-1')).filename, keeps ? 'f' : undefined);
      const two = await fs.stage('g', 'x', { filename: 'f' });
      assert.equal((await two.publish('f')).filename, undefined);
      assert.equal((await fs.getInfo('f')).filename, undefined);
    });

    it('refuses a bad path before it takes anything in', async () => {
      await rejectsWith(subject.fs.stage('a\u0000b', 'x').then(), InvalidPath);
    });

    it('rejects with the reason of its signal', async () => {
      const reason = new Error('enough');
      const abort = new AbortController();
      // Not AbortSignal.timeout: its timer does not keep the process alive.
      setTimeout(() => abort.abort(reason), 20);
      const { signal } = abort;
      const stage = subject.fs.stage('f', new Readable({ read: () => undefined }), { signal });
      assert.equal(await rejectionOf(stage), reason);
      assert.equal(
        await rejectionOf(subject.fs.stage('f', 'x', { signal: AbortSignal.abort(reason) })),
        reason,
      );
    });

    it('lets one of two publishers win', async () => {
      const { fs } = subject;
      if (!fs.getMeta().createOnly) return;
      const [one, two] = await Promise.all([fs.stage('f', 'one'), fs.stage('f', 'two')]);
      const results = await Promise.allSettled([
        one.publish('f', { overwrite: false }),
        two.publish('f', { overwrite: false }),
      ]);
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
      await Promise.all([one.discard(), two.discard()]);
      assert.ok(['one', 'two'].includes(await fs.readText('f')));
    });

    it('leaves to a sweep nothing that it has not staged', async () => {
      const { fs } = subject;
      const making = fs.makeDirs('.mayfly', { recreate: true }).then(() => fs.write('.mayfly/mine', 'x'));
      const isMade = await making.then(
        () => true,
        () => false, // Some keep the place to themselves.
      );
      await fs.sweepStaged(new Date(Date.now() + 60_000));
      assert.equal(await fs.exists('.mayfly/mine'), isMade);
    });

    it('leaves nothing for a sweep when all went well', async () => {
      const { fs } = subject;
      await (await fs.stage('f', 'x')).publish('f');
      await (await fs.stage('f', 'x')).discard();
      assert.equal(await fs.sweepStaged(new Date(Date.now() + 60_000)), 0);
    });
  });
}
