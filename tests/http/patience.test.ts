import { connect } from 'node:net';
import { expect, it } from '@jest/globals';
import type { Site } from '../support/http.js';
import { eventually } from '../support/http.js';
import { describeServed } from '../support/http-mayfly.js';

const QUICK = { idleTimeout: 0.3 };
const PUT = 'PUT /files/ns/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n';

function trickle(site: Site, head: string, everyMs: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(site.port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => undefined);
    socket.write(head);
    const timer = setInterval(() => socket.write('x'), everyMs);
    socket.once('close', () => {
      clearInterval(timer);
      resolve(Buffer.concat(chunks).toString());
    });
  });
}

describeServed('patience', (served) => {
  it.each([
    ['PUT', PUT],
    [
      'a PUT in chunks',
      'PUT /files/ns/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
    ],
    ['a PUT that has begun', `${PUT}hello`],
    [
      'a form',
      'POST /files/ns HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\nhello',
    ],
  ])('ends with a client that falls silent in %s: 408, and nothing is left', async (_what, head) => {
    const site = await served().serve(QUICK);
    expect(await site.raw(head)).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    await eventually(async () => expect(await served().leftovers()).toEqual([]));
  });

  it('ends with an upload that goes on for too long, however busily', async () => {
    const site = await served().serve({ idleTimeout: 60, uploadTimeout: 0.4 });
    expect(await trickle(site, PUT, 20)).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    await eventually(async () => expect(await served().leftovers()).toEqual([]));
  });

  it('ends with a client that does not read what it asked for', async () => {
    await served().ns.write('big', Buffer.alloc(32 * 1024 * 1024));
    const site = await served().serve(QUICK);
    const socket = connect(site.port, '127.0.0.1');
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.pause();
    socket.write('GET /files/ns/big HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    // It was closed from the other side: what is read now ends before the file does.
    let bytes = 0;
    socket.on('data', (chunk) => {
      bytes += chunk.length;
    });
    socket.resume();
    await closed;
    expect(bytes).toBeLessThan(32 * 1024 * 1024);
  });

  it('does not end while it is the server that is silent', async () => {
    const site = await served().serve({
      ...QUICK,
      authorize: () => new Promise((resolve) => setTimeout(() => resolve(true), 1000)),
    });
    const answer = await site.fetch('/files/ns/a', { method: 'PUT', body: 'x'.repeat(1000) });
    expect(answer.status).toBe(201);
    const got = await site.fetch('/files/ns/a');
    expect((await got.text()).length).toBe(1000);
  });
});
