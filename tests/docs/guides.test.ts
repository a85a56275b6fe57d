/**
 * The code blocks of the guides are run as they stand. What they print must be
 * what the comments beside `console.log` say; those that serve must answer.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { freePort } from '../support/free-port.js';
import { blocksOf, root, userProject } from './blocks.js';

const GUIDES = ['GUIDE.md', 'CLIENT.md', 'OPERATIONS.md', 'MIGRATING.md'];

/** What the comments say is printed: beside a `console.log`, or on the lines right below it. */
function promisedBy(code: string): string[] {
  const promised: string[] = [];
  let printing = false;
  for (const line of code.split('\n')) {
    const [, beside] = /console\.log\(.*\); \/\/ (.*)$/.exec(line) ?? [];
    const [, below] = /^\/\/ (.*)$/.exec(line) ?? [];
    if (beside !== undefined) promised.push(beside);
    else if (below !== undefined && printing) promised.push(below);
    printing = line.includes('console.log') || (printing && below !== undefined);
  }
  return promised;
}

let directory: { path: string; remove: () => Promise<void> };

beforeEach(async () => {
  directory = await userProject();
});

afterEach(() => directory.remove());

const guides = await Promise.all(
  GUIDES.map(async (file) => ({ file, blocks: await blocksOf(`docs/${file}`, 'js') })),
);

describe.each(guides)('$file', ({ blocks }) => {
  it('has code', () => expect(blocks.length).toBeGreaterThan(0));

  it.each(blocks.map((code, i) => [i + 1, code] as const))('runs block %i as told', async (_, code) => {
    const file = join(directory.path, 'block.js');
    if (code.includes('.listen(3000')) {
      await serves(file, code);
      return;
    }
    await writeFile(file, code);
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [file], { cwd: directory.path });
    expect(stderr).toBe('');
    const promised = promisedBy(code);
    expect(promised.length).toBeGreaterThan(0);
    expect(stdout.trimEnd().split('\n')).toEqual(promised);
  });
});

/** Starts on a free port and answers. */
async function serves(file: string, code: string): Promise<void> {
  const port = await freePort();
  await writeFile(file, code.replace('.listen(3000', `.listen(${port}`));
  const child = spawn(process.execPath, [file], { cwd: directory.path, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = once(child, 'exit');
  try {
    const root = /urlRoot: '([^']+)'/.exec(code)?.[1];
    for (;;) {
      const response = await fetch(`http://127.0.0.1:${port}${root}/avatars/none.txt`).catch(() => null);
      if (response === null && child.exitCode === null) {
        await sleep(50);
        continue;
      }
      expect({ status: response?.status, stderr }).toEqual({ status: 404, stderr: '' });
      break;
    }
    // Nobody uploads without being asked who he is.
    const form = new FormData();
    form.append('file', new Blob(['x']), 'x.txt');
    const refused = await fetch(`http://127.0.0.1:${port}${root}/avatars`, { method: 'POST', body: form });
    expect(refused.status).toBe(403);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

describe('GUIDE.md', () => {
  it('has a test that passes under jest, started as told', async () => {
    const [code = '', ...others] = await blocksOf('docs/GUIDE.md', 'cjs');
    expect(others).toEqual([]);
    await writeFile(join(directory.path, 'chart.test.cjs'), code);
    const guide = await readFile(join(root, 'docs/GUIDE.md'), 'utf8');
    const [, NODE_OPTIONS] = /`NODE_OPTIONS=(\S+) npx jest`/.exec(guide) ?? [];
    const jest = join(root, 'node_modules/jest/bin/jest.js');
    const { stderr } = await promisify(execFile)(process.execPath, [jest, '--rootDir', directory.path], {
      cwd: directory.path,
      env: { PATH: process.env.PATH, NODE_OPTIONS },
    });
    expect(stderr).toMatch(/^Tests: +1 passed, 1 total$/m);
  });
});

describe('CLI.md', () => {
  it('has commands that work one after the other', async () => {
    const [commands = ''] = await blocksOf('docs/CLI.md', 'sh');
    const bin = join(directory.path, 'bin');
    await mkdir(bin);
    const main = join(root, 'dist/cli/main.js');
    await writeFile(join(bin, 'mayfly'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
    await chmod(join(bin, 'mayfly'), 0o755);
    const script = `set -eu\n${commands.replaceAll('/tmp/mayfly-mirror', join(directory.path, 'mirror'))}`;
    const { stdout, stderr } = await promisify(execFile)('sh', ['-c', script], {
      cwd: directory.path,
      env: { PATH: `${bin}:${process.env.PATH}` },
    });
    expect(stderr).toBe('');
    expect(stdout).toContain('removed 0, missing 0, failed 0, kept 0');
    expect(stdout).toContain('All is well.');
    expect(await readFile(join(directory.path, 'mirror/2026/a.txt'), 'utf8')).toBe('one\n');
    expect(await readFile(join(directory.path, 'backup/a.txt'), 'utf8')).toBe('one\n');
  });
});
