/** The backend and the store that docs/BACKENDS.md shows are run here, under node:test and against the built package. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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
  let project: Awaited<ReturnType<typeof userProject>>;

  beforeAll(async () => {
    project = await userProject();
    for (const [name, code] of files) await writeFile(join(project.path, name), code);
  });

  afterAll(() => project.remove());

  async function node(...args: string[]): Promise<string> {
    // The variable by which node:test knows that it runs within itself must not come from jest's process.
    const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env;
    return (await run(process.execPath, args, { cwd: project.path, env, maxBuffer: 1e8 })).stdout;
  }

  it.each([
    ['map-filesystem.test.js', 400],
    ['map-store.test.js', 30],
    ['shared-store.test.js', 36],
  ])('shows what passes the conformance suite (%s)', async (file, least) => {
    const stdout = await node('--test', '--test-reporter=tap', file);
    expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThan(least);
    expect(stdout).toMatch(/^# fail 0$/m);
    expect(stdout).toMatch(/^# skipped 0$/m);
  });

  it('has no test that is not run here', () => {
    expect([...files.keys()].filter((name) => name.endsWith('.test.js'))).toHaveLength(3);
  });

  it('shows a program that keeps its deadlines in that store', async () => {
    const promised = [...(files.get('app.js') ?? '').matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)];
    expect(promised).toHaveLength(1);
    expect(await node('app.js')).toBe(`${promised[0]?.[1]}\n`);
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
