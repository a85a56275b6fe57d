/** Symbolic links that somebody has put into a namespace, or puts there while a request is under way. */
import { mkdir, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { FORM_TYPE, rawForm } from '../support/http.js';
import { attacked, rawRequest, statusOf } from './hostile.js';

const target = attacked();
const FORM = rawForm([{ disposition: 'name="f"; filename="canary.txt"', body: 'planted' }]);
const POST = [`Content-Type: ${FORM_TYPE}`];
const JSON_BODY = ['Content-Type: application/json'];

/** Every route, at a path and at a file below it. */
function requests(path: string): Buffer[] {
  return [path, `${path}/canary.txt`, `${path}/dir/canary.txt`].flatMap((at) => [
    rawRequest(`GET /files/ns/${at}`),
    rawRequest(`GET /files/ns/${at}/`, ['Accept: application/json']),
    rawRequest(`GET /files/ns/${at}`, ['Accept: application/json']),
    rawRequest(`GET /files/ns/${at}`, ['Range: bytes=0-3']),
    rawRequest(`HEAD /files/ns/${at}`),
    rawRequest(`PUT /files/ns/${at}`, [], 'planted'),
    rawRequest(`PUT /files/ns/${at}`, ['If-None-Match: *'], 'planted'),
    rawRequest(`DELETE /files/ns/${at}`),
    rawRequest(`PATCH /files/ns/${at}`, JSON_BODY, '{"seconds":0}'),
    rawRequest(`POST /files/ns/${at}`, POST, FORM),
  ]);
}

it.each<[string, (top: string) => string]>([
  ['a file outside', (top) => join(top, 'canary.txt')],
  ['a directory outside', (top) => top],
  ['another namespace', (top) => join(top, 'files/private')],
  ['another namespace, relatively', () => '../private'],
  ['the root of all namespaces', () => '..'],
  ['the directory of the storage itself', (top) => join(top, 'files/.mayfly')],
  ['a directory whose name begins like the root', (top) => join(top, 'files-2')],
  ['nothing', (top) => join(top, 'none')],
  ['itself', () => 'link'],
  ['a device', () => '/dev/zero'],
  ['the descriptors of the process', () => '/proc/self/fd'],
])('a link to %s is as if not there', async (_what, leadsTo) => {
  await symlink(leadsTo(target.top), join(target.directoryRoot, 'ns/link'));
  for (const bytes of requests('link')) {
    const answer = await target.send(bytes);
    expect([200, 201, 204, 400, 404, 409, 412]).toContain(statusOf(answer));
    // What is said to be stored there is in the namespace.
    if (statusOf(answer) === 200 && bytes.includes('GET')) expect(answer).toMatch(/planted|plan|entries/);
  }
  const listing = await target.send(rawRequest('GET /files/ns/', ['Accept: application/json']));
  expect(statusOf(listing)).toBe(200);
  await target.mayfly.expireObjects();
});

it.each<[string, (at: string, top: string) => Promise<void>]>([
  ['a link to a directory outside', (at, top) => symlink(top, at)],
  ['a link to another namespace', (at) => symlink('private', at)],
  ['a link to nothing', (at) => symlink('none', at)],
  ['a plain file', (at) => writeFile(at, 'in the way')],
])(
  '%s in the place of a namespace is in the way of uploads, and nobody is told to try again',
  async (_what, put) => {
    const at = join(target.directoryRoot, 'taken');
    await put(at, target.top);
    const site = await target.serve({ namespaces: ['taken'] });
    const statusAt = async (path: string, init: RequestInit): Promise<number> => {
      const response = await site.fetch(path, init);
      expect(response.headers.get('Retry-After')).toBeNull();
      return response.status;
    };
    for (const path of ['/files/taken/canary.txt', '/files/taken/dir/canary.txt']) {
      for (const query of ['', '?seconds=60']) {
        expect(await statusAt(`${path}${query}`, { method: 'PUT', body: 'planted' })).toBe(409);
      }
      expect(await statusAt(path, { method: 'GET' })).toBe(404);
      expect(await statusAt(path, { method: 'DELETE' })).toBe(404);
    }
    const body = new FormData();
    body.set('f', new File(['planted'], 'canary.txt'));
    expect(await statusAt('/files/taken', { method: 'POST', body })).toBe(409);
    await unlink(at);
  },
);

it('a directory that is swapped for a link during requests leads nowhere', async () => {
  const swapped = join(target.directoryRoot, 'ns/swapped');
  const spare = join(target.directoryRoot, 'ns/spare');
  await target.ns.write('swapped/canary.txt', 'ours');
  let swapping = true;
  const swapper = (async () => {
    while (swapping) {
      try {
        await rename(swapped, spare);
        await symlink(join(target.directoryRoot, 'private'), swapped);
        await new Promise(setImmediate);
        await unlink(swapped);
        await rename(spare, swapped);
      } catch {
        // A request has made the directory meanwhile, or removed it; and may again between these.
        await rm(swapped, { recursive: true, force: true }).catch(() => undefined);
        await rename(spare, swapped)
          .catch(() => mkdir(swapped, { recursive: true }))
          .catch(() => undefined);
      }
    }
  })();
  try {
    for (let round = 0; round < 25; round++) {
      const answers = await Promise.all(requests('swapped').map((bytes) => target.site.raw(bytes)));
      for (const answer of answers) {
        expect(answer).not.toContain('the canary');
        expect(answer).not.toContain(target.top);
      }
      await target.ns.expire('swapped/canary.txt', 0);
      await target.mayfly.expireObjects().catch(() => undefined);
    }
  } finally {
    swapping = false;
    await swapper;
  }
  target.forgiveLog(); // That a directory comes and goes under a request is worth a line.
});

it('a file that is swapped for a link during requests is not followed', async () => {
  const file = join(target.directoryRoot, 'ns/dir/swap.txt');
  let swapping = true;
  const swapper = (async () => {
    for (let i = 0; swapping; i++) {
      const next = `${file}.next`;
      if (i % 2 === 0) await symlink(join(target.top, 'canary.txt'), next);
      else await target.ns.write('dir/swap.txt.next', 'ours');
      await rename(next, file);
      await new Promise(setImmediate);
    }
  })();
  try {
    const seen = new Set<number>();
    for (let i = 0; i < 400; i++) {
      const line = i % 4 === 3 ? 'PUT' : 'GET';
      const body = line === 'PUT' ? 'ours' : '';
      const answer = await target.site.raw(rawRequest(`${line} /files/ns/dir/swap.txt`, [], body));
      expect(answer).not.toContain('the canary');
      expect(answer).not.toContain(target.top);
      seen.add(statusOf(answer));
    }
    // Replaced too often to be looked at is an honest answer.
    for (const status of seen) expect([200, 201, 404, 409, 503]).toContain(status);
  } finally {
    swapping = false;
    await swapper;
  }
  target.forgiveLog(); // And worth a line.
});
