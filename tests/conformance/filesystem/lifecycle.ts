import { describe, expect, it } from '@jest/globals';
import { FilesystemClosed } from '../../../src/errors/errors.js';
import { expectError } from '../../support/expect-error.js';
import type { Subject } from '../filesystem.js';

export function describeLifecycle(subject: Subject): void {
  describe('close', () => {
    it('may be called twice', async () => {
      const { fs } = subject;
      expect(fs.isClosed()).toBe(false);
      await fs.close();
      await fs.close();
      expect(fs.isClosed()).toBe(true);
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
        removeDir: () => fs.removeDir('d'),
        removeTree: () => fs.removeTree('d'),
        setInfo: () => fs.setInfo('f', { modified: new Date() }),
        copy: () => fs.copy('f', 'g'),
        move: () => fs.move('f', 'g'),
        exists: () => fs.exists('f'),
        openDir: () => fs.openDir(''),
        touch: () => fs.touch('f'),
      };
      for (const call of Object.values(calls)) await expectError(call(), FilesystemClosed);
      expect(() => fs.validatePath('f')).toThrow(FilesystemClosed);
    });
  });
}
