import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { TempFS } from '../../src/backends/disk/temp-filesystem.js';
import { OperationFailed } from '../../src/errors/errors.js';
import { describeFilesystem } from '../conformance/filesystem.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const run = promisify(execFile);

describeFilesystem('TempFS', async () => {
  const fs = new TempFS();
  return { fs, cleanup: () => fs.close() };
});

describe('TempFS', () => {
  it('is gone when it is closed, any number of times', async () => {
    const fs = new TempFS({ identifier: 'a/b c' });
    const directory = fs.getSysPath('');
    expect(directory).toContain('a_b_c-');
    await fs.makeDirs('d/e');
    await fs.write('d/f', 'x');
    await fs.close();
    await fs.close();
    expect(existsSync(directory)).toBe(false);
  });

  it('closes what was opened in it', async () => {
    const fs = new TempFS();
    await fs.makeDir('d');
    const inner = await fs.openDir('d');
    await fs.close();
    expect(inner.isClosed()).toBe(true);
  });

  it('says so when the directory can not be made', () => {
    expect(() => new TempFS({ directory: '/no/such/directory' })).toThrow(OperationFailed);
  });

  it.each(['', 'process.exit(3);', 'throw new Error("boom");'])(
    'is gone when the process ends (%s)',
    async (end) => {
      const { path, remove } = await temporaryDirectory();
      try {
        const module = join(import.meta.dirname, '../../dist/index.js');
        const script = `import { TempFS } from ${JSON.stringify(module)};
        const fs = new TempFS({ directory: ${JSON.stringify(path)} });
        await fs.write('f', 'x');
        console.log(fs.getSysPath('f'));
        ${end}`;
        const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]).catch(
          (error: { stdout: string }) => error,
        );
        expect(stdout.trim().startsWith(path)).toBe(true);
        expect(existsSync(stdout.trim())).toBe(false);
      } finally {
        await remove();
      }
    },
  );
});
