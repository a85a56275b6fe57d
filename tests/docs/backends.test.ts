/** The backend that docs/BACKENDS.md shows is run here, under node:test and against the built package. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { plainMeta } from '../../src/index.js';
import { root, userProject } from './blocks.js';

const page = await readFile(join(root, 'docs/BACKENDS.md'), 'utf8');
const run = promisify(execFile);

/** The code blocks that begin with the name of a file, by that name. */
const files = new Map(
  [...page.matchAll(/^```js\n\/\/ (\S+)\n(.*?)^```/gms)].map(([, name, code]) => [
    name as string,
    code as string,
  ]),
);

describe('docs/BACKENDS.md', () => {
  it('shows a backend that passes the conformance suite', async () => {
    const { path, remove } = await userProject();
    try {
      for (const [name, code] of files) await writeFile(join(path, name), code);
      // The variable by which node:test knows that it runs within itself must not come from jest's process.
      const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env;
      const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap'], {
        cwd: path,
        env,
        maxBuffer: 1e8,
      });
      expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThan(400);
      expect(stdout).toMatch(/^# fail 0$/m);
      expect(stdout).toMatch(/^# skipped 0$/m);
    } finally {
      await remove();
    }
  });

  it('names every capability, with its default', () => {
    const rows = new Map(
      [...page.matchAll(/^\| `(\w+)` \| (true|false|\d+) \|/gm)].map(([, name, value]) => [name, value]),
    );
    expect(Object.fromEntries(rows)).toEqual(
      Object.fromEntries(Object.entries(plainMeta).map(([name, value]) => [name, String(value)])),
    );
  });
});
