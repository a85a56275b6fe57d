/** The examples, run as their comments say. */
import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createMayfly } from '../../src/index.js';
import { describeS3, newBucket, server as s3Server } from '../support/s3.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const example = (name: string) => join(import.meta.dirname, '../../examples', name);

let directory: { path: string; remove: () => Promise<void> };
let child: ChildProcess | undefined;

beforeEach(async () => {
  directory = await temporaryDirectory();
});

afterEach(async () => {
  if (child !== undefined) {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    child = undefined;
  }
  await directory.remove();
});

/** The same storage as the example's, in this process. */
function sameMayfly() {
  return createMayfly({
    storage: { type: 'osfs', directoryRoot: join(directory.path, 'var/files'), urlRoot: '/files' },
    expirations: { type: 'sqlite', path: join(directory.path, 'var/expirations.db') },
    purge: false,
  });
}

/** Start one that serves; its first line tells where. */
async function start(name: string): Promise<string> {
  const running = spawn(process.execPath, [example(name)], {
    cwd: directory.path,
    env: { PATH: process.env.PATH, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child = running;
  const [line] = (await once(createInterface(running.stdout), 'line')) as [string];
  return line;
}

async function runToEnd(name: string, env: Record<string, string> = {}): Promise<string> {
  const run = await promisify(execFile)(process.execPath, [example(name)], {
    cwd: directory.path,
    env: { PATH: process.env.PATH, ...env },
  });
  return run.stdout;
}

describe('temporary-charts.js', () => {
  it('draws a chart that lives for five minutes', async () => {
    const url = await start('temporary-charts.js');
    const before = Date.now();
    const response = await fetch(`${url}/chart?values=3,1,4`);
    expect(response.headers.get('content-type')).toContain('image/svg+xml');
    expect((await response.text()).match(/<rect/g)).toHaveLength(3);
    const sunset = Date.parse(response.headers.get('sunset') ?? '');
    expect(sunset).toBeGreaterThanOrEqual(before + 299_000);
    expect(sunset).toBeLessThanOrEqual(Date.now() + 301_000);
    expect((await fetch(`${url}/chart?values=evil`)).status).toBe(400);
    expect((await fetch(response.url, { method: 'DELETE' })).status).toBe(405);
  });
});

describe('uploads-with-claim.js', () => {
  it('keeps an upload for an hour, and for good when it is claimed', async () => {
    const url = await start('uploads-with-claim.js');
    const upload = async (name: string) => {
      const form = new FormData();
      form.append('file', new Blob(['x']), name);
      // Whatever the client asks for.
      const response = await fetch(`${url}/files/attachments?days=1000`, { method: 'POST', body: form });
      expect(response.status).toBe(201);
      return ((await response.json()) as { files: { path: string; expires: string }[] }).files[0];
    };
    const [claimed, left] = [await upload('claimed.txt'), await upload('left.txt')];
    expect(Date.parse(claimed?.expires ?? '') - Date.now()).toBeLessThanOrEqual(3_600_000);
    const send = (attachments: string[]) =>
      fetch(`${url}/messages`, {
        method: 'POST',
        body: JSON.stringify({ text: 'Look!', attachments }),
        headers: { 'Content-Type': 'application/json' },
      });
    const sent = await send([claimed?.path ?? '']);
    expect(sent.status).toBe(201);
    expect(await sent.json()).toEqual({ text: 'Look!', attachments: ['/files/attachments/claimed.txt'] });
    expect((await send(['never-uploaded.txt'])).status).toBe(409);
    const mayfly = sameMayfly();
    try {
      const report = await mayfly.expireObjects({ now: new Date(Date.now() + 3_700_000) });
      expect(report).toMatchObject({ removed: 1 });
      expect(await mayfly.getFilesystem('attachments').listDir('')).toEqual(['claimed.txt']);
      expect((await send([left?.path ?? ''])).status).toBe(409);
    } finally {
      await mayfly.close();
    }
  });
});

describe('memoize.js', () => {
  it('computes once, and again when the result is too old', async () => {
    expect(await runToEnd('memoize.js')).toBe('17984 17984 computed 1 times\n');
    // Another process finds what the first has left.
    expect(await runToEnd('memoize.js')).toBe('17984 17984 computed 0 times\n');
    const mayfly = sameMayfly();
    await mayfly.expireObjects({ now: new Date(Date.now() + 61_000) });
    await mayfly.close();
    expect(await runToEnd('memoize.js')).toBe('17984 17984 computed 1 times\n');
  });
});

describeS3('disk-to-s3.js', () => {
  it('brings files and the time they have left to S3, where their old URLs lead', async () => {
    const { endpoint, region, awsAccessKeyId, awsSecretAccessKey } = s3Server();
    const bucket = await newBucket();
    const disk = sameMayfly();
    await disk.getFilesystem('one').write('a dir/a.txt', 'for ever');
    await disk.getFilesystem('two').write('b.txt', 'for an hour', { seconds: 3600 });
    const deadline = await disk.getFilesystem('two').getExpiration('b.txt');
    const urls = [
      await disk.getFilesystem('one').getUrl('a dir/a.txt'),
      await disk.getFilesystem('two').getUrl('b.txt'),
    ];
    await disk.close();
    const env = {
      S3_BUCKET: bucket,
      S3_ENDPOINT: endpoint,
      S3_REGION: region,
      AWS_ACCESS_KEY_ID: awsAccessKeyId,
      AWS_SECRET_ACCESS_KEY: awsSecretAccessKey,
    };
    expect(JSON.parse(await runToEnd('disk-to-s3.js', env))).toEqual({ copied: 2, unchanged: 0, expired: 0 });
    expect(JSON.parse(await runToEnd('disk-to-s3.js', env))).toEqual({ copied: 0, unchanged: 2, expired: 0 });
    const s3 = createMayfly({
      storage: {
        type: 's3fs',
        bucket,
        endpoint,
        region,
        awsAccessKeyId,
        awsSecretAccessKey,
        urlRoot: '/files',
      },
      expirations: { type: 'sqlite', path: join(directory.path, 'var/expirations-s3.db') },
      purge: false,
    });
    const http = createServer(s3.handler()).listen(0, '127.0.0.1');
    await once(http, 'listening');
    try {
      const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
      const texts = await Promise.all(urls.map(async (url) => (await fetch(origin + url)).text()));
      expect(texts).toEqual(['for ever', 'for an hour']);
      const moved = await s3.getFilesystem('two').getExpiration('b.txt');
      expect(Math.abs((moved?.getTime() ?? 0) - (deadline?.getTime() ?? 0))).toBeLessThan(30_000);
    } finally {
      http.close();
      http.closeAllConnections();
      await s3.close();
    }
  });
});
