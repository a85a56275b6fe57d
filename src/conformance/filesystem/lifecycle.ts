import assert from 'node:assert/strict';
import { FilesystemClosed } from '../../errors/errors.js';
import { SubFS } from '../../fs/filesystem.js';
import { collect, rejectsWith } from '../assertions.js';
import type { Subject, TestRunner } from '../runner.js';

export function describeLifecycle({ describe, it }: TestRunner, subject: Subject): void {
  describe('close', () => {
    it('may be called twice', async () => {
      const { fs } = subject;
      assert.equal(fs.isClosed(), false);
      await fs.close();
      await fs.close();
      assert.equal(fs.isClosed(), true);
    });

    it('closes the directories that were opened as filesystems', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      const opened = await fs.openDir('d');
      await fs.close();
      assert.equal(opened.isClosed(), true);
      await rejectsWith(opened.write('f', 'x'), FilesystemClosed);
    });

    it('leaves open what they were opened from, of which they are a SubFS', async () => {
      const { fs } = subject;
      await fs.makeDirs('d/e');
      const opened = await fs.openDir('d');
      const inner = await opened.openDir('e');
      for (const each of [opened, inner, await fs.openDir('')]) assert.ok(each instanceof SubFS);
      await opened.close();
      assert.deepEqual([opened.isClosed(), inner.isClosed(), fs.isClosed()], [true, true, false]);
    });

    it('makes every later call throw FilesystemClosed', async () => {
      const { fs } = subject;
      await fs.write('f', 'x');
      await fs.close();
      const calls: Record<string, () => Promise<unknown>> = {
        getInfo: () => fs.getInfo('f'),
        scanDir: () => fs.listDir(''),
        makeDir: () => fs.makeDir('d'),
        makeDirs: () => fs.makeDirs('d/e'),
        openRead: () => fs.openRead('f'),
        readText: () => fs.readText('f'),
        write: () => fs.write('f', 'y'),
        writeText: () => fs.writeText('f', 'y'),
        appendText: () => fs.appendText('f', 'y'),
        stage: async () => fs.stage('f', 'y'),
        remove: () => fs.remove('f'),
        removeMany: () => fs.removeMany(['f']),
        removeNone: () => fs.removeMany([]),
        removeDir: () => fs.removeDir('d'),
        removeTree: () => fs.removeTree('d'),
        setInfo: () => fs.setInfo('f', { modified: new Date() }),
        copy: () => fs.copy('f', 'g'),
        move: () => fs.move('f', 'g'),
        exists: () => fs.exists('f'),
        openDir: () => fs.openDir(''),
        touch: () => fs.touch('f'),
        copyDir: async () => fs.copyDir('d', 'e'),
        moveDir: async () => fs.moveDir('d', 'e'),
        walk: () => collect(fs.walk()),
        walkByDepth: () => collect(fs.walk('', { search: 'depth' })),
        glob: () => collect(fs.glob('*')),
        filterDir: () => collect(fs.filterDir('')),
        tree: () => fs.tree(),
        hash: () => fs.hash('f', 'md5'),
      };
      for (const call of Object.values(calls)) await rejectsWith(call(), FilesystemClosed);
      assert.throws(() => fs.validatePath('f'), FilesystemClosed);
      assert.throws(() => fs.openNamespace('n'), FilesystemClosed);
    });
  });
}
