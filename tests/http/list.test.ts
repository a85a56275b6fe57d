import { expect, it } from '@jest/globals';
import type { Site } from '../support/http.js';
import { describeServed } from '../support/http-mayfly.js';

const AS_JSON = { headers: { Accept: 'application/json' } };

interface Page {
  entries: Record<string, unknown>[];
  cursor: string | null;
}

async function list(site: Site, path: string): Promise<Page> {
  const response = await site.fetch(path, AS_JSON);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  return (await response.json()) as Page;
}

describeServed('GET of a directory as JSON', (served) => {
  it('lists files and directories with their deadlines', async () => {
    const { ns, clock } = served();
    await ns.write('d/x', 'x');
    await ns.write('ä.txt', 'hello', { seconds: 60 });
    const info = await ns.getInfo('ä.txt');
    const site = await served().serve({ allow: ['list'] });
    const { entries, cursor } = await list(site, '/files/ns/');
    expect(cursor).toBeNull();
    expect(entries).toEqual([
      {
        name: 'd',
        path: 'd',
        isDir: true,
        size: 0,
        modified: expect.any(String),
        url: '/files/ns/d',
        expires: null,
      },
      {
        name: 'ä.txt',
        path: 'ä.txt',
        isDir: false,
        size: 5,
        modified: info.modified.toISOString(),
        url: '/files/ns/%C3%A4.txt',
        expires: new Date(clock.now + 60_000).toISOString(),
      },
    ]);
  });

  it.each(['/files/ns/d', '/files/ns/d/', '/files/ns/d/.'])('lists %s', async (path) => {
    await served().ns.write('d/x', 'x');
    const site = await served().serve({ allow: ['list', 'read'] });
    expect((await list(site, path)).entries).toMatchObject([{ name: 'x', path: 'd/x' }]);
  });

  it('of a namespace to which nothing was written is empty', async () => {
    const site = await served().serve({ allow: ['list'] });
    expect(await list(site, '/files/ns')).toEqual({ entries: [], cursor: null });
  });

  it.each([1, 2, 3, 7, 100])('comes in pages of %i that together are everything', async (limit) => {
    const { ns, clock } = served();
    const names = ['a', 'b', 'c-1', 'd', 'e', 'z', 'ä', '\ue000', '📈'];
    for (const name of names) await ns.write(name, name);
    await ns.write('b-past', 'x', { seconds: 1 });
    await ns.write('.hidden', 'x');
    clock.advance(1);
    const site = await served().serve({ allow: ['list'] });
    const seen: unknown[] = [];
    let cursor: string | null = '';
    for (let pages = 0; cursor !== null && pages < 20; pages++) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const page: Page = await list(site, `/files/ns/?limit=${limit}${query}`);
      expect(page.entries.length).toBeLessThanOrEqual(limit);
      seen.push(...page.entries.map(({ name }) => name));
      cursor = page.cursor;
    }
    expect(seen).toEqual(names);
  });

  it('has 100 entries in a page unless told otherwise', async () => {
    const { ns } = served();
    await Promise.all(Array.from({ length: 101 }, (_, i) => ns.write(`f${i}`, '')));
    const site = await served().serve({ allow: ['list'] });
    expect((await list(site, '/files/ns/')).entries).toHaveLength(100);
    expect((await list(site, '/files/ns/?limit=1000')).entries).toHaveLength(101);
  });

  it.each([
    'limit=0',
    'limit=1001',
    'limit=',
    'limit=1.5',
    'limit=-1',
    'limit=x',
    'cursor=',
    'cursor=%2F',
    'cursor=YQ==',
  ])('refuses ?%s', async (query) => {
    const site = await served().serve({ allow: ['list'] });
    expect((await site.fetch(`/files/ns/?${query}`, AS_JSON)).status).toBe(400);
  });

  it('is 404 for what is not there or is no directory', async () => {
    await served().ns.write('f', 'x');
    const site = await served().serve({ allow: ['list', 'read'] });
    expect((await site.fetch('/files/ns/missing/', AS_JSON)).status).toBe(404);
    expect((await site.fetch('/files/ns/f/', AS_JSON)).status).toBe(404);
  });

  it('is 405 where listing is off, and 404 for who does not ask for JSON', async () => {
    await served().ns.makeDir('d');
    const site = await served().serve();
    const refused = await site.fetch('/files/ns/', AS_JSON);
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
    expect((await site.fetch('/files/ns/d', AS_JSON)).status).toBe(404);
    const open = await served().serve({ allow: ['list', 'read'] });
    expect((await open.fetch('/files/ns/')).status).toBe(404);
  });

  it('shows dotfiles where they are allowed', async () => {
    await served().ns.write('.hidden/f', 'x');
    const site = await served().serve({ allow: ['list'], dotfiles: 'allow' });
    expect((await list(site, '/files/ns/')).entries).toMatchObject([{ name: '.hidden' }]);
  });
});
