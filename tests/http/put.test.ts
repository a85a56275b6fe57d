import { expect, it } from '@jest/globals';
import type { Site } from '../support/http.js';
import { eventually } from '../support/http.js';
import { describeServed, EVERYTHING } from '../support/http-mayfly.js';

function put(
  site: Site,
  path: string,
  body: string | Uint8Array<ArrayBuffer> = 'new',
  headers: Record<string, string> = {},
): Promise<Response> {
  return site.fetch(path, { method: 'PUT', body, headers });
}

describeServed('PUT', (served) => {
  it('stores a new file, with its deadline, and tells of it', async () => {
    const { ns, clock } = served();
    const site = await served().serve();
    const response = await put(site, '/files/ns/dir/a.txt?seconds=60&days=1', 'hello');
    expect(response.status).toBe(201);
    expect(response.headers.get('location')).toBe('/files/ns/dir/a.txt');
    const file = (await response.json()) as Record<string, unknown>;
    expect(file).toEqual({
      namespace: 'ns',
      path: 'dir/a.txt',
      size: 5,
      contentType: expect.stringMatching(/^text\/plain/),
      etag: (await ns.getInfo('dir/a.txt')).etag,
      url: '/files/ns/dir/a.txt',
      expires: new Date(clock.now + 86_460_000).toISOString(),
    });
    expect(response.headers.get('etag')).toBe(file.etag);
    expect(await ns.readText('dir/a.txt')).toBe('hello');
  });

  it('stores an empty body as an empty file', async () => {
    const site = await served().serve();
    expect((await put(site, '/files/ns/empty', '')).status).toBe(201);
    expect(await served().ns.getSize('empty')).toBe(0);
  });

  it('replaces a file where that is allowed, and keeps its deadline', async () => {
    const { ns } = served();
    await ns.write('a', 'old', { seconds: 60 });
    const deadline = await ns.getExpiration('a');
    const site = await served().serve(EVERYTHING);
    const response = await put(site, '/files/ns/a');
    expect(response.status).toBe(200);
    expect(response.headers.get('location')).toBeNull();
    expect(await ns.readText('a')).toBe('new');
    expect(await ns.getExpiration('a')).toEqual(deadline);
  });

  it('on a file is 405 where replacing is off', async () => {
    await served().ns.write('a', 'old');
    const site = await served().serve();
    const response = await put(site, '/files/ns/a');
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST, OPTIONS']);
    expect(await served().ns.readText('a')).toBe('old');
  });

  it('on a free path is 405 where uploading is off', async () => {
    const site = await served().serve({ allow: ['read', 'replace'] });
    expect((await put(site, '/files/ns/a')).status).toBe(405);
    expect(await served().leftovers()).toEqual([]);
  });

  it('on a file past its deadline stores a new one, which has no deadline', async () => {
    const { ns, clock } = served();
    await ns.write('a', 'old', { seconds: 1 });
    clock.advance(1);
    const site = await served().serve();
    expect((await put(site, '/files/ns/a', 'new', { 'If-None-Match': '*' })).status).toBe(201);
    expect(await ns.readText('a')).toBe('new');
    expect(await ns.getExpiration('a')).toBeNull();
  });

  it.each(['read', 'replace'] as const)('with If-None-Match: * only creates, %s on', async (other) => {
    await served().ns.write('a', 'old');
    const site = await served().serve({ allow: ['upload', other] });
    const headers = { 'If-None-Match': '*' };
    expect((await put(site, '/files/ns/a', 'new', headers)).status).toBe(412);
    expect((await put(site, '/files/ns/b', 'new', headers)).status).toBe(201);
    expect(await served().ns.readText('a')).toBe('old');
    expect(await served().leftovers()).toEqual(['a', 'b']);
  });

  it('with If-None-Match: *, many at once, creates once', async () => {
    const site = await served().serve(EVERYTHING);
    const puts = Array.from({ length: 12 }, (_, i) =>
      put(site, '/files/ns/a', `${i}`, { 'If-None-Match': '*' }),
    );
    const statuses = (await Promise.all(puts)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([201, ...Array.from({ length: 11 }, () => 412)]);
  });

  it('with If-Match replaces only what the client knows', async () => {
    const { etag = '' } = await served().ns.write('a', 'old');
    const site = await served().serve(EVERYTHING);
    expect((await put(site, '/files/ns/a', 'x', { 'If-Match': '"other"' })).status).toBe(412);
    expect((await put(site, '/files/ns/a', 'x', { 'If-Match': `W/${etag}` })).status).toBe(412);
    expect((await put(site, '/files/ns/missing', 'x', { 'If-Match': '*' })).status).toBe(412);
    expect((await put(site, '/files/ns/a', 'x', { 'If-None-Match': etag })).status).toBe(412);
    expect(await served().ns.readText('a')).toBe('old');
    expect((await put(site, '/files/ns/a', 'new', { 'If-Match': etag })).status).toBe(200);
    expect(await served().leftovers()).toEqual(['a']);
  });

  it('with If-Match, many at once, replaces once', async () => {
    const { etag = '' } = await served().ns.write('a', 'old');
    const site = await served().serve(EVERYTHING);
    const puts = Array.from({ length: 12 }, (_, i) => put(site, '/files/ns/a', `${i}`, { 'If-Match': etag }));
    const statuses = (await Promise.all(puts)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, ...Array.from({ length: 11 }, () => 412)]);
  });

  it('many at once without conditions all succeed, and one of them is stored', async () => {
    const site = await served().serve(EVERYTHING);
    const statuses = await Promise.all(
      Array.from({ length: 12 }, async (_, i) => (await put(site, '/files/ns/a', `${i}`)).status),
    );
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 200)).toHaveLength(11);
    expect(await served().leftovers()).toEqual(['a']);
  });

  it.each([
    ['/files/ns', {}, 400],
    ['/files/ns/', {}, 400],
    ['/files/ns/a/', {}, 400],
    ['/files/ns/d', {}, 409],
    ['/files/ns/f/below', {}, 409],
    ['/files/ns/a?seconds=-1', {}, 400],
    ['/files/ns/a?seconds=', {}, 400],
    ['/files/ns/a?days=1e999', {}, 400],
    ['/files/ns/a?timeout=x', {}, 400],
    ['/files/ns/a%00', {}, 400],
    ['/files/ns/a', { 'Content-Encoding': 'gzip' }, 415],
    ['/files/ns/a', { 'Content-Range': 'bytes 0-2/10' }, 400],
  ])('%s with %j is refused: %i', async (path, headers, status) => {
    await served().ns.write('d/x', 'x');
    await served().ns.write('f', 'x');
    const site = await served().serve(EVERYTHING);
    expect((await put(site, path, 'new', headers as Record<string, string>)).status).toBe(status);
    expect(await served().leftovers()).toEqual(['d/x', 'f']);
  });

  it('takes exactly maxFileSize, and not one byte more, announced or not', async () => {
    const site = await served().serve({ maxFileSize: 100_000 });
    const chunked = (bytes: number): Promise<Response> => {
      const body = ReadableStream.from([Buffer.alloc(bytes - 1), Buffer.alloc(1)]);
      return site.fetch(`/files/ns/chunked-${bytes}`, { method: 'PUT', body, duplex: 'half' } as RequestInit);
    };
    expect((await put(site, '/files/ns/exact', Buffer.alloc(100_000))).status).toBe(201);
    expect((await put(site, '/files/ns/over', Buffer.alloc(100_001))).status).toBe(413);
    expect((await chunked(100_000)).status).toBe(201);
    expect((await chunked(100_001)).status).toBe(413);
    expect(await served().leftovers()).toEqual(['chunked-100000', 'exact']);
  });

  it.each(['Content-Length: 9999999', 'Transfer-Encoding: chunked'])(
    'with %s leaves nothing when the client hangs up half-way',
    async (framing) => {
      const site = await served().serve(EVERYTHING);
      const chunk = framing.startsWith('T') ? `186A0\r\n${'x'.repeat(100_000)}` : 'x'.repeat(100_000);
      const { directoryRoot, leftovers } = served();
      await site.hangUp(`PUT /files/ns/a HTTP/1.1\r\nHost: x\r\n${framing}\r\n\r\n${chunk}`, () =>
        eventually(async () => {
          if (directoryRoot !== undefined) expect((await leftovers()).length).toBeGreaterThan(0);
        }),
      );
      await eventually(async () => expect(await leftovers()).toEqual([]));
    },
  );
});
