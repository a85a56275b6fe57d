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
async function start(name: string, env: Record<string, string> = {}): Promise<string> {
  const running = spawn(process.execPath, [example(name)], {
    cwd: directory.path,
    env: { PATH: process.env.PATH, PORT: '0', ...env },
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
      const response = await fetch(`${url}/files/attachments`, { method: 'POST', body: form });
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

  it.each([
    ['by a field', 'POST', '/files/attachments', '', '9999'],
    ['into a subdirectory', 'POST', '/files/attachments/sub', '?days=9999', null],
    ['to another spelling of the URL', 'POST', '/files/%61ttachments', '?days=9999', null],
    ['by PUT', 'PUT', '/files/attachments/a.txt', '?days=9999', null],
  ])('keeps no upload longer, %s', async (_how, method, path, query, days) => {
    const url = await start('uploads-with-claim.js');
    const send = (query: string, days: string | null): Promise<Response> => {
      const form = new FormData();
      if (days !== null) form.append('days', days);
      form.append('file', new Blob(['x']), 'a.txt');
      return fetch(url + path + query, { method, body: method === 'PUT' ? 'x' : form });
    };
    expect((await send(query, days)).status).toBe(400);
    const stored = await send('', null);
    expect(stored.status).toBe(201);
    const answer = (await stored.json()) as { expires?: string; files?: { expires: string }[] };
    const expires = Date.parse(answer.expires ?? answer.files?.[0]?.expires ?? '');
    expect(expires - Date.now()).toBeLessThanOrEqual(3_600_000);
    expect(expires - Date.now()).toBeGreaterThan(3_500_000);
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

describe('private-downloads.js', () => {
  const urlSecret = 'a secret of 32 bytes or more, for tests';
  let url = '';

  beforeEach(async () => {
    url = await start('private-downloads.js', {
      SESSION_SECRET: 'a secret of the sessions',
      URL_SECRET: urlSecret,
    });
  });

  const get = (path: string, cookie = '') =>
    fetch(url + path, { headers: { Cookie: cookie }, redirect: 'manual' });
  const signIn = (user: string, password: string) =>
    fetch(`${url}/sign-in`, {
      method: 'POST',
      body: new URLSearchParams({ user, password }),
      redirect: 'manual',
    });

  /** @returns the cookie of the session */
  async function signedIn(user: string, password: string): Promise<string> {
    const response = await signIn(user, password);
    expect(response.status).toBe(303);
    const [cookie = ''] = response.headers.getSetCookie();
    expect(cookie).toMatch(/HttpOnly; SameSite=Lax/);
    return cookie.split(';')[0] ?? '';
  }

  it('sends who has signed in to a link for a minute, by which the file is served without a session', async () => {
    const cookie = await signedIn('ada', 'lovelace');
    expect(await (await get('/', cookie)).text()).toContain('<a href="/documents/notes.txt">');
    const before = Math.floor(Date.now() / 1000);
    const redirect = await get('/documents/notes.txt', cookie);
    expect([redirect.status, redirect.headers.get('cache-control')]).toEqual([303, 'no-store']);
    const link = redirect.headers.get('location') ?? '';
    const expires = Number(new URL(link, url).searchParams.get('expires'));
    expect(expires - before).toBeGreaterThanOrEqual(60);
    expect(expires).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000) + 60);
    const file = await get(link);
    expect(await file.text()).toBe('On the Analytical Engine\n');
    expect(file.headers.get('content-disposition')).toContain('attachment; filename="notes.txt"');
    expect((await get(link.replace('notes', 'other'))).status).toBe(403);
    expect((await get(link.replace(String(expires), String(expires + 1)))).status).toBe(403);
  });

  it('serves nothing by a plain URL, to whomever', async () => {
    const cookie = await signedIn('ada', 'lovelace');
    for (const path of ['/files/documents/ada/notes.txt', '/files/documents/', '/files/documents/none']) {
      expect([path, (await get(path, cookie)).ok]).toEqual([path, false]);
    }
    expect((await get('/files/documents/ada/notes.txt', cookie)).status).toBe(403);
  });

  it('gives nobody the files of another, and nothing to who has not signed in', async () => {
    const anonymous = await get('/documents/notes.txt');
    expect([anonymous.status, anonymous.headers.get('location')]).toEqual([303, '/']);
    const cookie = await signedIn('grace', 'hopper');
    for (const name of [
      'notes.txt',
      '..%2Fada%2Fnotes.txt',
      '%2E%2E%2fada%2fnotes.txt',
      '.%2Freport.txt',
      '%00',
    ]) {
      expect([name, (await get(`/documents/${name}`, cookie)).status]).toEqual([name, 404]);
    }
    expect((await get('/documents/report.txt', cookie)).status).toBe(303);
    expect((await signIn('ada', 'hopper')).status).toBe(401);
    expect((await signIn('nobody', 'hopper')).status).toBe(401);
  });

  it('gives no more links after signing out', async () => {
    const cookie = await signedIn('ada', 'lovelace');
    const out = await fetch(`${url}/sign-out`, {
      method: 'POST',
      headers: { Cookie: cookie },
      redirect: 'manual',
    });
    expect(out.status).toBe(303);
    expect((await get('/documents/notes.txt', cookie)).headers.get('location')).toBe('/');
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
