/** Clients that want too much, send too much, or do nothing at all. */
import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import type { Site } from '../support/http.js';
import { eventually, FORM_TYPE, rawForm } from '../support/http.js';
import { GROUNDS } from './grounds.js';
import { attacked, rawRequest, statusOf } from './hostile.js';

describe.each(GROUNDS)('greedy clients, %s', (kind) => {
  const target = attacked(kind);

  it.each([
    [
      'a body that is announced to be huge',
      'PUT /files/ns/dir/big HTTP/1.1\r\nHost: x\r\nContent-Length: 9007199254740991\r\n\r\n',
    ],
    [
      'a body in chunks without an end',
      'PUT /files/ns/dir/big HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n',
    ],
    [
      'a form without an end',
      `POST /files/ns/in HTTP/1.1\r\nHost: x\r\nContent-Type: ${FORM_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n--limit-of-parts\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n`,
    ],
    [
      'JSON without an end',
      'PATCH /files/ns/dir/ok.txt HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n',
    ],
  ])('%s is 413, and nothing of it is kept', async (_what, head) => {
    expect(statusOf(await target.site.flood(head))).toBe(413);
    expect(await target.ns.exists('dir/big')).toBe(false);
  });

  it('a URL or a head without an end is refused before anything is done', async () => {
    for (const bytes of [
      `GET /files/ns/${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      `GET /files/ns/dir/ok.txt?${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      `GET /files/ns/dir/ok.txt HTTP/1.1\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`,
    ]) {
      expect([400, 414, 431]).toContain(statusOf(await target.send(bytes)));
    }
  });

  it('many forms of many parts at once leave nothing', async () => {
    const parts = Array.from({ length: 20 }, (_, i) => ({
      disposition: `name="f"; filename="f${i}"`,
      body: Buffer.alloc(60_000, i),
    }));
    // The last file is one byte too long, so that all that came before is for nothing.
    const form = rawForm([
      ...parts.slice(1),
      { disposition: 'name="f"; filename="z"', body: Buffer.alloc(1_000_001) },
    ]);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        target.send(rawRequest('POST /files/ns/in', [`Content-Type: ${FORM_TYPE}`], form)),
      ),
    );
    for (const answer of answers) expect(statusOf(answer)).toBe(413);
    expect(await target.ns.exists('in')).toBe(false);
  });

  it('pipelined requests are answered each, in their order', async () => {
    const one = 'GET /files/ns/dir/ok.txt HTTP/1.1\r\nHost: x\r\n\r\n';
    const last = 'GET /files/ns/none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    const answer = await target.send(one.repeat(200) + last);
    expect(answer.match(/HTTP\/1\.1 200 /g)).toHaveLength(200);
    expect(answer).toMatch(/all is wellHTTP\/1\.1 404 /);
  });

  it('clients that fall silent are cut, all of them, while others are served', async () => {
    const site: Site = await target.serve({ idleTimeout: 1 });
    const heads = [
      'PUT /files/ns/dir/slow HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx',
      `POST /files/ns/in HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\nContent-Type: ${FORM_TYPE}\r\n\r\n--limit-of-parts\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\nx`,
      'PATCH /files/ns/dir/ok.txt HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{',
    ];
    let open = 0;
    for (let i = 0; i < 120; i++) {
      const socket = connect(site.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.resume();
      open++;
      socket.once('close', () => open--);
      socket.write(heads[i % heads.length] ?? '');
    }
    expect(await (await site.fetch('/files/ns/dir/ok.txt')).text()).toBe('all is well');
    await eventually(async () => expect(open).toBe(0));
    expect(await target.ns.exists('in')).toBe(false);
  });
});
