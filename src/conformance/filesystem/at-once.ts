/** What a backend may do before anything else happens. None has to, but whoever does must not be wrong. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Info } from '../../fs/info.js';
import { assertSameFile } from '../assertions.js';
import type { Subject, TestRunner } from '../runner.js';

/** So often something is asked for that a backend may have to get ready for. */
const TRIES = 50;

export function describeAtOnce({ describe, it }: TestRunner, subject: Subject): void {
  describe('what is told or done at once', () => {
    it('calls nothing free that is there, nor anything in another storage', async () => {
      const { fs } = subject;
      await fs.identify({ create: true });
      const identity = (await fs.identify()) ?? '';
      await fs.makeDir('d');
      for (const path of ['f', 'd/f']) await fs.write(path, 'x');
      for (let i = 0; i < TRIES; i++) {
        const there = ['', 'd', 'f', 'd/f'].filter((path) => fs.isFreeNow(path, identity));
        assert.deepEqual([there, fs.isFreeNow('d/free', `not ${identity}`)], [[], false]);
        await sleep(1);
      }
    });

    it('stores a file as write does, or does nothing, and replaces none', async () => {
      const { fs } = subject;
      const writer = fs.promptWriter();
      if (writer === null) return;
      await fs.write('old', 'old');
      let info: Info | null = null;
      for (let i = 0; i < TRIES && info === null; i++) {
        assert.equal(await fs.exists('new'), false);
        info = writer.createNow('new', Buffer.from('new'));
        if (info === null) await sleep(1);
      }
      assert.equal(writer.createNow('old', Buffer.from('new')), null);
      assert.equal(await fs.readText('old'), 'old');
      assert.equal(await fs.exists('new'), info !== null);
      if (info === null) return;
      assertSameFile(info, await fs.getInfo('new'), fs.getMeta());
      assert.equal(await fs.readText('new'), 'new');
      assert.equal(writer.createNow('new', Buffer.from('again')), null);
      assert.equal(await fs.readText('new'), 'new');
    });

    it('publishes a staged file as publish does, or does nothing, and replaces none', async () => {
      const { fs } = subject;
      await fs.write('old', 'old');
      const staged = await fs.stage('new', 'new');
      let info: Info | null = null;
      for (let i = 0; i < TRIES && info === null && staged.publishNow !== undefined; i++) {
        assert.equal(await fs.exists('new'), false);
        assert.equal(staged.publishNow('old'), null);
        info = staged.publishNow('new');
        if (info === null) await sleep(1);
      }
      assert.equal(await fs.readText('old'), 'old');
      assert.equal(await fs.exists('new'), info !== null);
      info ??= await staged.publish('new', { overwrite: false });
      assertSameFile(info, await fs.getInfo('new'), fs.getMeta());
      assert.equal(staged.publishNow?.('again') ?? null, null);
      await staged.discard();
      assert.equal(await fs.readText('new'), 'new');
      assert.equal(await fs.exists('again'), false);
    });
  });
}
