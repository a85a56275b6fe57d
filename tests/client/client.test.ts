/** The client, against the real program: from Node and from a browser. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { minify } from '@swc/core';
import type { z } from 'zod';
import type { Client, ClientOptions, Entry, StoredFile, UploadProgress } from '../../src/client/index.js';
import { createClient, RequestFailed } from '../../src/client/index.js';
import type { entrySchema, fileSchema } from '../../src/http/schemas.js';
import { createMayfly } from '../../src/index.js';
import { describeInBrowser, useSite } from '../page/browser.js';
import { Program } from '../server/program.js';

const BUILT = join(import.meta.dirname, '../../dist/client/index.js');

/** Compiles only while the client's types are those that the service answers by. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
const sameFile: Same<StoredFile, z.infer<typeof fileSchema>> = true;
const sameEntry: Same<Entry, z.infer<typeof entrySchema>> = true;

describe('mayfly/client', () => {
  let program: Program;
  let url: string;
  let client: Client;
  const TOKEN = 'a-token-of-the-client-test';

  beforeAll(async () => {
    ({ program, url } = await Program.start({ MAYFLY_TOKEN: TOKEN }));
    client = createClient({ baseUrl: `${url}/files/`, token: TOKEN });
  });

  afterAll(() => program?.dispose());

  it('is under 5 KB, imports nothing, and speaks in the words of the service', async () => {
    const code = await readFile(BUILT, 'utf8');
    expect(code).not.toMatch(/\bimport\b[^.]*\bfrom\b/);
    const { code: small } = await minify(code, { module: true, compress: true, mangle: true });
    expect(Buffer.byteLength(small)).toBeLessThan(5_000);
    expect([sameFile, sameEntry]).toEqual([true, true]);
  });

  it('says that it needs to know where the service is', () => {
    expect(() => createClient({ baseURL: '/files' } as never)).toThrow(
      new TypeError("baseUrl must be a string, such as '/files'"),
    );
  });

  it('uploads files under free names, with a lifetime', async () => {
    const before = Date.now();
    const named = { blob: new Blob(['one']), name: 'ä b.txt' };
    const [first, second] = await client.upload('up', [named, new File(['two'], 'c.txt')], {
      seconds: 600,
      directory: 'a dir',
    });
    expect(first).toMatchObject({ namespace: 'up', path: 'a dir/ä b.txt', size: 3 });
    expect(Date.parse(second?.expires ?? '')).toBeGreaterThanOrEqual(before + 600_000);
    const [again] = await client.upload('up', named, { directory: 'a dir' });
    expect(again?.path).toBe('a dir/ä b-1.txt');
    const [renamed] = await client.upload('up', new Blob(['x']), { filename: 'given.txt' });
    expect(renamed?.path).toBe('given.txt');
    expect(await (await fetch(client.url('up', 'a dir/ä b.txt'))).text()).toBe('one');
  });

  it('tells how far an upload is, up to all of it', async () => {
    const told: UploadProgress[] = [];
    const blob = new Blob([new Uint8Array(3_000_000)]);
    const [stored] = await client.upload(
      'up',
      { blob, name: 'large.bin' },
      { onProgress: (at) => told.push(at) },
    );
    expect(stored?.size).toBe(3_000_000);
    expect(told.length).toBeGreaterThan(3);
    expect(told.at(-1)).toEqual({ loaded: 3_000_000, total: 3_000_000 });
    expect(told.every(({ loaded }, i) => loaded >= (told[i - 1]?.loaded ?? 0))).toBe(true);
  });

  it('puts, with conditions', async () => {
    const stored = await client.put('put', 'a/b.txt', 'one', { days: 1 });
    expect(stored).toMatchObject({ path: 'a/b.txt', contentType: 'text/plain', size: 3 });
    await expect(client.put('put', 'a/b.txt', 'two', { createOnly: true })).rejects.toMatchObject({
      status: 412,
    });
    const replaced = await client.put('put', 'a/b.txt', 'two', { ifMatch: stored.etag });
    expect(replaced.expires).toBe(stored.expires);
    await expect(client.put('put', 'a/b.txt', 'three', { ifMatch: stored.etag })).rejects.toMatchObject({
      status: 412,
    });
    expect(await (await fetch(client.url('put', 'a/b.txt'))).text()).toBe('two');
  });

  it('lists page by page, changes deadlines, removes', async () => {
    for (const name of ['1', '2', '3', '4', '5']) await client.put('list', `dir/${name}`, name);
    const names: string[] = [];
    for await (const { name } of client.list('list', 'dir', { pageSize: 2 })) names.push(name);
    expect(names).toEqual(['1', '2', '3', '4', '5']);
    const expiring = await client.expire('list', 'dir/1', { seconds: 60, days: 1 });
    expect(Date.parse(expiring.expires ?? '') - Date.now()).toBeGreaterThan(86_400_000);
    expect((await client.expire('list', 'dir/1', null)).expires).toBeNull();
    await client.remove('list', 'dir/1');
    await expect(client.remove('list', 'dir/1')).rejects.toMatchObject({ status: 404 });
  });

  it('says what the server said, and stops when told to', async () => {
    const stranger = createClient({ baseUrl: `${url}/files`, token: () => undefined });
    const refused = stranger.put('x', 'a', 'a');
    await expect(refused).rejects.toBeInstanceOf(RequestFailed);
    await expect(refused).rejects.toMatchObject({ status: 401, message: expect.stringContaining('token') });
    const reason = new Error('enough');
    await expect(client.put('x', 'a', 'a', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('makes URLs without asking', () => {
    const local = createClient({ baseUrl: '/files' });
    expect(local.url('ns', 'a b/ü?.txt')).toBe('/files/ns/a%20b/%C3%BC%3F.txt');
    expect(local.url('ns', 'a', { download: true })).toBe('/files/ns/a?download=');
    expect(local.url('ns', 'a', { download: 'b c.txt' })).toBe('/files/ns/a?download=b+c.txt');
  });
});

describe('a path of mayfly/client', () => {
  const sent: string[] = [];
  const client = createClient({
    baseUrl: 'http://x/files',
    fetch: async (url) => {
      sent.push(new URL(String(url)).pathname);
      return new Response('{"entries":[],"cursor":null,"files":[]}');
    },
  });

  it.each([
    ['a/./b', '/files/ns/a/b'],
    ['a//b', '/files/ns/a/b'],
    ['/a/b', '/files/ns/a/b'],
    ['a/../b', '/files/ns/b'],
    ['a/b/../../c', '/files/ns/c'],
    ['a/..b', '/files/ns/a/..b'],
    ['%2e%2e/a', '/files/ns/%252e%252e/a'],
    ['..\\a', '/files/ns/..%5Ca'],
    ['a/', '/files/ns/a/'],
    ['a/..', '/files/ns'],
  ])('%s stays in its namespace', (path, expected) => {
    expect(new URL(client.url('ns', path)).pathname).toBe(expected);
  });

  it.each(['..', '../bob/x.txt', 'a/../../bob/x', '/../bob', './../bob', 'a/../..'])(
    '%s is refused before anything is sent',
    async (path) => {
      expect(() => client.url('alice', path)).toThrow(TypeError);
      await expect(client.put('alice', path, 'x')).rejects.toThrow(TypeError);
      await expect(client.remove('alice', path)).rejects.toThrow(TypeError);
      await expect(client.expire('alice', path, null)).rejects.toThrow(TypeError);
      await expect(client.list('alice', path).next()).rejects.toThrow(TypeError);
      await expect(client.upload('alice', new Blob(['x']), { directory: path })).rejects.toThrow(TypeError);
      expect(sent).toEqual([]);
    },
  );

  it.each(['', '.', '..'])('a namespace of %j is none', async (namespace) => {
    expect(() => client.url(namespace, 'a')).toThrow(TypeError);
    await expect(client.put(namespace, 'files/a', 'x')).rejects.toThrow(TypeError);
    expect(sent).toEqual([]);
  });

  it('of a directory or none is where it was', async () => {
    for await (const _entry of client.list('ns')) void _entry;
    for await (const _entry of client.list('ns', 'd/e')) void _entry;
    await client.upload('ns', new Blob(['x']));
    await client.upload('ns', new Blob(['x']), { directory: 'd' });
    expect(sent.splice(0)).toEqual(['/files/ns/', '/files/ns/d/e/', '/files/ns', '/files/ns/d']);
  });
});

describe('an answer to mayfly/client that is not of the service', () => {
  const page = { body: '<html>Log in first</html>', headers: { 'Content-Type': 'text/html; charset=utf-8' } };
  const onProgress = (): void => undefined;

  it.each<[string, (client: Client) => Promise<unknown>]>([
    ['upload', (client) => client.upload('ns', new Blob(['x']))],
    ['upload with progress', (client) => client.upload('ns', new Blob(['x']), { onProgress })],
    ['put', (client) => client.put('ns', 'a', 'x')],
    ['list', (client) => client.list('ns').next()],
    ['expire', (client) => client.expire('ns', 'a', null)],
    ['remove', (client) => client.remove('ns', 'a')],
  ])('makes %s fail, which says what came instead', async (_what, ask) => {
    const answering = (body: string | null, init: ResponseInit): Client =>
      createClient({ baseUrl: 'http://x/files', fetch: async () => new Response(body, init) });
    const failed = ask(answering(page.body, { headers: page.headers }));
    await expect(failed).rejects.toBeInstanceOf(RequestFailed);
    await expect(failed).rejects.toMatchObject({
      status: 200,
      message: 'The server answered 200 with text/html instead of JSON.',
    });
    await expect(ask(answering(null, {}))).rejects.toMatchObject({
      status: 200,
      message: 'The server answered 200 with nothing instead of JSON.',
    });
  });
});

it('an answer of another service makes what has a list in it fail', async () => {
  const fetch = async () => new Response('{"a":1}', { status: 201 });
  const client = createClient({ baseUrl: 'http://x/files', fetch });
  for (const failed of [client.upload('ns', new Blob(['x'])), client.list('ns').next()]) {
    await expect(failed).rejects.toBeInstanceOf(RequestFailed);
    await expect(failed).rejects.toMatchObject({ status: 201 });
  }
});

describe('credentials and headers of mayfly/client', () => {
  const sent: RequestInit[] = [];
  const answer = '{"entries":[],"cursor":null,"files":[]}';
  const clientWith = (options: Partial<ClientOptions>) =>
    createClient({
      baseUrl: 'http://x/files',
      fetch: async (_url, init) => {
        sent.push(init as RequestInit);
        return new Response(answer);
      },
      ...options,
    });

  beforeEach(() => void sent.splice(0));

  it('go with every request, told of progress or not', async () => {
    let count = 0;
    const client = clientWith({
      credentials: 'include',
      headers: () => ({ 'X-CSRF-Token': `${++count}`, accept: 'text/html' }),
    });
    await client.put('ns', 'a', 'a');
    await client.put('ns', 'a', 'a', { onProgress: () => undefined });
    expect(sent.map(({ credentials }) => credentials)).toEqual(['include', 'include']);
    const headers = sent.map((init) => new Headers(init.headers));
    expect(headers.map((each) => [each.get('X-CSRF-Token'), each.get('Accept')])).toEqual([
      ['1', 'application/json'],
      ['2', 'application/json'],
    ]);
  });

  it('are left to fetch where none are given', async () => {
    await clientWith({}).remove('ns', 'a');
    expect(sent).toEqual([{ method: 'DELETE', headers: { accept: 'application/json' } }]);
  });

  it('are not overruled by XMLHttpRequest, which can not do without cookies', async () => {
    Object.assign(globalThis, { XMLHttpRequest: class {} });
    try {
      await clientWith({ credentials: 'omit' }).put('ns', 'a', 'a', { onProgress: () => undefined });
    } finally {
      Reflect.deleteProperty(globalThis, 'XMLHttpRequest');
    }
    expect(sent.map(({ credentials }) => credentials)).toEqual(['omit']);
  });
});

describeInBrowser('mayfly/client in a browser', () => {
  const site = useSite();

  it.each([
    ['include', [1, 1, 0]],
    [undefined, [403, 403, 403]],
  ])('sends cookies to another origin as it is told (%s)', async (credentials, expected) => {
    const mayfly = createMayfly({ storage: { type: 'memoryfs', urlRoot: '/files' }, purge: false });
    const handler = mayfly.handler({
      allow: ['read', 'list', 'upload'],
      authorize: ({ headers }) => headers.cookie === 'session=1' && headers['x-csrf-token'] !== undefined,
      cors: { origin: site.url, credentials: true },
    });
    const other = createServer(handler).listen(0, '127.0.0.1');
    await once(other, 'listening');
    try {
      const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
      const { page } = await site.visit({ bypassCSP: true });
      await page.context().addCookies([{ name: 'session', value: '1', url }]);
      const source = await readFile(BUILT, 'utf8');
      const told = await page.evaluate(
        async ({ source: code, ...options }) => {
          const { createClient: create } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
          const client = create(options);
          const status = (error: { status: number }) => error.status;
          const blob = new Blob(['x']);
          const put = client.put('a', 'a.txt', blob, { onProgress: () => undefined });
          const posted = client.upload('a', blob);
          const listed = client.list('b').next();
          return [
            await put.then(({ size }: StoredFile) => size, status),
            await posted.then(([{ size }]: [StoredFile]) => size, status),
            await listed.then(() => 0, status),
          ];
        },
        { source, baseUrl: `${url}/files`, credentials, headers: { 'X-CSRF-Token': 'x' } },
      );
      expect(told).toEqual(expected);
    } finally {
      other.close();
      other.closeAllConnections();
      await mayfly.close();
    }
  });

  it('uploads with progress, and stops when told to', async () => {
    const { page, namespace } = await site.visit({ bypassCSP: true });
    const code = await readFile(BUILT, 'utf8');
    const told = await page.evaluate(
      async ({ source, name }) => {
        const { createClient: create } = await import(`data:text/javascript,${encodeURIComponent(source)}`);
        const client = create({ baseUrl: '/files' });
        const progress: { loaded: number; total: number }[] = [];
        const blob = new Blob([new Uint8Array(2_000_000)]);
        const [stored] = await client.upload(
          name,
          { blob, name: 'a.bin' },
          { onProgress: (at: never) => progress.push(at) },
        );
        const control = new AbortController();
        const stopped = await client
          .put(name, 'b.bin', blob, {
            signal: control.signal,
            onProgress: () => control.abort(new Error('enough')),
          })
          .catch((error: Error) => error.message);
        return { size: stored.size, last: progress.at(-1), stopped };
      },
      { source: code, name: namespace },
    );
    expect(told.size).toBe(2_000_000);
    expect(told.last?.loaded).toBe(told.last?.total);
    expect(told.stopped).toBe('enough');
  });
});
