/** What is answered when the store fails: before anything is done, and right after what was asked for is done. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { expect, it } from '@jest/globals';
import { createMayfly, MemoryExpirationStore, RemoteConnectionError } from '../../src/index.js';
import { atOnce } from '../support/at-once.js';
import { FORM_TYPE, rawForm, Site } from '../support/http.js';
import { EVERYTHING } from '../support/http-mayfly.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

/** Tells nothing any more once something was settled while it was to fail. */
class Fading extends MemoryExpirationStore {
  failsAfter = false;
  #gone = false;

  override async settle(...args: Parameters<MemoryExpirationStore['settle']>): Promise<ReadonlySet<number>> {
    const settled = await super.settle(...args);
    this.#gone = this.failsAfter;
    return settled;
  }

  override async find(
    ...args: Parameters<MemoryExpirationStore['find']>
  ): ReturnType<MemoryExpirationStore['find']> {
    if (this.#gone) throw new RemoteConnectionError();
    return super.find(...args);
  }

  return(): void {
    this.failsAfter = false;
    this.#gone = false;
  }
}

const FORM: RequestInit = {
  method: 'POST',
  headers: { 'Content-Type': FORM_TYPE },
  body: new Uint8Array(rawForm([{ disposition: 'name="f"; filename="kept"', body: 'x' }])),
};
const PATCH: RequestInit = {
  method: 'PATCH',
  headers: { 'Content-Type': 'application/json' },
  body: '{"seconds":60}',
};

it.each<[string, string, RequestInit, number, number | null]>([
  ['PUT of a new file', 'new', { method: 'PUT', body: 'x' }, 201, null],
  ['PUT with a lifetime', 'new?seconds=60', { method: 'PUT', body: 'x' }, 201, 60_000],
  ['PUT that keeps a deadline', 'kept', { method: 'PUT', body: 'x' }, 200, 90_000],
  ['a form', '', FORM, 201, 90_000],
  ['a form with a lifetime', '?seconds=60', FORM, 201, 60_000],
  ['PATCH', 'kept', PATCH, 200, 60_000],
])('%s is done, and told as done with its deadline', async (_what, target, init, status, deadline) => {
  const store = new Fading();
  const mayfly = createMayfly({
    storage: { type: 'memoryfs', urlRoot: '/files' },
    expirations: { store },
    purge: false,
    clock: () => 0,
  });
  const files = mayfly.getFilesystem('ns');
  await files.write('kept', 'x', { seconds: 90 });
  const site = await Site.open(mayfly.handler({ ...EVERYTHING, onConflict: 'replace' }));
  store.failsAfter = true;
  const answer = await site.fetch(`/files/ns/${target}`, init);
  expect(answer.status).toBe(status);
  const told = (await answer.json()) as { files?: [{ expires: string | null }]; expires?: string | null };
  const expires = deadline === null ? null : new Date(deadline).toISOString();
  expect((told.files?.[0] ?? told).expires).toBe(expires);
  store.return();
  const path = target.startsWith('new') ? 'new' : 'kept';
  expect((await files.getExpiration(path))?.toISOString() ?? null).toBe(expires);
  await site.close();
  await mayfly.close();
});

/** Tells nothing while it is away. */
class Away extends MemoryExpirationStore {
  isAway = false;

  override async find(
    ...args: Parameters<MemoryExpirationStore['find']>
  ): ReturnType<MemoryExpirationStore['find']> {
    if (this.isAway) throw new RemoteConnectionError();
    return super.find(...args);
  }

  override findNow(
    ...args: Parameters<MemoryExpirationStore['findNow']>
  ): ReturnType<MemoryExpirationStore['findNow']> {
    if (this.isAway) throw new RemoteConnectionError();
    return super.findNow(...args);
  }
}

it('a PUT to a free path is refused before its body has come where the store is away', async () => {
  const { path: directoryRoot, remove } = await temporaryDirectory();
  const store = new Away();
  const mayfly = createMayfly({
    storage: { type: 'osfs', directoryRoot, urlRoot: '/files' },
    expirations: { store },
    purge: false,
  });
  const files = mayfly.getFilesystem('ns');
  await files.write('old', 'x');
  await files.exists('new'); // Who looks and waits learns which storage it is.
  if (process.platform === 'linux') await atOnce(() => files.isFreeNow('new') || null);
  expect(files.isFreeNow('old')).toBe(false);
  const site = await Site.open(mayfly.handler(EVERYTHING));
  store.isAway = true;
  const headers = { 'Content-Length': 20_000_000 };
  const put = request(`http://127.0.0.1:${site.port}/files/ns/new`, { method: 'PUT', headers });
  put.on('error', () => undefined).write(Buffer.alloc(100_000));
  const [answer] = (await once(put, 'response')) as [IncomingMessage];
  expect(answer.statusCode).toBe(503);
  put.destroy();
  await site.close();
  await mayfly.close();
  await remove();
}, 20_000);
