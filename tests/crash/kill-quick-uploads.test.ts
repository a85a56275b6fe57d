/** Small files that are stored at once are whole or not there, however the process ends. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createMayfly } from '../../src/index.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const KILLS = 8;
const UPLOADERS = 8;

let directory: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: directory, remove } = await temporaryDirectory());
});
afterEach(() => remove());

async function start(): Promise<{ child: ChildProcess; base: string }> {
  const script = join(import.meta.dirname, '../support/crash-server.js');
  const args = [script, join(directory, 'files'), join(directory, 'expirations.db'), 'quick'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await once(child.stdout as NodeJS.ReadableStream, 'data');
  return { child, base: `http://127.0.0.1:${Number(port)}/files/n` };
}

/** What is sent to a path: so long that half of it would show. */
function contentOf(path: string): string {
  return `${path} `.repeat(500);
}

/** @returns the status; null when the server went away before its answer was whole */
async function put(url: string, body: string): Promise<number | null> {
  try {
    const response = await fetch(url, { method: 'PUT', body });
    await response.text();
    return response.status;
  } catch {
    return null;
  }
}

/** Upload until the server is gone. @returns the paths that it has acknowledged */
async function uploadUntilDead(base: string, uploader: string): Promise<string[]> {
  const acknowledged: string[] = [];
  for (let i = 0; ; i++) {
    const path = `${uploader}-${i}`;
    const status = await put(`${base}/${path}`, contentOf(path));
    if (status === null) return acknowledged;
    expect(status).toBe(201);
    acknowledged.push(path);
  }
}

it(`of a server that is killed ${KILLS} times every file is whole, and all that it told of are there`, async () => {
  const acknowledged: string[] = [];
  for (let round = 0; round < KILLS; round++) {
    const { child, base } = await start();
    const names = Array.from({ length: UPLOADERS }, (_, i) => `${round}-${i}`);
    const uploading = names.map((name) => uploadUntilDead(base, name));
    await sleep(300 + Math.random() * 200);
    const dead = once(child, 'exit');
    child.kill('SIGKILL');
    await dead;
    acknowledged.push(...(await Promise.all(uploading)).flat());
  }
  expect(acknowledged.length).toBeGreaterThan(KILLS * UPLOADERS);
  const mayfly = createMayfly({
    storage: { type: 'osfs', directoryRoot: join(directory, 'files'), urlRoot: '/files' },
    expirations: { type: 'sqlite', path: join(directory, 'expirations.db') },
    purge: false,
  });
  try {
    const files = mayfly.getFilesystem('n');
    const present = await files.listDir('');
    for (const path of present) expect(await files.readText(path)).toBe(contentOf(path));
    expect(acknowledged.filter((path) => !present.includes(path))).toEqual([]);
    await mayfly.expireObjects();
    expect(await readdir(join(directory, 'files/.mayfly/tmp'))).toEqual([]);
  } finally {
    await mayfly.close();
  }
}, 120_000);
