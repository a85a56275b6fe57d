/** What the README shows is run here, against the built package. */

import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { freePort } from '../support/free-port.js';
import { blocksOf, root, userProject } from './blocks.js';

const run = promisify(execFile);

const blocks = {
  js: await blocksOf('README.md', 'js'),
  sh: await blocksOf('README.md', 'sh'),
  json: await blocksOf('README.md', 'json'),
};

describe('the README', () => {
  let directory: { path: string; remove: () => Promise<void> };
  let child: ChildProcess | undefined;

  beforeEach(async () => {
    directory = await userProject();
  });

  afterEach(async () => {
    child?.kill();
    if (child !== undefined && child.exitCode === null) await once(child, 'exit');
    child = undefined;
    await directory.remove();
  });

  async function startExample(port: number): Promise<void> {
    const example = blocks.js[0] ?? '';
    const listen = "app.listen(3000, '127.0.0.1')";
    expect(example).toContain(listen);
    const waiting = example.replace(listen, `app.listen(${port}, '127.0.0.1', () => console.log('started'))`);
    await writeFile(join(directory.path, 'app.js'), waiting);
    child = spawn(process.execPath, ['app.js'], {
      cwd: directory.path,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout as NodeJS.ReadableStream, 'data');
  }

  it('has an Express example of twelve lines or so that serves what it stores', async () => {
    const lines = (blocks.js[0] ?? '').split('\n').filter((line) => line.trim() !== '');
    expect(lines.length).toBeLessThanOrEqual(13);
    const port = await freePort();
    await startExample(port);
    const response = await fetch(`http://127.0.0.1:${port}/`);
    expect(response.url).toBe(`http://127.0.0.1:${port}/files/charts/weekly.svg`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('image/svg+xml');
    expect(await response.text()).toContain('<svg');
  });

  it('has an upload by curl that answers as shown', async () => {
    const curl = blocks.sh.find((block) => block.startsWith('curl')) ?? '';
    const url = /'(http:[^']+)'/.exec(curl)?.[1] ?? '';
    const port = await freePort();
    await startExample(port);
    const form = new FormData();
    form.set('file', new File(['photo'], 'photo.jpg', { type: 'image/jpeg' }));
    const response = await fetch(url.replace(':3000', `:${port}`), { method: 'POST', body: form });
    expect(response.status).toBe(201);
    const answer = (await response.json()) as { files: Record<string, unknown>[] };
    const shown = JSON.parse(blocks.json[0] ?? '') as { files: Record<string, unknown>[] };
    expect(Object.keys(answer.files[0] ?? {}).sort()).toEqual(Object.keys(shown.files[0] ?? {}).sort());
    expect(answer.files[0]).toMatchObject({
      namespace: 'photos',
      path: 'photo.jpg',
      size: 5,
      url: '/files/photos/photo.jpg',
    });
    expect(Date.parse(String(answer.files[0]?.expires))).toBeGreaterThan(Date.now() + 6.9 * 86_400_000);
  });

  it('has filesystem calls that work in the order shown', async () => {
    const calls = blocks.js[1] ?? '';
    expect(calls).toContain('charts.expire');
    const script = [
      "import { Readable } from 'node:stream';",
      "import { createMayfly } from 'mayfly';",
      "const mayfly = createMayfly({ storage: { type: 'memoryfs', urlRoot: '/files' } });",
      "const charts = mayfly.getFilesystem('charts');",
      "const stream = Readable.from([Buffer.from('png')]);",
      calls,
      "console.log(await charts.exists('archive/42.png'));",
      'await mayfly.close();',
    ].join('\n');
    await writeFile(join(directory.path, 'calls.js'), script);
    const { stdout } = await run(process.execPath, ['calls.js'], { cwd: directory.path });
    expect(stdout).toMatch(/^42\.png 3 .*\nfalse\n$/s);
  });

  it('has calls on whole trees that work as shown', async () => {
    const calls = blocks.js[2] ?? '';
    expect(calls).toContain('copyFS');
    const script = [
      "import { createMayfly } from 'mayfly';",
      "const mayfly = createMayfly({ storage: { type: 'memoryfs', urlRoot: '/files' } });",
      "const charts = mayfly.getFilesystem('charts');",
      "await charts.write('2026/42.png', 'png', { days: 30 });",
      "await charts.write('weekly.svg', 'svg');",
      calls,
      "console.log(await charts.getExpiration('archive/2026/42.png') instanceof Date);",
      'await mayfly.close();',
    ].join('\n');
    await writeFile(join(directory.path, 'trees.js'), script);
    const { stdout } = await run(process.execPath, ['trees.js'], { cwd: directory.path });
    expect(stdout).toMatch(
      /^2026\/42\.png\n2026\nweekly\.svg\n2026\/42\.png\n\|-- 2026\n.* [0-9a-f]{64}\n1\n2\ntrue\n$/s,
    );
  });

  it('names commands that the package has', async () => {
    const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { scripts: object };
    expect(blocks.sh[0]).toContain('npm start');
    expect(blocks.sh[0]).toContain('npm test');
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['start', 'test']));
  });
});

describe('the package', () => {
  it.each([
    ['import', "import { createMayfly } from 'mayfly'; console.log(typeof createMayfly);", '.mjs'],
    ['require', "const { createMayfly } = require('mayfly'); console.log(typeof createMayfly);", '.cjs'],
  ])('can be used by %s', async (_how, script, extension) => {
    const directory = await userProject();
    try {
      await writeFile(join(directory.path, `use${extension}`), script);
      const { stdout } = await run(process.execPath, [`use${extension}`], { cwd: directory.path });
      expect(stdout).toBe('function\n');
    } finally {
      await directory.remove();
    }
  });
});
