import { expect, it } from '@jest/globals';
import type { RouterOptions } from '../../src/index.js';
import { createMayfly } from '../../src/index.js';
import { FORM_TYPE, rawForm, Site } from '../support/http.js';
import { describeServed, EVERYTHING } from '../support/http-mayfly.js';
import { FakeClock } from '../support/mayflies.js';

const HOUR: RouterOptions = { ...EVERYTHING, lifetime: { max: 3600 } };

type Send = (site: Site, path: string, asked: Record<string, string>) => Promise<Response>;

const postForm = (site: Site, path: string, query: string, fields: Record<string, string>) => {
  const named = Object.entries(fields).map(([name, body]) => ({ disposition: `name="${name}"`, body }));
  const file = { disposition: 'name="file"; filename="a"', body: 'new' };
  const headers = { 'Content-Type': FORM_TYPE };
  return site.fetch(`${path}?${query}`, { method: 'POST', headers, body: rawForm([...named, file]) });
};

/** The ways to ask for a lifetime, by what they are called. */
const WAYS: Record<string, Send> = {
  'the fields of a POST': (site, path, asked) => postForm(site, path, '', asked),
  'the query of a POST': (site, path, asked) => postForm(site, path, String(new URLSearchParams(asked)), {}),
  'the query of a PUT': (site, path, asked) =>
    site.fetch(`${path}/a?${new URLSearchParams(asked)}`, { method: 'PUT', body: 'new' }),
  'a PATCH': (site, path, asked) => {
    const numbers = Object.fromEntries(Object.entries(asked).map(([name, value]) => [name, Number(value)]));
    const headers = { 'Content-Type': 'application/json' };
    return site.fetch(`${path}/old`, { method: 'PATCH', headers, body: JSON.stringify(numbers) });
  },
};

describeServed('A router with a lifetime', (served) => {
  const inSeconds = (seconds: number): Date => new Date(served().clock.now + seconds * 1000);

  it.each(Object.entries(WAYS))(
    'takes what %s ask for up to its limit, and is 400 above',
    async (_way, send) => {
      const { ns } = served();
      const kept = await ns.write('old', 'old', { seconds: 60 }).then(() => ns.getExpiration('old'));
      const site = await served().serve(HOUR);
      const refusals: Record<string, string>[] = [
        { seconds: '3600.1' },
        { days: '9999' },
        { seconds: '1', days: '0.041666666666666664' },
      ];
      for (const asked of refusals) {
        const refused = await send(site, '/files/ns', asked);
        expect([asked, refused.status]).toEqual([asked, 400]);
        expect(refused.headers.get('content-type')).toBe('application/problem+json');
        expect(((await refused.json()) as { detail: string }).detail).toContain('3600 seconds');
      }
      expect(await served().leftovers()).toEqual(['old']);
      expect(await ns.getExpiration('old')).toEqual(kept);
      expect((await send(site, '/files/ns', { seconds: '1800', days: '0.02' })).ok).toBe(true);
      expect((await send(site, '/files/ns', { seconds: '3600' })).ok).toBe(true);
    },
  );

  it('counts what query and fields of a form ask for together', async () => {
    const site = await served().serve(HOUR);
    expect((await postForm(site, '/files/ns', 'days=0.02', { seconds: '3000' })).status).toBe(400);
    expect((await postForm(site, '/files/ns', 'days=0.02', { seconds: '600' })).status).toBe(201);
  });

  it.each([
    ['max', { max: 3600 }, 3600],
    ['default', { max: 3600, default: 60 }, 60],
    ['default alone', { default: 60 }, 60],
  ])('gives uploads that name no deadline its %s', async (_name, lifetime, seconds) => {
    const { ns } = served();
    const site = await served().serve({ lifetime });
    expect((await postForm(site, '/files/ns', 'timeout=5', {})).status).toBe(201);
    expect((await site.fetch('/files/ns/put', { method: 'PUT', body: 'x' })).status).toBe(201);
    expect(await ns.getExpiration('a')).toEqual(inSeconds(seconds));
    expect(await ns.getExpiration('put')).toEqual(inSeconds(seconds));
  });

  it.each([
    ['POST', { seconds: 5000 }],
    ['POST', {}],
    ['PUT', { seconds: 5000 }],
    ['PUT', {}],
  ])('gives it by %s to files that replace others, be they kept %j', async (method, before) => {
    const { ns } = served();
    await ns.write('a', 'old', before);
    const site = await served().serve({ ...HOUR, onConflict: 'replace' });
    const answer =
      method === 'POST'
        ? await postForm(site, '/files/ns', '', {})
        : await site.fetch('/files/ns/a', { method, body: 'new' });
    expect(answer.ok).toBe(true);
    expect(await ns.readText('a')).toBe('new');
    expect(await ns.getExpiration('a')).toEqual(inSeconds(3600));
  });

  it('keeps the app free, and clients without a limit', async () => {
    const { ns } = served();
    await ns.write('forever', 'x');
    expect(await ns.getExpiration('forever')).toBeNull();
    const site = await served().serve({ ...EVERYTHING, lifetime: { default: 60 } });
    expect((await postForm(site, '/files/ns', 'days=9999', {})).status).toBe(201);
    expect(await ns.getExpiration('a')).toEqual(inSeconds(9999 * 86_400));
  });

  it('is 400 to a PATCH that takes the deadline away, where there is a limit', async () => {
    const { ns } = served();
    await ns.write('a', 'x', { seconds: 60 });
    const until = await ns.getExpiration('a');
    const endless = { method: 'PATCH', headers: { 'Content-Type': 'application/json' } };
    for (const body of ['{"expires":false}', '{"expires":false,"seconds":5}', '{"expires":null}']) {
      const site = await served().serve(HOUR);
      expect((await site.fetch('/files/ns/a', { ...endless, body })).status).toBe(400);
    }
    expect(await ns.getExpiration('a')).toEqual(until);
    const free = await served().serve({ ...EVERYTHING, lifetime: { default: 60 } });
    expect((await free.fetch('/files/ns/a', { ...endless, body: '{"expires":false}' })).status).toBe(200);
    expect(await ns.getExpiration('a')).toBeNull();
  });
});

it.each([
  ['what it says', { days: 7 }, 7 * 86_400],
  ['the default where it says nothing', {}, 60],
])('A signed upload to a router with a lifetime has %s', async (_what, asked, seconds) => {
  const clock = new FakeClock();
  const mayfly = createMayfly({
    storage: { type: 'memoryfs', urlRoot: '/files' },
    purge: false,
    urls: { secrets: ['a secret of 32 bytes or more, for tests'] },
    clock: clock.read,
  });
  const ns = mayfly.getFilesystem('ns');
  const site = await Site.open(mayfly.handler({ allow: ['upload'], lifetime: { max: 3600, default: 60 } }));
  try {
    const { url } = await ns.getUploadUrl('a', asked);
    const { pathname, search } = new URL(url, site.url('/'));
    expect((await postForm(site, pathname, search.slice(1), {})).status).toBe(201);
    expect(await ns.getExpiration('a')).toEqual(new Date(clock.now + seconds * 1000));
  } finally {
    await site.close();
    await mayfly.close();
  }
});
