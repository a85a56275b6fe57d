import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ScanTreeOptions } from '../../src/fs/tree-options.js';
import { Reservation, UsageBook } from '../../src/http/usage.js';
import type { Info, RouterOptions } from '../../src/index.js';
import { createMayfly, MemoryFS } from '../../src/index.js';
import { eventually, FORM_TYPE, rawForm, Site } from '../support/http.js';
import { describeServed, EVERYTHING } from '../support/http-mayfly.js';

function quota(maxBytes?: number, maxFiles?: number): RouterOptions {
  return {
    ...EVERYTHING,
    quota: {
      ...(maxBytes === undefined ? {} : { maxBytes }),
      ...(maxFiles === undefined ? {} : { maxFiles }),
    },
  };
}

function put(site: Site, name: string, bytes: number): Promise<number> {
  const init = { method: 'PUT', body: 'x'.repeat(bytes) };
  return site.fetch(`/files/ns/${name}`, init).then(({ status }) => status);
}

/**
 * Hang up an upload that keeps all the room. A probe tells that it does; one that comes too early takes the room itself,
 * so the upload is refused and has to begin anew.
 */
async function hangUpKeepingAll(site: Site, begun: string | Buffer): Promise<void> {
  for (let wait = 20, isKept = false; !isKept; wait *= 2) {
    await site.hangUp(begun, async () => {
      await new Promise((resolve) => setTimeout(resolve, wait));
      isKept = (await put(site, 'probe', 1)) === 413;
    });
    await site.fetch('/files/ns/probe', { method: 'DELETE' });
  }
}

function post(site: Site, ...bytes: number[]): Promise<number> {
  const parts = bytes.map((count) => ({ disposition: 'name="f"; filename="f"', body: 'x'.repeat(count) }));
  const init = {
    method: 'POST',
    headers: { 'Content-Type': FORM_TYPE },
    body: new Uint8Array(rawForm(parts)),
  };
  return site.fetch('/files/ns', init).then(({ status }) => status);
}

describeServed('a quota', (served) => {
  const stored = async (): Promise<{ bytes: number; files: number }> => {
    let [bytes, files] = [0, 0];
    for await (const { isDir, size } of served().ns.scanTree('')) {
      if (isDir) continue;
      bytes += size;
      files++;
    }
    return { bytes, files };
  };

  it('takes a file that fills it exactly, and not one byte more', async () => {
    const site = await served().serve(quota(100));
    await served().ns.write('before.txt', 'x'.repeat(40));
    expect(await put(site, 'a', 61)).toBe(413);
    expect(await post(site, 61)).toBe(413);
    expect(await post(site, 30, 31)).toBe(413);
    expect(await post(site, 30, 30)).toBe(201);
    expect(await put(site, 'b', 1)).toBe(413);
    expect(await put(site, 'b', 0)).toBe(201);
    expect(await stored()).toEqual({ bytes: 100, files: 4 });
  });

  it('counts files, and does not count one that is replaced', async () => {
    const site = await served().serve(quota(undefined, 2));
    expect(await post(site, 1, 1, 1)).toBe(413);
    expect(await put(site, 'a', 1)).toBe(201);
    expect(await put(site, 'b', 1)).toBe(201);
    expect(await put(site, 'c', 1)).toBe(413);
    expect(await put(site, 'a', 5)).toBe(200);
    expect(await stored()).toEqual({ bytes: 6, files: 2 });
    const replacing = await served().serve({ ...quota(undefined, 2), onConflict: 'replace' });
    expect(await post(replacing, 3)).toBe(413);
    await site.fetch('/files/ns/b', { method: 'DELETE' });
    expect(await post(replacing, 3)).toBe(201);
    expect(await post(replacing, 4)).toBe(201);
    expect(await stored()).toEqual({ bytes: 9, files: 2 });
  });

  it('has room again for what was removed, replaced, purged or refused', async () => {
    const site = await served().serve(quota(100));
    expect(await put(site, 'a', 90)).toBe(201);
    expect(await put(site, 'b', 20)).toBe(413);
    await site.fetch('/files/ns/a', { method: 'DELETE' });
    expect(await put(site, 'b', 20)).toBe(201);
    expect(await put(site, 'b', 10)).toBe(200);
    expect(await put(site, 'c', 90)).toBe(201);
    await served().ns.expire('c', 1);
    served().clock.advance(2);
    await served().mayfly.expireObjects();
    // A refusal is believed for some times as long as looking takes.
    let status = 0;
    for (let tries = 0; tries < 500 && status !== 201; tries++) status = await put(site, `d${tries}`, 90);
    expect(status).toBe(201);
    expect((await stored()).bytes).toBe(100);
  });

  it('is for each namespace', async () => {
    const site = await served().serve(quota(10));
    expect(await put(site, 'a', 10)).toBe(201);
    expect((await site.fetch('/files/ns2/a', { method: 'PUT', body: 'x'.repeat(10) })).status).toBe(201);
    expect((await site.fetch('/files/ns2/b', { method: 'PUT', body: 'x' })).status).toBe(413);
  });

  it.each([
    ['there is room', false, 201],
    ['somebody else took the place', true, 413],
  ])('takes a file in place of one that is gone by then if %s', async (_what, taken, status) => {
    let agree: () => void = () => undefined;
    const agreed = new Promise<void>((resolve) => {
      agree = resolve;
    });
    const site = await served().serve({
      ...quota(undefined, 1),
      authorize: (_request, { action }) => {
        if (action === 'replace') agree();
        return true;
      },
    });
    await served().ns.write('a', 'old');
    const upload = request(site.url('/files/ns/a'), { method: 'PUT' });
    upload.write('n');
    await agreed;
    await site.fetch('/files/ns/a', { method: 'DELETE' });
    if (taken) expect(await put(site, 'b', 1)).toBe(201);
    upload.end('ew');
    const [answer] = (await once(upload, 'response')) as [IncomingMessage];
    answer.resume();
    expect(answer.statusCode).toBe(status);
    expect((await stored()).files).toBe(1);
  });

  it('gives room back when a form ends in a part of which it is not known yet whether it is a file', async () => {
    const site = await served().serve(quota(200));
    const body = rawForm([{ disposition: 'name="f"; filename=""', body: 'x'.repeat(50) }]);
    const begun = body.subarray(0, body.indexOf('xxx'));
    const head = `POST /files/ns HTTP/1.1\r\nHost: x\r\nContent-Type: ${FORM_TYPE}\r\nContent-Length: 200\r\n\r\n`;
    await hangUpKeepingAll(site, Buffer.concat([Buffer.from(head), begun]));
    await eventually(async () => expect(await put(site, 'c', 200)).toBe(201));
  });

  it('gives room back when a client has sent a whole form and is gone before it is asked for', async () => {
    let asked = (): void => undefined;
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    let agree = (): void => undefined;
    const agreed = new Promise<void>((resolve) => {
      agree = resolve;
    });
    const site = await served().serve({
      ...quota(400),
      authorize: async (incoming) => {
        if (incoming.method !== 'POST') return true;
        const gone = new Promise((resolve) => incoming.once('close', resolve));
        asked();
        await agreed;
        await gone;
        return true;
      },
    });
    const body = rawForm([{ disposition: 'name="f"; filename="f"', body: 'x'.repeat(200) }]);
    const head = `POST /files/ns HTTP/1.1\r\nHost: x\r\nContent-Type: ${FORM_TYPE}\r\nContent-Length: ${body.length}\r\n\r\n`;
    await site.hangUp(Buffer.concat([Buffer.from(head), body]), () => isAsked);
    agree();
    await eventually(async () => expect(await put(site, 'c', 400)).toBe(201));
  });

  it('gives room back when a client hangs up', async () => {
    const site = await served().serve(quota(100));
    const head = 'PUT /files/ns/a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf of it';
    await hangUpKeepingAll(site, head);
    await eventually(async () => expect(await put(site, 'd', 100)).toBe(201));
  });
});

describe('an upload that is given up while the room in its namespace is looked for', () => {
  /** Tells when it is looked through, and waits to be let. */
  class SlowFS extends MemoryFS {
    asked = (): void => undefined;
    let = (): void => undefined;
    readonly isAsked = new Promise<void>((resolve) => {
      this.asked = resolve;
    });
    readonly #isLet = new Promise<void>((resolve) => {
      this.let = resolve;
    });

    override async *scanTree(path: string, options?: ScanTreeOptions): AsyncIterable<Info> {
      this.asked();
      await this.#isLet;
      yield* super.scanTree(path, options);
    }
  }

  it.each<[string, (room: Reservation) => Promise<void>]>([
    ['bytes', (room) => room.useBytes(100)],
    ['a file', (room) => room.useFile()],
    ['all', (room) => room.open(100, false)],
    ['part of a form', (room) => room.open(101, true)],
  ])('keeps no room (%s)', async (_what, ask) => {
    const mayfly = createMayfly({ storage: { type: 'memoryfs', urlRoot: '/files' }, purge: false });
    const [book, limit] = [new UsageBook(), { maxBytes: 100, maxFiles: 1 }];
    const open = (): Reservation => new Reservation(book, mayfly.getFilesystem('ns'), limit);
    const given = open();
    const asking = ask(given);
    given.close();
    await expect(asking).rejects.toMatchObject({ status: 413 });
    const next = open();
    await next.open(100, false);
    await next.useFile();
    next.close();
    await mayfly.close();
  });

  it('keeps no room of what its client had sent', async () => {
    const filesystem = new SlowFS();
    const mayfly = createMayfly({ storage: { filesystem, urlRoot: '/files' }, purge: false });
    const site = await Site.open(mayfly.handler(quota(100)));
    // For a file in place of another nothing is looked for before its bytes.
    await mayfly.getFilesystem('ns').write('a', '');
    try {
      const head = 'PUT /files/ns/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
      await site.hangUp(`${head}5\r\nbegun\r\n`, () => filesystem.isAsked);
      await eventually(async () => expect(await site.connections()).toBe(0));
      await sleep(100); // Until the service has heard of it too.
      filesystem.let();
      await eventually(async () => expect(await put(site, 'b', 100)).toBe(201));
    } finally {
      await site.close();
      await mayfly.close();
    }
  });
});

describe('a quota among many uploads at once', () => {
  it('has room for what the heads of a form do not need, once that has arrived', async () => {
    const mayfly = createMayfly({ storage: { type: 'memoryfs', urlRoot: '/files' }, purge: false });
    try {
      const [book, files] = [new UsageBook(), mayfly.getFilesystem('ns')];
      const open = () => new Reservation(book, files, { maxBytes: 100, maxFiles: 10 });
      const form = open();
      await form.open(90, true);
      await form.useBytes(10);
      await expect(open().open(50, false)).rejects.toMatchObject({ status: 413 });
      form.trim();
      const [fits, tooMuch] = [open(), open()];
      await fits.open(90, false);
      await expect(tooMuch.open(1, false)).rejects.toMatchObject({ status: 413 });
      form.trim();
      form.close();
      await tooMuch.open(10, false);
    } finally {
      await mayfly.close();
    }
  });

  it('is never passed, and what fits is taken', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.constantFrom('put', 'post', 'chunks')), {
          minLength: 1,
          maxLength: 12,
        }),
        fc.integer({ min: 1, max: 150 }),
        fc.integer({ min: 1, max: 12 }),
        async (uploads, maxBytes, maxFiles) => {
          const mayfly = createMayfly({ storage: { type: 'memoryfs', urlRoot: '/files' }, purge: false });
          const site = await Site.open(mayfly.handler(quota(maxBytes, maxFiles)));
          const statuses = await Promise.all(
            uploads.map(async ([bytes, kind], i) => {
              if (kind === 'put') return put(site, `put-${i}`, bytes);
              if (kind === 'post') return post(site, bytes);
              const body = new Blob(['x'.repeat(bytes)]).stream();
              const init = { method: 'PUT', body, duplex: 'half' } as RequestInit;
              return (await site.fetch(`/files/ns/chunks-${i}`, init)).status;
            }),
          );
          let [bytes, files] = [0, 0];
          for await (const info of mayfly.getFilesystem('ns').scanTree('')) {
            if (info.isDir) continue;
            bytes += info.size;
            files++;
          }
          expect(bytes).toBeLessThanOrEqual(maxBytes);
          expect(files).toBeLessThanOrEqual(maxFiles);
          expect(files).toBe(statuses.filter((status) => status === 201).length);
          expect(statuses.filter((status) => status !== 201 && status !== 413)).toEqual([]);
          const total = uploads.reduce((sum, [count]) => sum + count, 0);
          if (uploads.length <= maxFiles && total <= maxBytes) expect(files).toBe(uploads.length);
          // Nothing is kept for what is over: what is left can be filled to the last byte.
          if (files < maxFiles) expect(await put(site, 'rest', maxBytes - bytes)).toBe(201);
          await site.close();
          await mayfly.close();
        },
      ),
      { numRuns: 40 },
    );
  });
});
