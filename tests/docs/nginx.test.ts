/** The nginx configuration of docs/OPERATIONS.md, run as it is shown: only port and directory are the test's. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Mayfly, NamespaceFS } from '../../src/index.js';
import { createMayfly } from '../../src/index.js';
import { describeNginx, Nginx } from '../server/nginx.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { blocksOf } from './blocks.js';

describeNginx('docs/OPERATIONS.md, nginx', () => {
  const SECRET = 'a secret of 32 bytes or more, for tests';
  let now = Date.now();
  let directory: { path: string; remove: () => Promise<void> };
  let mayfly: Mayfly;
  let ns: NamespaceFS;
  let app: Server;
  let nginx: Nginx;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    const files = join(directory.path, 'files');
    mayfly = createMayfly({
      storage: { type: 'osfs', directoryRoot: files, urlRoot: '/files' },
      expirations: { type: 'sqlite', path: ':memory:' },
      purge: false,
      urls: { secrets: [SECRET] },
      clock: () => now,
    });
    ns = mayfly.getFilesystem('ns');
    app = createServer(mayfly.handler({ accelRedirect: '/internal', cacheControl: 'public, max-age=600' }));
    app.listen(0, '127.0.0.1');
    await once(app, 'listening');
    const { port: appPort } = app.address() as AddressInfo;
    const [shown = ''] = await blocksOf('docs/OPERATIONS.md', 'nginx');
    const here = shown.replace('127.0.0.1:3000', `127.0.0.1:${appPort}`).replaceAll('/srv/app/files', files);
    expect(here.split(files)).toHaveLength(3);
    nginx = await Nginx.start((port) => `server { listen 127.0.0.1:${port}; ${here} }`);
  });

  afterAll(async () => {
    await nginx?.stop();
    app?.closeAllConnections();
    app?.close();
    await mayfly?.close();
    await directory?.remove();
  });

  const get = (path: string, init?: RequestInit) => fetch(nginx.url + path, init);

  it('sends files whole and in ranges, with the headers that mayfly wants', async () => {
    await ns.write('a b/50% (ü)?.html', '<p>hello</p>', { seconds: 60 });
    const path = '/files/ns/a%20b/50%25%20(%C3%BC)%3F.html';
    const response = await get(path);
    expect([response.status, await response.text()]).toEqual([200, '<p>hello</p>']);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      server: expect.stringContaining('nginx'),
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': 'sandbox',
      'x-content-type-options': 'nosniff',
      'cache-control': 'public, max-age=60, must-revalidate',
      'accept-ranges': 'bytes',
      etag: expect.any(String),
      sunset: expect.any(String),
    });
    expect(response.headers.get('x-accel-redirect')).toBeNull();
    const range = await get(path, { headers: { Range: 'bytes=3-7' } });
    expect([range.status, await range.text()]).toEqual([206, 'hello']);
    const again = await get(path, { headers: { 'If-None-Match': response.headers.get('etag') ?? '' } });
    expect(again.status).toBe(304);
    const saved = await get(`${path}?download`);
    expect(saved.headers.get('content-disposition')).toContain('attachment');
  });

  it('leaves to mayfly what is not to be sent', async () => {
    await ns.write('late.txt', 'late', { seconds: 60 });
    await ns.write('signed.txt', 'signed');
    const signed = await ns.getUrl('signed.txt', 30);
    expect(await (await get(signed)).text()).toBe('signed');
    now += 61_000;
    expect((await get('/files/ns/late.txt')).status).toBe(410);
    expect((await get(signed)).status).toBe(403);
    expect((await get('/files/ns/missing')).status).toBe(404);
    expect((await get('/files/.mayfly/id')).status).toBe(404);
  });

  it('gives nobody the internal place', async () => {
    await ns.write('a.txt', 'x');
    for (const path of ['/internal/ns/a.txt', '/internal/.mayfly/id', '/internal/']) {
      expect([path, (await get(path)).status]).toEqual([path, 404]);
    }
  });
});
