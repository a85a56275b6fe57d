import { expect, it } from '@jest/globals';
import type { Action, AuthorizeRequest, RouterOptions } from '../../src/index.js';
import type { Site } from '../support/http.js';
import { describeServed, EVERYTHING } from '../support/http-mayfly.js';

const AS_JSON = { Accept: 'application/json' };

function form(name = 'new'): FormData {
  const data = new FormData();
  data.append('file', new File(['x'], name));
  return data;
}

/** One request for each action on a namespace that has `f`. */
const REQUESTS: [Action, string, string, () => RequestInit, number][] = [
  ['read', 'GET', '/files/ns/f', () => ({}), 200],
  ['read', 'HEAD', '/files/ns/f', () => ({}), 200],
  ['list', 'GET', '/files/ns/', () => ({ headers: AS_JSON }), 200],
  ['upload', 'POST', '/files/ns/', () => ({ body: form() }), 201],
  ['upload', 'PUT', '/files/ns/new', () => ({ body: 'x' }), 201],
  ['replace', 'PUT', '/files/ns/f', () => ({ body: 'x' }), 200],
  ['remove', 'DELETE', '/files/ns/f', () => ({}), 204],
  [
    'expire',
    'PATCH',
    '/files/ns/f',
    () => ({ body: '{"seconds":9}', headers: { 'Content-Type': 'application/json' } }),
    200,
  ],
];

describeServed('who may do what', (served) => {
  async function send(site: Site, [, method, path, init]: (typeof REQUESTS)[number]): Promise<Response> {
    return site.fetch(path, { method, ...init() });
  }

  it.each(REQUESTS)('%s, on alone, lets %s %s pass', async (...request) => {
    await served().ns.write('f', 'x');
    const site = await served().serve({ allow: [request[0]] });
    expect((await send(site, request)).status).toBe(request[4]);
  });

  it.each(REQUESTS)('%s, off alone, makes %s %s 405', async (...request) => {
    await served().ns.write('f', 'x');
    const allow = (EVERYTHING.allow ?? []).filter((action) => action !== request[0]);
    const response = await send(await served().serve({ allow }), request);
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toMatch(/OPTIONS$/);
    expect(await served().leftovers()).toEqual(['f']);
  });

  it.each(REQUESTS)('authorize is asked about %s for %s %s, and its word counts', async (...request) => {
    await served().ns.write('f', 'x');
    const asked: AuthorizeRequest[] = [];
    let verdict: unknown = true;
    const authorize: RouterOptions['authorize'] = async (_request, about) => {
      asked.push(about);
      return verdict as boolean;
    };
    const site = await served().serve({ ...EVERYTHING, authorize });
    for (verdict of [false, undefined, 1, 'true', {}]) {
      const refused = await send(site, request);
      expect(refused.status).toBe(403);
    }
    expect(await served().leftovers()).toEqual(['f']);
    expect(await served().ns.readText('f')).toBe('x');
    verdict = true;
    asked.length = 0;
    expect((await send(site, request)).status).toBe(request[4]);
    const [action, , path] = request;
    expect(asked).toEqual([{ action, namespace: 'ns', path: path.replace(/^\/files\/ns\//, '') }]);
  });

  it('authorize sees the request, and a canonical path', async () => {
    const seen: unknown[] = [];
    const authorize: RouterOptions['authorize'] = (request, { path }) => {
      seen.push([request.headers['x-user'], path]);
      return true;
    };
    await served().ns.write('a/b', 'x');
    const site = await served().serve({ authorize });
    await site.fetch('/files/ns//a/c/..//%62', { headers: { 'X-User': 'me' } });
    expect(seen).toEqual([['me', 'a/b']]);
  });

  it('authorize that throws is 500 without details where there is no next', async () => {
    const authorize = (): boolean => {
      throw new Error('secret');
    };
    const response = await (await served().serve({ authorize })).fetch('/files/ns/f');
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
  });

  it('whoever may not upload does not learn what is there', async () => {
    await served().ns.write('f', 'x');
    const site = await served().serve({ allow: ['upload'], authorize: () => false });
    for (const path of ['/files/ns/f', '/files/ns/new']) {
      expect((await site.fetch(path, { method: 'PUT', body: 'x' })).status).toBe(403);
    }
  });

  it('replacing by POST is asked about by the name of the file', async () => {
    await served().ns.write('d/f', 'old');
    const asked: string[] = [];
    const authorize: RouterOptions['authorize'] = (_request, { action, path }) => {
      asked.push(`${action} ${path}`);
      return action === 'upload';
    };
    const site = await served().serve({ ...EVERYTHING, authorize, onConflict: 'replace' });
    expect((await site.fetch('/files/ns/d', { method: 'POST', body: form('f') })).status).toBe(403);
    expect(asked).toEqual(['upload d', 'replace d/f']);
    expect(await served().ns.readText('d/f')).toBe('old');
  });

  it.each([
    ['may read', ['read'], [403, 403, 200]],
    ['may list', ['list'], [200, 403, 403]],
    ['may both', ['read', 'list'], [200, 404, 200]],
    ['may nothing', [], [403, 403, 403]],
  ])('who %s learns of directories no more than that', async (_who, may, expected) => {
    await served().ns.write('dir/f', 'x');
    const site = await served().serve({
      allow: ['read', 'list'],
      authorize: (_request, { action }) => (may as string[]).includes(action),
    });
    const answers = await Promise.all(
      ['dir', 'nothing', 'dir/f'].map((path) => site.fetch(`/files/ns/${path}`, { headers: AS_JSON })),
    );
    expect(answers.map(({ status }) => status)).toEqual(expected);
    const [directory, nothing] = await Promise.all(answers.map((answer) => answer.text()));
    if (expected[0] === expected[1]) expect(directory).toBe(nothing);
  });

  it('nobody has the storage asked about a directory before it is known that they may list', async () => {
    await served().ns.write('dir/f', 'x');
    const asked: string[] = [];
    const site = await served().serve({
      allow: ['read', 'list'],
      authorize: (_request, { action, path }) => {
        asked.push(`${action} ${path}`);
        if (action === 'list') throw new Error('no list for you');
        return true;
      },
    });
    const statusOf = async (path: string): Promise<number> =>
      (await site.fetch(`/files/ns/${path}`, { headers: AS_JSON })).status;
    expect([await statusOf('dir'), await statusOf('nothing')]).toEqual([500, 500]);
    expect(await statusOf('dir/f')).toBe(200);
    expect(asked).toEqual(['dir', 'nothing', 'dir/f'].flatMap((path) => [`list ${path}`, `read ${path}`]));
  });

  it('what authorize let pass is stored by the client alone, unless the policy says otherwise', async () => {
    const { ns } = served();
    await ns.write('f', 'x');
    await ns.write('short', 'x', { seconds: 60 });
    const told = async (options: RouterOptions): Promise<(string | null)[]> => {
      const site = await served().serve(options);
      // Twice, as the fields of a file in memory are kept.
      const paths = ['f', 'f', 'short'];
      const answers: (string | null)[] = [];
      for (const path of paths) {
        const answer = await site.fetch(`/files/ns/${path}`);
        answers.push(answer.headers.get('cache-control'));
        const etag = answer.headers.get('etag') ?? '';
        const again = await site.fetch(`/files/ns/${path}`, { headers: { 'If-None-Match': etag } });
        expect([again.status, again.headers.get('cache-control')]).toEqual([304, answers.at(-1)]);
      }
      return answers;
    };
    const [authorize, none] = [() => true, null];
    const left = 'max-age=60, must-revalidate';
    const asks = 'private, no-cache';
    expect(await told({})).toEqual([none, none, left]);
    expect(await told({ authorize })).toEqual([asks, asks, `private, ${left}`]);
    const cacheControl = 'public, max-age=60';
    expect(await told({ authorize, cacheControl })).toEqual([cacheControl, cacheControl, `public, ${left}`]);
    expect(await told({ authorize, cacheControl: 'max-age=9' })).toEqual([
      'private, max-age=9',
      'private, max-age=9',
      'private, max-age=9, must-revalidate',
    ]);
  });

  it('namespaces that are not listed are 404 for every method', async () => {
    await served().ns.write('f', 'x');
    const site = await served().serve({ ...EVERYTHING, namespaces: ['other'] });
    for (const request of REQUESTS) expect((await send(site, request)).status).toBe(404);
    expect((await site.fetch('/files/other/', { headers: AS_JSON })).status).toBe(200);
  });

  it.each(['.f', 'd/.f', '.d/f'])('%s is 404 for every method unless dotfiles are allowed', async (path) => {
    await served().ns.write(path, 'x');
    const strict = await served().serve(EVERYTHING);
    const requests = REQUESTS.filter(([action]) => action !== 'list').map(
      ([action, method, , init]): [string, string, () => RequestInit] => [action, method, init],
    );
    for (const [action, method, init] of requests) {
      const response = await strict.fetch(`/files/ns/${path}`, { method, ...init() });
      expect([action, method, response.status]).toEqual([action, method, 404]);
    }
    expect(await served().leftovers()).toEqual([path]);
    const open = await served().serve({ ...EVERYTHING, dotfiles: 'allow' });
    expect((await open.fetch(`/files/ns/${path}`)).status).toBe(200);
    expect((await open.fetch(`/files/ns/${path}`, { method: 'PUT', body: 'y' })).status).toBe(200);
  });

  it('OPTIONS tells which methods there are', async () => {
    const allowOf = async (site: Site, path: string): Promise<string | null> => {
      const response = await site.fetch(path, { method: 'OPTIONS' });
      expect([response.status, await response.text()]).toEqual([204, '']);
      return response.headers.get('allow');
    };
    const some = await served().serve();
    expect(await allowOf(some, '/files/ns/a')).toBe('GET, HEAD, POST, PUT, OPTIONS');
    expect(await allowOf(some, '/files/ns/')).toBe('POST, OPTIONS');
    const all = await served().serve(EVERYTHING);
    expect(await allowOf(all, '/files/ns/a')).toBe('GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS');
    expect(await allowOf(all, '/files/ns')).toBe('GET, HEAD, POST, OPTIONS');
  });

  it.each(['PROPFIND', 'SEARCH', 'MKCOL'])('%s is 405', async (method) => {
    const response = await (await served().serve()).fetch('/files/ns/a', { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD, POST, PUT, OPTIONS');
  });
});
