import { describe, expect, it } from '@jest/globals';
import type { RouterOptions } from '../../src/index.js';
import { createMayfly, InvalidOptions } from '../../src/index.js';
import { FORM_TYPE, rawForm } from '../support/http.js';
import { describeServed } from '../support/http-mayfly.js';
import { PDF, PNG } from '../support/samples.js';

const IMAGES: RouterOptions = { allow: ['read', 'upload', 'replace'], accept: ['image/*'] };

function formOf(...files: [name: string, type: string, body: Buffer | string][]): RequestInit {
  const parts = files.map(([name, type, body]) => ({
    disposition: `name="f"; filename="${name}"`,
    type,
    body,
  }));
  return { method: 'POST', headers: { 'Content-Type': FORM_TYPE }, body: new Uint8Array(rawForm(parts)) };
}

describeServed('accept', (served) => {
  it.each<[string, string, Buffer | string, number]>([
    ['a.png', 'image/png', PNG, 201],
    ['a.png', 'text/html', PNG, 201], // The client's word is not asked for.
    ['a.txt', '', PNG, 201],
    ['a', 'application/octet-stream', PNG, 201],
    ['a.png', 'image/png', '<script>alert(1)</script>', 415],
    ['a.png', 'image/png', 'hello', 415],
    ['a.png', 'image/png', PDF, 415],
    ['a.png', 'image/png', '', 415],
    ['a.html', 'image/png', PNG, 415], // A browser would go by the name.
    ['a.svg', 'image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"/>', 201],
  ])('image/* on %s, said to be %j', async (name, type, body, status) => {
    const site = await served().serve(IMAGES);
    const posted = await site.fetch('/files/ns/posted', formOf([name, type, body]));
    const put = await site.fetch(`/files/ns/put/${name}`, {
      method: 'PUT',
      headers: { 'Content-Type': type },
      body: typeof body === 'string' ? body : new Uint8Array(body),
    });
    expect([posted.status, put.status]).toEqual([status, status]);
    if (status === 201) {
      expect(Buffer.from(await served().ns.readBytes(`put/${name}`))).toEqual(Buffer.from(body as string));
      expect(await served().leftovers()).toEqual([`posted/${name}`, `put/${name}`]);
    } else {
      expect(posted.headers.get('accept')).toBe('image/*');
      expect(posted.headers.get('content-type')).toBe('application/problem+json');
      expect(await served().leftovers()).toEqual([]);
    }
  });

  it('refuses a form for one of its files, and keeps none', async () => {
    const site = await served().serve(IMAGES);
    const form = formOf(['a.png', '', PNG], ['b.png', '', 'hello'], ['c.png', '', PNG]);
    expect((await site.fetch('/files/ns', form)).status).toBe(415);
    expect(await served().leftovers()).toEqual([]);
  });

  it('lets a long file through whole', async () => {
    const site = await served().serve(IMAGES);
    const body = Buffer.concat([PNG, Buffer.alloc(300_000, 7)]);
    expect((await site.fetch('/files/ns', formOf(['a.png', '', body]))).status).toBe(201);
    expect(Buffer.compare(Buffer.from(await served().ns.readBytes('a.png')), body)).toBe(0);
  });

  it('refuses before the body has arrived', async () => {
    const site = await served().serve(IMAGES);
    const answer = await site.flood(
      'PUT /files/ns/a.png HTTP/1.1\r\nHost: x\r\nContent-Length: 900000000\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 415 /);
    expect(await served().leftovers()).toEqual([]);
  });

  it('goes with the limit of size: a file of exactly that passes', async () => {
    for (const [extra, status] of [
      [0, 201],
      [-1, 413],
    ] as const) {
      const site = await served().serve({ ...IMAGES, maxFileSize: PNG.length + extra });
      expect((await site.fetch('/files/ns', formOf([`${status}.png`, '', PNG]))).status).toBe(status);
      const chunked = new ReadableStream({
        start(controller) {
          for (const byte of PNG) controller.enqueue(Uint8Array.of(byte));
          controller.close();
        },
      });
      const init = { method: 'PUT', body: chunked, duplex: 'half' } as RequestInit;
      expect((await site.fetch(`/files/ns/put-${status}.png`, init)).status).toBe(status);
    }
  });
});

describe('accept, as an option', () => {
  it.each([[[]], ['image/*'], [['image']], [['*/png']], [[5]]])('of %j is refused', async (accept) => {
    const mayfly = createMayfly({ storage: { type: 'memoryfs', urlRoot: '/files' }, purge: false });
    expect(() => mayfly.handler({ accept } as never)).toThrow(InvalidOptions);
    await mayfly.close();
  });
});
