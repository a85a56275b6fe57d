import { describe, expect, it } from '@jest/globals';
import type { Info, NamespaceFS } from '../../src/index.js';
import { createMayfly, MemoryFS } from '../../src/index.js';
import { Site } from '../support/http.js';
import { describeServed, EVERYTHING } from '../support/http-mayfly.js';

function patch(site: Site, path: string, body: string, type = 'application/json'): Promise<Response> {
  return site.fetch(path, { method: 'PATCH', body, headers: { 'Content-Type': type } });
}

describeServed('DELETE', (served) => {
  it('removes a file and its deadline', async () => {
    const { ns } = served();
    await ns.write('d/a', 'x', { seconds: 60 });
    const site = await served().serve(EVERYTHING);
    const response = await site.fetch('/files/ns/d/a', { method: 'DELETE' });
    expect([response.status, await response.text()]).toEqual([204, '']);
    expect(await ns.exists('d/a')).toBe(false);
    expect(await ns.getExpiration('d/a')).toBeNull();
  });

  it('of what is not there is 404, and clears a deadline that waits for it', async () => {
    const { ns } = served();
    await ns.expire('a', 60);
    const site = await served().serve(EVERYTHING);
    expect((await site.fetch('/files/ns/a', { method: 'DELETE' })).status).toBe(404);
    expect(await ns.getExpiration('a')).toBeNull();
  });

  it.each([
    ['/files/ns/d', 409],
    ['/files/ns/d/', 409],
    ['/files/ns', 409],
    ['/files/ns/f/', 404],
    ['/files/ns/f/below', 404],
  ])('%s is %i', async (path, status) => {
    await served().ns.write('d/x', 'x');
    await served().ns.write('f', 'x');
    const site = await served().serve(EVERYTHING);
    expect((await site.fetch(path, { method: 'DELETE' })).status).toBe(status);
    expect(await served().leftovers()).toEqual(['d/x', 'f']);
  });

  it('with If-Match removes only what the client knows', async () => {
    const { etag = '' } = await served().ns.write('a', 'x');
    const site = await served().serve(EVERYTHING);
    const remove = async (tag: string): Promise<number> =>
      (await site.fetch('/files/ns/a', { method: 'DELETE', headers: { 'If-Match': tag } })).status;
    expect(await remove('"other"')).toBe(412);
    expect(await remove(etag)).toBe(204);
  });

  it('and a PUT, both of them for one version and at once, never both succeed', async () => {
    const site = await served().serve(EVERYTHING);
    for (let i = 0; i < 40; i++) {
      const path = `/files/ns/f${i}`;
      const { etag = '' } = await served().ns.write(`f${i}`, 'v1');
      const headers = { 'If-Match': etag };
      const [put, removed] = await Promise.all([
        site.fetch(path, { method: 'PUT', body: 'v2', headers }).then(({ status }) => status),
        new Promise((resolve) => setTimeout(resolve, (i % 8) / 2)).then(async () => {
          const { status } = await site.fetch(path, { method: 'DELETE', headers });
          return status;
        }),
      ]);
      expect(`${put} ${removed}`).toMatch(/^(?:200 412|412 204)$/);
      expect(await served().ns.exists(`f${i}`)).toBe(put === 200);
    }
  });
});

describe('a change that is refused for what another made of the path after it was looked at', () => {
  /** A mayfly whose files run `next` once, right after the next look at one. */
  async function served(): Promise<{
    site: Site;
    ns: NamespaceFS;
    afterLook(next: () => Promise<unknown>): void;
  }> {
    let pending: (() => Promise<unknown>) | null = null;
    class Looked extends MemoryFS {
      override async getInfo(path: string): Promise<Info> {
        const info = await super.getInfo(path);
        const run = pending;
        pending = null;
        await run?.();
        return info;
      }
    }
    const mayfly = createMayfly({ storage: { filesystem: new Looked(), urlRoot: '/files' }, purge: false });
    const site = await Site.open(mayfly.handler(EVERYTHING));
    const ns = mayfly.getFilesystem('ns');
    return {
      site,
      ns,
      afterLook: (next) => {
        pending = next;
      },
    };
  }

  const JSON_TYPE = { 'Content-Type': 'application/json' };

  it.each<[string, RequestInit]>([
    ['DELETE', { method: 'DELETE' }],
    ['PATCH', { method: 'PATCH', body: '{"seconds":9}', headers: JSON_TYPE }],
  ])('%s with If-Match is 412, and the new version stays as it was', async (_method, init) => {
    const { site, ns, afterLook } = await served();
    const { etag = '' } = await ns.write('a', 'v1');
    afterLook(() => ns.write('a', 'v2', { days: 1 }));
    const answer = await site.fetch('/files/ns/a', {
      ...init,
      headers: { ...init.headers, 'If-Match': etag },
    });
    expect(answer.status).toBe(412);
    expect(await ns.readText('a')).toBe('v2');
    expect(((await ns.getExpiration('a'))?.getTime() ?? 0) - Date.now()).toBeGreaterThan(80_000_000);
    await site.close();
  });

  it('PATCH of what is gone by then is 404, and leaves no deadline', async () => {
    const { site, ns, afterLook } = await served();
    await ns.write('a', 'v1');
    afterLook(() => ns.remove('a'));
    const answer = await site.fetch('/files/ns/a', {
      method: 'PATCH',
      body: '{"seconds":9}',
      headers: JSON_TYPE,
    });
    expect(answer.status).toBe(404);
    expect(await ns.getExpiration('a')).toBeNull();
    await site.close();
  });

  it('PATCH tells of the version that got the deadline', async () => {
    const { site, ns, afterLook } = await served();
    await ns.write('a', 'v1');
    afterLook(() => ns.write('a', 'longer'));
    const answer = await site.fetch('/files/ns/a', {
      method: 'PATCH',
      body: '{"seconds":9}',
      headers: JSON_TYPE,
    });
    expect(await answer.json()).toMatchObject({ size: 6, etag: (await ns.getInfo('a')).etag });
    await site.close();
  });
});

describeServed('PATCH', (served) => {
  it.each([
    ['{"seconds":60}', 60_000],
    ['{"days":1}', 86_400_000],
    ['{"seconds":1.5,"days":2}', 172_801_500],
    ['{"seconds":60,"expires":true}', 60_000],
    ['{"seconds":0}', 0],
    ['{"expires":false}', null],
    ['{"seconds":60,"expires":false}', null],
  ])('%s sets the deadline', async (body, inMs) => {
    const { ns, clock } = served();
    await ns.write('a.txt', 'x', { days: 3 });
    const site = await served().serve(EVERYTHING);
    const response = await patch(site, '/files/ns/a.txt', body);
    const expires = inMs === null ? null : new Date(clock.now + inMs).toISOString();
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      namespace: 'ns',
      path: 'a.txt',
      size: 1,
      contentType: 'text/plain',
      url: '/files/ns/a.txt',
      expires,
    });
    expect((await ns.getExpiration('a.txt'))?.toISOString() ?? null).toBe(expires);
  });

  it.each([
    '',
    '{',
    'null',
    '[]',
    '60',
    '{}',
    '{"expires":true}',
    '{"expires":null}',
    '{"seconds":"60"}',
    '{"seconds":-1}',
    '{"seconds":1e999}',
    '{"seconds":null}',
    '{"days":1e15}',
    '{"seconds":60,"minutes":1}',
    '{"seconds":60,"__proto__":{}}',
  ])('%s is 400 and changes nothing', async (body) => {
    const { ns } = served();
    await ns.write('a', 'x', { days: 3 });
    const before = await ns.getExpiration('a');
    const site = await served().serve(EVERYTHING);
    expect((await patch(site, '/files/ns/a', body)).status).toBe(400);
    expect(await ns.getExpiration('a')).toEqual(before);
  });

  it.each([
    ['/files/ns/missing', 404],
    ['/files/ns/a/', 404],
    ['/files/ns/past', 410],
    ['/files/ns/d', 409],
    ['/files/ns', 409],
  ])('of %s is %i', async (path, status) => {
    const { ns, clock } = served();
    await ns.write('a', 'x');
    await ns.write('d/x', 'x');
    await ns.write('past', 'x', { seconds: 1 });
    clock.advance(1);
    const site = await served().serve(EVERYTHING);
    expect((await patch(site, path, '{"seconds":60}')).status).toBe(status);
  });

  it('wants JSON of a reasonable length', async () => {
    await served().ns.write('a', 'x');
    const site = await served().serve(EVERYTHING);
    expect((await patch(site, '/files/ns/a', '{"seconds":60}', 'text/plain')).status).toBe(415);
    expect((await patch(site, '/files/ns/a', `{"seconds":${' '.repeat(70_000)}60}`)).status).toBe(413);
    const typed = 'application/json; charset=utf-8';
    expect((await patch(site, '/files/ns/a', '{"seconds":60}', typed)).status).toBe(200);
  });
});
