/** Temporary links of the program: signed out of the box, refused once past or altered, and its secrets told to nobody. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { Program } from './program.js';

const NEW = 'a-newer-secret-of-32-bytes-or-more';
const OLD = 'an-old-secret-of-32-bytes-or-more';

const programs: Program[] = [];
let directory: { path: string; remove: () => Promise<void> };

beforeEach(async () => {
  directory = await temporaryDirectory();
});

afterEach(async () => {
  for (const program of programs.splice(0)) await program.dispose();
  await directory.remove();
});

/** Programs of one test share files and deadlines. */
async function start(env: Record<string, string> = {}) {
  const started = await Program.start({
    MAYFLY_DIRECTORY_ROOT: join(directory.path, 'files'),
    MAYFLY_EXPIRATIONS_PATH: join(directory.path, 'expirations.db'),
    ...env,
  });
  programs.push(started.program);
  return started;
}

async function put(url: string, path: string, query = ''): Promise<{ url: string; expires: string | null }> {
  const response = await fetch(`${url}/files/${path}${query}`, { method: 'PUT', body: 'hello' });
  expect([200, 201]).toContain(response.status);
  return (await response.json()) as { url: string; expires: string | null };
}

async function link(url: string, body: { path: string; timeout: number; download?: boolean }) {
  const response = await fetch(`${url}/links`, {
    method: 'POST',
    body: JSON.stringify({ namespace: 'demo', ...body }),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as { url: string; temporary: boolean; expires: string | null };
}

const status = async (url: string | URL) => (await fetch(url)).status;

/** The same URL with a parameter changed. */
function altered(url: string, name: string, value: string): URL {
  const changed = new URL(url);
  changed.searchParams.set(name, value);
  return changed;
}

describe('a temporary link', () => {
  it('is signed without any setting, works, and is refused altered', async () => {
    const { url } = await start();
    await put(url, 'demo/a.txt');
    const before = Math.floor(Date.now() / 1000);
    const { url: path, temporary, expires } = await link(url, { path: 'a.txt', timeout: 60 });
    expect(temporary).toBe(true);
    const signed = new URL(path, url).href;
    const end = Number(new URL(signed).searchParams.get('expires'));
    expect(end).toBeGreaterThanOrEqual(before + 60);
    expect(expires).toBe(new Date(end * 1000).toISOString());
    expect(await (await fetch(signed)).text()).toBe('hello');
    expect(await status(altered(signed, 'expires', String(end + 1)))).toBe(403);
    expect(await status(altered(signed, 'signature', 'x'.repeat(43)))).toBe(403);
    expect(await status(altered(signed, 'download', 'b.txt'))).toBe(403);
    await put(url, 'demo/b.txt');
    expect(await status(signed.replace('a.txt', 'b.txt'))).toBe(403);
    expect((await stat(join(directory.path, 'url-secret'))).mode & 0o777).toBe(0o600);
  });

  it('is refused when it is over, while the file stays', async () => {
    const { url } = await start();
    await put(url, 'demo/a.txt');
    const signed = new URL((await link(url, { path: 'a.txt', timeout: 2 })).url, url);
    expect(await status(signed)).toBe(200);
    while ((await status(signed)) === 200) await sleep(100);
    expect(await status(signed)).toBe(403);
    expect(await status(`${url}/files/demo/a.txt`)).toBe(200);
  });

  it('saves the file when that was asked for', async () => {
    const { url } = await start();
    await put(url, 'demo/a.txt');
    const { url: path } = await link(url, { path: 'a.txt', timeout: 60, download: true });
    const response = await fetch(new URL(path, url));
    expect(response.headers.get('Content-Disposition')).toContain('attachment');
  });

  it('outlives the process, and another one on the same files takes it', async () => {
    const first = await start();
    await put(first.url, 'demo/a.txt');
    const { url: path } = await link(first.url, { path: 'a.txt', timeout: 60 });
    const second = await start();
    expect(await status(second.url + path)).toBe(200);
    first.program.signal('SIGTERM');
    await first.program.ended;
    const third = await start({ MAYFLY_WORKERS: '2' });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => fetch(third.url + path, { headers: { Connection: 'close' } })),
    );
    expect(answers.map((answer) => answer.status)).toEqual(Array(8).fill(200));
  });

  it('ends with its file if that goes first, and is temporary all the same', async () => {
    const { url } = await start({ MAYFLY_URLS_REQUIRED: 'true' });
    const { expires: deadline } = await put(url, 'demo/a.txt', '?seconds=100');
    const { temporary, expires } = await link(url, { path: 'a.txt', timeout: 3600 });
    expect(temporary).toBe(true);
    const early = Date.parse(deadline ?? '') - Date.parse(expires ?? '');
    expect(early).toBeGreaterThanOrEqual(0);
    expect(early).toBeLessThan(1000);
  });
});

describe('MAYFLY_URL_SECRETS', () => {
  it('are those of several instances, the first of which signs', async () => {
    const one = await start({ MAYFLY_URL_SECRETS: OLD });
    await put(one.url, 'demo/a.txt');
    const { url: old } = await link(one.url, { path: 'a.txt', timeout: 60 });
    const two = await start({ MAYFLY_URL_SECRETS: `${NEW},${OLD}` });
    expect(await status(two.url + old)).toBe(200);
    const { url: newer } = await link(two.url, { path: 'a.txt', timeout: 60 });
    expect(await status(one.url + newer)).toBe(403);
    const three = await start({ MAYFLY_URL_SECRETS: NEW });
    expect(await status(three.url + newer)).toBe(200);
    expect(await status(three.url + old)).toBe(403);
    // With secrets of the operator's there is no other.
    await expect(stat(join(directory.path, 'url-secret'))).rejects.toThrow('ENOENT');
  });

  it('are told to nobody, nor is a signature', async () => {
    const { program, url } = await start({ MAYFLY_URL_SECRETS: NEW, MAYFLY_LOG_LEVEL: 'trace' });
    await put(url, 'demo/a.txt');
    const { url: path } = await link(url, { path: 'a.txt', timeout: 60 });
    const signature = new URL(path, url).searchParams.get('signature') ?? '';
    expect(await status(url + path)).toBe(200);
    expect(await status(`${url}${path}x`)).toBe(403);
    await program.logged('request', (line) => line.status === 403);
    const log = JSON.stringify(program.log);
    expect(log).toContain('/files/demo/a.txt');
    for (const route of ['openapi.json', 'metrics', 'readyz']) {
      expect(await (await fetch(`${url}/${route}`)).text()).not.toContain(NEW);
    }
    expect(log).not.toContain(NEW);
    expect(signature).toHaveLength(43);
    expect(log).not.toContain(signature);
  });

  it('that are too short keep the program from starting, which says what it wants and not what it got', async () => {
    const program = await Program.spawn({ MAYFLY_URL_SECRETS: 'a-short-secret' });
    programs.push(program);
    const { code, stderr } = await program.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/urls\.secrets \(MAYFLY_URL_SECRETS\).*32 bytes.*openssl rand -base64 32/);
    expect(stderr).not.toContain('a-short-secret');
    expect(program.log).toEqual([]);
  });
});

describe('MAYFLY_URLS_REQUIRED', () => {
  it('serves nothing without a signature, and hands out URLs that have one', async () => {
    const { url } = await start({ MAYFLY_URLS_REQUIRED: 'true' });
    const stored = await put(url, 'demo/a.txt');
    expect(await status(`${url}/files/demo/a.txt`)).toBe(403);
    expect(await status(url + stored.url)).toBe(200);
    const listing = await fetch(`${url}/files/demo/`, { headers: { Accept: 'application/json' } });
    const { entries } = (await listing.json()) as { entries: { url: string }[] };
    expect(await status(url + entries[0]?.url)).toBe(200);
    expect(await readFile(join(directory.path, 'url-secret'), 'utf8')).toMatch(/^[\w-]{43}\n$/);
  });
});
