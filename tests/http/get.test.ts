import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { describeServed } from '../support/http-mayfly.js';

const JSON_TYPE = { Accept: 'application/json' };

describeServed('GET and HEAD of a file', (served) => {
  it('answer with the bytes and all that a cache and a browser want to know', async () => {
    await served().ns.write('a/b.txt', 'hello');
    const info = await served().ns.getInfo('a/b.txt');
    const site = await served().serve();
    for (const method of ['GET', 'HEAD']) {
      const response = await site.fetch('/files/ns/a/b.txt', { method });
      expect(response.status).toBe(200);
      expect(await response.text()).toBe(method === 'GET' ? 'hello' : '');
      const headers = Object.fromEntries(response.headers);
      expect(headers).toMatchObject({
        etag: info.etag,
        'last-modified': info.modified.toUTCString(),
        'accept-ranges': 'bytes',
        'content-length': '5',
        'content-type': 'text/plain; charset=utf-8',
        'x-content-type-options': 'nosniff',
      });
      expect(headers).not.toHaveProperty('cache-control');
      expect(headers).not.toHaveProperty('sunset');
      expect(headers).not.toHaveProperty('content-security-policy');
    }
  });

  it('send large and empty files whole', async () => {
    const large = Buffer.alloc(3_000_001, 'abcdefg');
    await served().ns.write('large.bin', large);
    await served().ns.write('empty', '');
    const site = await served().serve();
    const response = await site.fetch('/files/ns/large.bin');
    expect(Buffer.from(await response.arrayBuffer()).equals(large)).toBe(true);
    const empty = await site.fetch('/files/ns/empty');
    expect([empty.status, await empty.text(), empty.headers.get('content-length')]).toEqual([200, '', '0']);
    expect(empty.headers.get('content-type')).toBe('application/octet-stream');
  });

  it('find names that need encoding by the URL that getUrl makes', async () => {
    const site = await served().serve();
    for (const name of ["it's 100% (📈)!*.txt", 'a?b#c&d=e', 'back\\slash', 'a+b', '%2e']) {
      await served().ns.write(name, name);
      const response = await site.fetch(await served().ns.getUrl(name));
      expect([response.status, await response.text()]).toEqual([200, name]);
    }
  });

  it.each([
    ['bytes=0-0', 206, 'a', 'bytes 0-0/10'],
    ['bytes=-3', 206, 'hij', 'bytes 7-9/10'],
    ['bytes=8-', 206, 'ij', 'bytes 8-9/10'],
    ['bytes=0-99', 206, 'abcdefghij', 'bytes 0-9/10'],
    ['bytes=-99', 206, 'abcdefghij', 'bytes 0-9/10'],
    ['bytes=5-2', 200, 'abcdefghij', null],
    ['bytes=0-1,1-5', 206, 'abcdef', 'bytes 0-5/10'],
    ['bytes=0-1,5-2', 200, 'abcdefghij', null],
  ])('Range: %s is %i', async (range, status, body, contentRange) => {
    await served().ns.write('f', 'abcdefghij');
    const site = await served().serve();
    const response = await site.fetch('/files/ns/f', { headers: { Range: range } });
    expect([response.status, await response.text()]).toEqual([status, body]);
    expect(response.headers.get('content-range')).toBe(contentRange);
    expect(response.headers.get('content-length')).toBe(String(body.length));
    // RFC 9110 §14.2: Range means something for GET alone.
    const head = await site.fetch('/files/ns/f', { method: 'HEAD', headers: { Range: range } });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '10']);
  });

  it('several ranges are parts of one answer', async () => {
    const large = Buffer.from(Array.from({ length: 1_500_000 }, (_, i) => (i * 7) % 251));
    await served().ns.write('small.txt', 'abcdefghij');
    await served().ns.write('large.bin', large);
    const site = await served().serve();
    const small = await site.fetch('/files/ns/small.txt', { headers: { Range: 'bytes=7-8, 0-1' } });
    const type = small.headers.get('content-type') ?? '';
    const boundary = /^multipart\/byteranges; boundary=(\S{20,})$/.exec(type)?.[1];
    expect(small.status).toBe(206);
    expect(small.headers.get('content-range')).toBeNull();
    const text = await small.text();
    const head = `--${boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes`;
    expect(text).toBe(`${head} 7-8/10\r\n\r\nhi\r\n${head} 0-1/10\r\n\r\nab\r\n--${boundary}--\r\n`);
    expect(small.headers.get('content-length')).toBe(String(text.length));
    const ranges = { Range: 'bytes=10-700000,800000-1400000' };
    const answer = await site.fetch('/files/ns/large.bin', { headers: ranges });
    const body = Buffer.from(await answer.arrayBuffer());
    expect(answer.headers.get('content-length')).toBe(String(body.length));
    const first = body.indexOf('\r\n\r\n') + 4;
    expect(body.subarray(first, first + 699_991).equals(large.subarray(10, 700_001))).toBe(true);
    const second = body.indexOf('\r\n\r\n', first + 699_991) + 4;
    expect(body.subarray(second, second + 600_001).equals(large.subarray(800_000, 1_400_001))).toBe(true);
  });

  it.each(['bytes=10-', 'bytes=-0'])('Range: %s can not be satisfied', async (range) => {
    await served().ns.write('f', 'abcdefghij');
    const site = await served().serve();
    const response = await site.fetch('/files/ns/f', { headers: { Range: range } });
    expect(response.status).toBe(416);
    expect(response.headers.get('content-range')).toBe('bytes */10');
    expect(await response.json()).toMatchObject({ status: 416, title: 'Range Not Satisfiable' });
  });

  it('If-Range sends the part of this version and the whole of another', async () => {
    await served().ns.write('f', 'abcdefghij');
    const { etag = '', modified } = await served().ns.getInfo('f');
    const site = await served().serve();
    const statusWith = async (ifRange: string): Promise<number> => {
      const headers = { Range: 'bytes=0-1', 'If-Range': ifRange };
      return (await site.fetch('/files/ns/f', { headers })).status;
    };
    expect(await statusWith(etag)).toBe(206);
    expect(await statusWith(modified.toUTCString())).toBe(206);
    expect(await statusWith('"other"')).toBe(200);
    expect(await statusWith(`W/${etag}`)).toBe(200);
    expect(await statusWith(new Date(modified.getTime() + 5000).toUTCString())).toBe(200);
  });

  it('a 304 has the validators and no content', async () => {
    await served().ns.write('f.txt', 'x', { seconds: 60 });
    const { etag = '', modified } = await served().ns.getInfo('f.txt');
    const site = await served().serve({ cacheControl: 'public, max-age=600' });
    for (const [name, value] of [
      ['If-None-Match', etag],
      ['If-Modified-Since', modified.toUTCString()],
    ] as const) {
      const response = await site.fetch('/files/ns/f.txt', { headers: { [name]: value } });
      expect([response.status, await response.text()]).toEqual([304, '']);
      expect(response.headers.get('etag')).toBe(etag);
      expect(response.headers.get('last-modified')).toBe(modified.toUTCString());
      expect(response.headers.get('cache-control')).toBe('public, max-age=60, must-revalidate');
      expect(response.headers.get('content-type')).toBeNull();
    }
  });

  it('a condition that fails is 412', async () => {
    await served().ns.write('f', 'x');
    const site = await served().serve();
    const response = await site.fetch('/files/ns/f', { headers: { 'If-Match': '"other"' } });
    expect(response.status).toBe(412);
  });

  it('a changed file has another entity tag', async () => {
    const site = await served().serve();
    const tags = new Set<string | null>();
    for (const content of ['a', 'b', 'c', 'd']) {
      await served().ns.write('f', content);
      tags.add((await site.fetch('/files/ns/f')).headers.get('etag'));
    }
    expect(tags.size).toBe(4);
  });

  it.each([
    ['/files/ns/missing', 404],
    ['/files/ns/f/below', 404],
    ['/files/ns/f/', 404],
    ['/files/ns/d', 404],
    ['/files/ns/d/', 404],
    ['/files/ns', 404],
    ['/files/ns/', 404],
    ['/files/', 404],
    ['/files/.ns/f', 404],
    ['/files/n%20s/f', 404],
    ['/files/ns/%', 400],
    ['/files/ns/a%00b', 400],
    ['/files/ns/a%2Ff', 400],
    ['/files/ns/a%0Ab', 400],
    ['/elsewhere', 404],
  ])('%s is %i', async (path, status) => {
    await served().ns.write('f', 'x');
    await served().ns.makeDir('d');
    const site = await served().serve();
    const response = await site.fetch(path);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({ type: 'about:blank', status });
    const head = await site.fetch(path, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([status, '']);
  });

  it.each([
    ['/files/ns/../other/secret', 400],
    ['/files/ns/%2e%2e/other/secret', 400],
    ['/files/ns/a/../../other/secret', 400],
    ['/files/ns/..%2fother/secret', 400],
    ['/files/ns/..%5cother%5csecret', 404],
    ['/files/../other/secret', 404],
    ['/files/%2e%2e/other/secret', 404],
    ['/files/ns/./a/../f', 200],
  ])('%s, sent as it is, leads nowhere else: %i', async (path, status) => {
    await served().ns.write('f', 'x');
    await served().mayfly.getFilesystem('other').write('secret', 'secret');
    const site = await served().serve();
    const answer = await site.raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).not.toContain('\r\n\r\nsecret');
  });

  it('are 410 from the deadline on, whether or not the file is there, and 404 after a purge', async () => {
    const { ns, clock, mayfly } = served();
    await ns.write('f', 'x', { seconds: 60 });
    await ns.expire('never-written', 60);
    const site = await served().serve();
    clock.advance(59);
    expect((await site.fetch('/files/ns/f')).status).toBe(200);
    expect((await site.fetch('/files/ns/never-written')).status).toBe(404);
    clock.advance(1);
    expect((await site.fetch('/files/ns/f')).status).toBe(410);
    expect((await site.fetch('/files/ns/f', { method: 'HEAD' })).status).toBe(410);
    expect((await site.fetch('/files/ns/never-written')).status).toBe(410);
    await mayfly.expireObjects();
    expect((await site.fetch('/files/ns/f')).status).toBe(404);
    expect((await site.fetch('/files/ns/never-written')).status).toBe(404);
  });

  it('tell a deadline, and let no cache keep the file past it', async () => {
    const { ns, clock } = served();
    await ns.write('f', 'x', { seconds: 90 });
    const site = await served().serve({ cacheControl: 'public, max-age=86400, immutable' });
    clock.advance(30);
    const { headers } = await site.fetch('/files/ns/f');
    expect(headers.get('cache-control')).toBe('public, max-age=60, must-revalidate');
    expect(headers.get('sunset')).toBe(new Date(clock.now + 60_000).toUTCString());
    const plain = await (await served().serve()).fetch('/files/ns/f');
    expect(plain.headers.get('cache-control')).toBe('max-age=60, must-revalidate');
  });

  it('have the policy as it is for a file without a deadline', async () => {
    await served().ns.write('f', 'x');
    const site = await served().serve({ cacheControl: 'public, max-age=86400, immutable' });
    const { headers } = await site.fetch('/files/ns/f');
    expect(headers.get('cache-control')).toBe('public, max-age=86400, immutable');
  });

  it.each(['a.html', 'a.svg', 'a.xml', 'a.xhtml', 'a.js'])(
    'put %s in a sandbox unless trusted',
    async (name) => {
      await served().ns.write(name, '<script>alert(1)</script>');
      const guarded = await (await served().serve()).fetch(`/files/ns/${name}`);
      expect(guarded.headers.get('content-security-policy')).toBe('sandbox');
      const trusted = await (await served().serve({ trusted: true })).fetch(`/files/ns/${name}`);
      expect(trusted.headers.get('content-security-policy')).toBeNull();
      expect(trusted.headers.get('x-content-type-options')).toBe('nosniff');
    },
  );

  it('are downloads with ?download', async () => {
    await served().ns.write('naïve.txt', 'x');
    const site = await served().serve();
    const url = await served().ns.getUrl('naïve.txt', { download: true });
    const disposition = (await site.fetch(url)).headers.get('content-disposition');
    expect(disposition).toBe(`attachment; filename="na_ve.txt"; filename*=UTF-8''na%C3%AFve.txt`);
    const renamed = await served().ns.getUrl('naïve.txt', { download: 'b.txt' });
    expect((await site.fetch(renamed)).headers.get('content-disposition')).toBe(
      'attachment; filename="b.txt"',
    );
  });

  it('send the file also to a client that would like JSON', async () => {
    await served().ns.write('f.txt', 'x');
    const site = await served().serve({ allow: ['read', 'list'] });
    expect(await (await site.fetch('/files/ns/f.txt', { headers: JSON_TYPE })).text()).toBe('x');
  });

  it('never mix two versions, however often the file is replaced', async () => {
    const { ns } = served();
    const versions = ['a', 'b'].map((letter, i) => letter.repeat(100_000 + i));
    await ns.write('f', versions[0] ?? '');
    const site = await served().serve();
    let reading = true;
    const writer = (async () => {
      for (let i = 1; reading; i++) {
        await ns.write('f', versions[i % 2] ?? '');
        await new Promise(setImmediate); // In memory, a write alone lets nobody else run.
      }
    })();
    const tags = new Map<string, string>();
    for (let i = 0; i < 60; i++) {
      const response = await site.fetch('/files/ns/f');
      const body = await response.text();
      if (response.status === 503) continue; // Replaced too often to be read is an honest answer.
      expect(versions).toContain(body);
      expect(Number(response.headers.get('content-length'))).toBe(body.length);
      const tag = response.headers.get('etag') ?? '';
      expect(tags.get(tag) ?? body).toBe(body);
      tags.set(tag, body);
    }
    reading = false;
    await writer;
  });

  it('cut the connection when the file turns out shorter than promised', async () => {
    const { ns, directoryRoot } = served();
    if (directoryRoot === undefined) return; // In memory nobody else can cut a file.
    await ns.write('f', Buffer.alloc(8_000_000));
    const site = await served().serve();
    const response = await site.fetch('/files/ns/f');
    const reader = response.body?.getReader();
    await reader?.read();
    await writeFile(join(directoryRoot, 'ns/f'), 'short');
    const rest = (async () => {
      while (!(await reader?.read())?.done);
    })();
    await expect(rest).rejects.toThrow();
  });
});
