/** Requests whose heads say too much, twice, or two things at once; and names that would say more in ours. */
import { describe, expect, it } from '@jest/globals';
import { FORM_TYPE, rawForm } from '../support/http.js';
import { GROUNDS } from './grounds.js';
import { attacked, rawRequest, statusOf } from './hostile.js';

describe.each(GROUNDS)('heads and names, %s', (kind) => {
  const target = attacked(kind);
  const POST = [`Content-Type: ${FORM_TYPE}`];

  function formNamed(filename: string): Buffer {
    return rawForm([{ disposition: `name="f"; filename="${filename}"`, body: 'x' }]);
  }

  describe('request smuggling', () => {
    const INNER = 'DELETE /files/ns/dir/ok.txt HTTP/1.1\r\nHost: x\r\n\r\n';

    it.each([
      ['two lengths', `Content-Length: 0\r\nContent-Length: ${INNER.length}`],
      ['a list of lengths', `Content-Length: 0, ${INNER.length}`],
      ['a length with a sign', `Content-Length: +${INNER.length}`],
      ['a length in hexadecimal', 'Content-Length: 0x10'],
      ['length and chunks', `Content-Length: ${INNER.length}\r\nTransfer-Encoding: chunked`],
      ['chunks and length', `Transfer-Encoding: chunked\r\nContent-Length: ${INNER.length}`],
      ['chunks that are not the last encoding', 'Transfer-Encoding: chunked, identity'],
      ['an encoding that is spelled oddly', 'Transfer-Encoding: xchunked'],
      ['a space before the colon', 'Transfer-Encoding : chunked'],
      ['a folded header', 'Transfer-Encoding:\r\n chunked'],
      ['a tab in a name', 'Transfer-\tEncoding: chunked'],
      ['a bare line feed', `X: y\nContent-Length: ${INNER.length}`],
      ['a bare carriage return', `X: y\rContent-Length: ${INNER.length}`],
      ['a NUL in a value', 'X: a\0b'],
    ])('by %s: no second request is seen in a body', async (_what, headers) => {
      const bytes = `PUT /files/ns/dir/put.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n\r\n${INNER}`;
      const answer = await target.send(bytes);
      expect(answer.match(/HTTP\/1\.1 /g) ?? []).toHaveLength(1);
      expect(await target.ns.exists('dir/ok.txt')).toBe(true);
    });

    it.each([
      'zz\r\nhello\r\n0\r\n\r\n',
      'fffffffffffffffff\r\nhello',
      '-1\r\nhello\r\n0\r\n\r\n',
      '5\r\nhello0\r\n\r\n',
      '5\nhello\n0\n\n',
      '5;\n\r\nhello\r\n0\r\n\r\n',
    ])('by chunks such as %j: nothing is stored', async (chunks) => {
      const head =
        'PUT /files/ns/dir/put.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n';
      expect(statusOf(await target.send(head + chunks))).toBe(400);
      expect(await target.ns.exists('dir/put.txt')).toBe(false);
    });
  });

  describe('headers that are there twice or too long', () => {
    it.each([
      [
        ['Range: bytes=0-1', 'Range: bytes=2-3'],
        [200, 206],
      ],
      [[`Range: bytes=${'0-1,'.repeat(2000)}0-1`], [200, 416]],
      [['Range: bytes=-0'], [416]],
      [['Range: bytes=99999999999999999999-'], [200, 416]],
      [[`If-None-Match: ${'"x", '.repeat(1500)}"y"`], [200]],
      [['If-Match: ,,,,"'], [200, 400, 412]],
      [[`If-Modified-Since: ${'9'.repeat(5000)}`], [200]],
      [[`Accept: ${'a/b;q=0.1,'.repeat(1000)}`], [200]],
      [['Accept: application/json', 'Accept: text/html'], [200]],
      [[`Cookie: ${'a'.repeat(20_000)}`], [431]],
      [Array.from({ length: 3000 }, (_, i) => `X-${i}: y`), [200, 431]],
      [
        ['Content-Length: 0', 'Expect: 200-maybe'],
        [200, 417],
      ],
      [['X-HTTP-Method-Override: DELETE', 'X-Method-Override: DELETE'], [200]],
      [['X-Forwarded-Host: evil.example', 'X-Original-URL: /files/private/canary.txt'], [200]],
      [['X-Rewrite-URL: /files/private/canary.txt'], [200]],
      [['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'], [200]],
    ])('%#: a GET is answered as it is', async (headers, statuses) => {
      const answer = await target.send(rawRequest('GET /files/ns/dir/ok.txt', headers));
      expect(statuses).toContain(statusOf(answer));
    });

    it('a query may name a thing once', async () => {
      const twice = rawRequest('POST /files/ns/in?seconds=5&seconds=500000', POST, formNamed('a.txt'));
      expect(statusOf(await target.send(twice))).toBe(400);
      const array = rawRequest('POST /files/ns/in?seconds[]=5', POST, formNamed('a.txt'));
      expect(statusOf(await target.send(array))).toBe(201);
      expect(await target.ns.getExpiration('in/a.txt')).toBeNull();
    });

    it('a method that is not known is 405, or no HTTP', async () => {
      for (const method of ['TRACE', 'CONNECT', 'PROPFIND', 'LINK', 'get', 'GETT', '']) {
        const answer = await target.send(rawRequest(`${method} /files/ns/dir/ok.txt`));
        expect([0, 400, 405]).toContain(statusOf(answer));
      }
    });
  });

  describe('response splitting', () => {
    it.each([
      'a%0d%0aSet-Cookie:%20x=y',
      'a%0aSet-Cookie:%20x=y',
      'a%0dSet-Cookie:%20x=y',
      'a%E5%98%8A%E5%98%8DSet-Cookie:%20x=y',
      'a%00Set-Cookie:%20x=y',
      'a%e2%80%a8Set-Cookie:%20x=y',
      'a"; x="y',
      '%22%0d%0a%0d%0a<script>alert(1)</script>',
    ])('by the name %s', async (name) => {
      const requests = [
        rawRequest(`GET /files/ns/dir/ok.txt?download=${name}`),
        rawRequest(`PUT /files/ns/dir/${name}`, [], 'x'),
        rawRequest(`GET /files/ns/dir/${name}`),
        rawRequest(`POST /files/ns/in?filename=${name}`, POST, formNamed('a.txt')),
        rawRequest('POST /files/ns/in', POST, formNamed(name)),
        rawRequest('POST /files/ns/in', POST, formNamed(decodeURIComponent(name).replaceAll('"', '%22'))),
        rawRequest(`GET /files/${name}/x`),
      ];
      for (const bytes of requests) {
        const answer = await target.send(bytes);
        const head = answer.split('\r\n\r\n', 1)[0] ?? '';
        expect(head).not.toMatch(/^set-cookie/im);
        expect(head).not.toContain('<script>');
        expect(answer.match(/HTTP\/1\.1 /g) ?? []).toHaveLength(1);
      }
    });

    it('can not be done by a media type', async () => {
      for (const type of ['text/html\\r\\nX: y', 'text/html;\x01', 'a/b; c="d\\"', `x/${'y'.repeat(9000)}`]) {
        const put = rawRequest('PUT /files/ns/dir/typed', [`Content-Type: ${type}`], 'x');
        expect([200, 201, 400]).toContain(statusOf(await target.send(put)));
        expect(statusOf(await target.send(rawRequest('GET /files/ns/dir/typed')))).toBeLessThan(500);
      }
    });
  });

  describe('names that deceive', () => {
    const stored = async (name: string): Promise<string[]> => {
      const query = `filename=${encodeURIComponent(name)}`;
      const answer = await target.send(rawRequest(`POST /files/ns/in?${query}`, POST, formNamed('x')));
      expect([201, 400]).toContain(statusOf(answer));
      return (await target.ns.exists('in')) ? target.ns.listDir('in') : [];
    };

    it.each([
      ['gpj.\u202eexe.jpg', 'gpj.exe.jpg'],
      ['a\u2066b\u2069.txt', 'ab.txt'],
      ['a\u0000b.txt', 'ab.txt'],
      ['a\u0085b\u009f.txt', 'ab.txt'],
      ['\u001b[31mred.txt', '[31mred.txt'],
      ['e\u0301.txt', '\u00e9.txt'],
      ['a/b\\c.txt', 'c.txt'],
      [' a.txt ', 'a.txt'],
    ])('%j is stored as %j', async (name, expected) => {
      expect(await stored(name)).toEqual([expected]);
    });

    it.each(['', '.', '..', '...', '\u202e', '\u0000', '   '])(
      '%j is stored under a name at random',
      async (name) => {
        const names = await stored(name);
        expect(names).toHaveLength(1);
        expect(names[0]).toMatch(/^[\da-f]{24}$|^x$/);
      },
    );

    it('as bytes that are no UTF-8 are decoded to something that can be stored, or refused', async () => {
      for (const bytes of ['c0af', 'eda080', 'f4908080', 'ff', 'e28280ae']) {
        const form = rawForm([{ disposition: `name="f"; filename="@"`, body: 'x' }]);
        const at = form.indexOf('@');
        const spoiled = Buffer.concat([
          form.subarray(0, at),
          Buffer.from(`61${bytes}`, 'hex'),
          form.subarray(at + 1),
        ]);
        expect([201, 400]).toContain(
          statusOf(await target.send(rawRequest('POST /files/ns/in', POST, spoiled))),
        );
        const path = bytes.replace(/../g, '%$&');
        expect(statusOf(await target.send(rawRequest(`PUT /files/ns/in/${path}`, [], 'x')))).toBe(
          bytes === 'e28280ae' ? 400 : 400,
        );
      }
      for (const name of await target.ns.listDir('in')) expect(name.isWellFormed()).toBe(true);
    });

    it('may be as long as the disk allows, and no longer', async () => {
      for (const [length, statuses] of [
        [255, [201]],
        [256, [201, 400]],
        [100_000, [201, 400]],
      ] as const) {
        const form = formNamed('n'.repeat(length));
        expect(statuses).toContain(statusOf(await target.send(rawRequest('POST /files/ns/in', POST, form))));
      }
      const deep = `PUT /files/ns/${'d/'.repeat(3000)}f`;
      expect([400, 201, 404, 409]).toContain(statusOf(await target.send(rawRequest(deep, [], 'x'))));
    });
  });

  describe('prototype pollution', () => {
    const NAMES = [
      '__proto__',
      '__proto__[polluted]',
      '__proto__.polluted',
      'constructor[prototype][polluted]',
      'a[__proto__][polluted]',
      'prototype',
      'hasOwnProperty',
      'toString',
      'constructor',
    ];

    const expectClean = (): void => {
      expect(Object.keys(Object.prototype)).toEqual([]);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
      expect(typeof {}.toString).toBe('function');
    };

    it.each(NAMES)('by a field called %s', async (name) => {
      const form = rawForm([
        { disposition: `name="${name}"`, body: 'yes' },
        { disposition: `name="${name}"`, body: 'again' },
        { disposition: `name="${name}"; filename="${name}"`, body: 'x' },
      ]);
      expect([201, 400]).toContain(statusOf(await target.send(rawRequest('POST /files/ns/in', POST, form))));
      expectClean();
    });

    it.each(NAMES)('by a query of %s', async (name) => {
      await target.send(rawRequest(`GET /files/ns/dir/ok.txt?${encodeURIComponent(name)}=yes`));
      await target.send(
        rawRequest(`POST /files/ns/in?${encodeURIComponent(name)}=yes`, POST, formNamed('a')),
      );
      expectClean();
    });

    it.each([
      '{"__proto__":{"polluted":1,"seconds":1}}',
      '{"constructor":{"prototype":{"polluted":1}}}',
      '{"seconds":{"__proto__":{"polluted":1}}}',
      '{"seconds":1e400}',
      '{"seconds":"1"}',
      '{"seconds":[1]}',
      '{"expires":"false"}',
      '[]',
      'null',
      '"x"',
      `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
      '{"seconds":1}{"seconds":2}',
      '\ufeff{"seconds":1,"x":1}',
      '{"seconds":-1}',
    ])('by the JSON %#', async (json) => {
      const patch = rawRequest('PATCH /files/ns/dir/ok.txt', ['Content-Type: application/json'], json);
      expect(statusOf(await target.send(patch))).toBe(400);
      expect(await target.ns.getExpiration('dir/ok.txt')).toBeNull();
      expectClean();
    });

    it.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString'])(
      'by a namespace or file called %s',
      async (name) => {
        expect(statusOf(await target.send(rawRequest(`GET /files/${name}/x`)))).toBe(404);
        expect(statusOf(await target.send(rawRequest(`PUT /files/ns/${name}`, [], 'x')))).toBe(201);
        expect(statusOf(await target.send(rawRequest(`GET /files/ns/${name}`)))).toBe(200);
        expectClean();
      },
    );
  });
});
