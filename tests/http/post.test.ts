import { expect, it } from '@jest/globals';
import type { RawPart, Site } from '../support/http.js';
import { eventually, FORM_TYPE, rawForm } from '../support/http.js';
import { describeServed, EVERYTHING } from '../support/http-mayfly.js';

interface Stored {
  path: string;
  url: string;
  expires: string | null;
}

function post(site: Site, path: string, parts: readonly RawPart[]): Promise<Response> {
  return site.fetch(path, { method: 'POST', headers: { 'Content-Type': FORM_TYPE }, body: rawForm(parts) });
}

function file(name: string, body: string | Buffer = name, type = 'application/octet-stream'): RawPart {
  return { disposition: `name="file"; filename="${name}"`, type, body };
}

function field(name: string, body: string): RawPart {
  return { disposition: `name="${name}"`, body };
}

async function filesOf(response: Response): Promise<Stored[]> {
  expect(response.status).toBe(201);
  return ((await response.json()) as { files: Stored[] }).files;
}

describeServed('POST of a form', (served) => {
  it('stores its files and tells of them', async () => {
    const { ns, clock } = served();
    const site = await served().serve();
    const form = new FormData();
    form.append('seconds', '60');
    form.append('a', new File(['hello'], 'a.txt', { type: 'text/plain' }));
    form.append('b', new File(['<svg/>'], 'b.svg', { type: 'image/svg+xml' }));
    const response = await site.fetch('/files/ns/dir/sub', { method: 'POST', body: form });
    const files = await filesOf(response);
    const expires = new Date(clock.now + 60_000).toISOString();
    expect(files).toEqual([
      {
        namespace: 'ns',
        path: 'dir/sub/a.txt',
        size: 5,
        contentType: 'text/plain',
        etag: expect.stringMatching(/^"/),
        url: '/files/ns/dir/sub/a.txt',
        expires,
      },
      expect.objectContaining({ path: 'dir/sub/b.svg', contentType: 'image/svg+xml', expires }),
    ]);
    expect(response.headers.get('location')).toBe('/files/ns/dir/sub/a.txt');
    expect(await ns.readText('dir/sub/a.txt')).toBe('hello');
    expect((await ns.getExpiration('dir/sub/b.svg'))?.toISOString()).toBe(expires);
  });

  it('takes seconds, days, timeout and filename from the query as well', async () => {
    const { clock } = served();
    const site = await served().serve();
    const query = 'seconds=1.5&days=2&timeout=60&filename=%F0%9F%93%88.png';
    const [stored] = await filesOf(await post(site, `/files/ns?${query}`, [file('x')]));
    expect(stored).toMatchObject({
      path: '📈.png',
      url: expect.stringMatching(/\/ns\/%F0%9F%93%88\.png(?:\?|$)/),
      expires: new Date(clock.now + 2 * 86_400_000 + 1500).toISOString(),
    });
  });

  it('makes files permanent without them', async () => {
    const site = await served().serve();
    expect(await filesOf(await post(site, '/files/ns', [file('x')]))).toMatchObject([{ expires: null }]);
  });

  it.each([
    ['📈 plan.txt', '📈 plan.txt'],
    ['e\u0301.txt', 'é.txt'],
    ['..\\..\\evil.txt', 'evil.txt'],
    ['../../evil.txt', 'evil.txt'],
    ['a%22b%0D%0A.txt', 'a"b.txt'], // as browsers escape quotes and line ends
  ])('stores %j as %j', async (name, expected) => {
    const site = await served().serve();
    const files = await filesOf(await post(site, '/files/ns', [file(name)]));
    expect(files).toMatchObject([{ path: expected }]);
    expect(await served().ns.listDir('')).toEqual([expected]);
  });

  it.each(['.', '..', '.jpg', '.htaccess', 'dir/'])(
    'never stores %j under a name with a dot first',
    async (name) => {
      const site = await served().serve();
      await filesOf(await post(site, '/files/ns', [file(name)]));
      expect(await served().ns.listDir('')).toEqual([expect.stringMatching(/^[0-9a-f]{24}/)]);
    },
  );

  it('gives a part without a name a random one', async () => {
    const site = await served().serve();
    const unnamed = { disposition: 'name="f"; filename=""', type: 'application/octet-stream' };
    const [stored] = await filesOf(await post(site, '/files/ns', [{ ...unnamed, body: 'bytes' }]));
    expect(stored?.path).toMatch(/^[0-9a-f]{24}$/);
    expect(await served().ns.readText(stored?.path ?? '')).toBe('bytes');
  });

  it.each(['text/plain', 'image/png', undefined])(
    'keeps what a part of type %s without a name has, beside others and in a field of a known name',
    async (type) => {
      const { ns } = served();
      const site = await served().serve();
      const unnamed = (name: string): RawPart => ({
        disposition: `name="${name}"; filename=""`,
        body: '5',
        ...(type === undefined ? {} : { type }),
      });
      expect(await filesOf(await post(site, '/files/ns/alone', [unnamed('f')]))).toHaveLength(1);
      const parts = [file('a'), unnamed('seconds'), { ...unnamed('days'), body: '' }];
      const [, stored] = await filesOf(await post(site, '/files/ns', parts));
      expect(stored).toMatchObject({ path: expect.stringMatching(/^[0-9a-f]{24}$/), expires: null });
      expect(await ns.readText(stored?.path ?? '')).toBe('5');
    },
  );

  it('skips inputs that were left unfilled, and takes fields after them', async () => {
    const site = await served().serve({ maxFiles: 1 });
    const unfilled = { disposition: 'name="f"; filename=""', type: 'application/octet-stream' };
    const parts = [unfilled, field('seconds', '60'), file('x'), unfilled];
    expect(await filesOf(await post(site, '/files/ns', parts))).toHaveLength(1);
    expect((await post(site, '/files/ns', [unfilled])).status).toBe(400);
  });

  it.each<[string, ('unfilled' | 'nameless' | 'seconds' | 'days')[], number]>([
    ['before a file without a name', ['unfilled', 'seconds', 'nameless'], 201],
    ['between unfilled inputs', ['unfilled', 'seconds', 'unfilled', 'days', 'nameless', 'unfilled'], 201],
    ['after a file without a name', ['nameless', 'seconds'], 400],
    ['after a file without a name that follows others', ['unfilled', 'seconds', 'nameless', 'days'], 400],
    ['between files without a name', ['unfilled', 'nameless', 'seconds', 'nameless'], 400],
  ])('a field %s', async (_where, order, status) => {
    const site = await served().serve();
    const unnamed = { disposition: 'name="f"; filename=""', type: 'application/octet-stream' };
    const parts: Record<string, RawPart> = {
      unfilled: unnamed,
      nameless: { ...unnamed, body: 'bytes' },
      seconds: field('seconds', '60'),
      days: field('days', '1'),
    };
    const answer = await post(
      site,
      '/files/ns',
      order.map((name) => parts[name] as RawPart),
    );
    expect(answer.status).toBe(status);
    if (status === 201) {
      const [stored] = await filesOf(answer);
      expect(stored?.expires).not.toBeNull();
    } else {
      await eventually(async () => expect(await served().leftovers()).toEqual([]));
    }
  });

  it('renames what meets a file of its name', async () => {
    await served().ns.write('a.tar.gz', 'old');
    await served().ns.makeDir('dir');
    const site = await served().serve();
    const parts = [file('a.tar.gz'), file('a.tar.gz'), file('dir')];
    const files = await filesOf(await post(site, '/files/ns', parts));
    expect(files.map(({ path }) => path)).toEqual(['a.tar-1.gz', 'a.tar-2.gz', 'dir-1']);
    expect(await served().ns.readText('a.tar.gz')).toBe('old');
  });

  it('gives 20 uploads of one name at once 20 names', async () => {
    const site = await served().serve();
    const uploads = Array.from({ length: 20 }, (_, i) =>
      post(site, '/files/ns', [file('a.txt', `upload ${i}`)]),
    );
    const stored = (await Promise.all((await Promise.all(uploads)).map(filesOf))).flat();
    expect(new Set(stored.map(({ path }) => path)).size).toBe(20);
    for (const [i, { path }] of stored.entries())
      expect(await served().ns.readText(path)).toBe(`upload ${i}`);
  });

  it('takes the name of a file past its deadline', async () => {
    await served().ns.write('a', 'old', { seconds: 1 });
    served().clock.advance(1);
    const site = await served().serve();
    const uploads = ['x', 'y'].map((body) => post(site, '/files/ns', [file('a', body)]));
    const stored = (await Promise.all((await Promise.all(uploads)).map(filesOf))).flat();
    expect(stored.map(({ path }) => path).sort()).toEqual(['a', 'a-1']);
    expect(await served().ns.getExpiration('a')).toBeNull();
  });

  it('replaces where that is wanted and allowed', async () => {
    await served().ns.write('a', 'old');
    const site = await served().serve({ ...EVERYTHING, onConflict: 'replace' });
    expect(await filesOf(await post(site, '/files/ns', [file('a', 'new')]))).toMatchObject([{ path: 'a' }]);
    expect(await served().ns.readText('a')).toBe('new');
    const off = await served().serve({ allow: ['upload'], onConflict: 'replace' });
    const refused = await post(off, '/files/ns', [file('a', 'newer')]);
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
    expect((await post(off, '/files/ns', [file('b', 'b')])).status).toBe(201);
    expect((await post(site, '/files/ns', [file('c', '1'), file('c', '2')])).status).toBe(409);
    expect(await served().leftovers()).toEqual(['a', 'b']);
    expect(await served().ns.readText('a')).toBe('new');
  });

  it('is 409 where conflicts fail, and nothing of the form is stored', async () => {
    await served().ns.write('a', 'old');
    const site = await served().serve({ onConflict: 'fail' });
    expect((await post(site, '/files/ns', [file('b'), file('a')])).status).toBe(409);
    expect((await post(site, '/files/ns', [file('c'), file('c')])).status).toBe(409);
    expect(await served().leftovers()).toEqual(['a']);
    expect((await post(site, '/files/ns', [file('b')])).status).toBe(201);
  });

  it('into a file is 409', async () => {
    await served().ns.write('a', 'old');
    const site = await served().serve();
    expect((await post(site, '/files/ns/a', [file('b')])).status).toBe(409);
    expect((await post(site, '/files/ns/a/b', [file('b')])).status).toBe(409);
    expect(await served().leftovers()).toEqual(['a']);
  });

  it.each<[string, string, RawPart[], number]>([
    ['no part', '', [], 400],
    ['no file', '', [field('x', 'y')], 400],
    ['a field without a name', '', [{ disposition: 'name=""', body: 'x' }, file('a')], 400],
    ['seconds after the file', '', [file('a'), field('seconds', '1')], 400],
    ['seconds between files', '', [file('a'), field('seconds', '1'), file('b')], 400],
    ['a filename after the file', '', [file('a'), field('filename', 'b')], 400],
    ['a filename for two files', '?filename=x', [file('a'), file('b')], 400],
    ['seconds twice', '?seconds=1', [field('seconds', '1'), file('a')], 400],
    ['a number without an end', '', [field('seconds', `${'1'.repeat(65_000)}x`), file('a')], 400],
    ['seconds twice in the query', '?seconds=1&seconds=1', [file('a')], 400],
    ...['', '-1', '+1', 'x', '0x10', '1e3', 'Infinity', 'NaN', ' 1', '1,5', '9'.repeat(400)].map(
      (number): [string, string, RawPart[], number] => [
        `${number.slice(0, 9)} seconds`,
        '',
        [field('seconds', number), file('a')],
        400,
      ],
    ),
    ['more days than a date can tell', '?days=999999999999', [file('a')], 400],
    ['a negative timeout', '?timeout=-1', [file('a')], 400],
    ['too long a field', '', [field('x', 'y'.repeat(70_000)), file('a')], 413],
    ['too many fields', '', [...Array.from({ length: 101 }, (_, i) => field(`x${i}`, 'y')), file('a')], 413],
    ['too many files', '', Array.from({ length: 21 }, (_, i) => file(`f${i}`)), 413],
  ])('with %s is refused and leaves nothing', async (_what, query, parts, status) => {
    const site = await served().serve();
    const response = await post(site, `/files/ns${query}`, parts);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ status, type: 'about:blank' });
    expect(await served().leftovers()).toEqual([]);
  });

  it('takes a file of exactly maxFileSize, and not one byte more', async () => {
    const site = await served().serve({ maxFileSize: 100_000 });
    const exact = await post(site, '/files/ns', [file('exact', Buffer.alloc(100_000))]);
    expect(await filesOf(exact)).toMatchObject([{ size: 100_000 }]);
    const over = await post(site, '/files/ns', [file('small'), file('over', Buffer.alloc(100_001))]);
    expect(over.status).toBe(413);
    expect(await served().leftovers()).toEqual(['exact']);
  });

  it.each([
    ['too large a file', rawForm([file('a', '')]).subarray(0, -22), 413],
    ['a broken header', rawForm([file('a', '')]).subarray(0, -30), 400],
  ] as const)('with %s that has no end is refused before the end', async (_what, form, status) => {
    const site = await served().serve({ maxFileSize: 1000 });
    const head = `POST /files/ns HTTP/1.1\r\nHost: x\r\nContent-Type: ${FORM_TYPE}\r\nContent-Length: 1000000000000\r\n\r\n`;
    const answer = await site.flood(head + form.toString());
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toMatch(/^Connection: close\r$/m);
    expect(await served().leftovers()).toEqual([]);
  });

  it.each([
    ['application/json', '{}', 415],
    ['multipart/mixed; boundary=x', '--x--', 415],
    ['multipart/form-data', '--x--', 400],
    ['multipart/form-data; boundary=x', 'no form', 400],
    [
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nab',
      400,
    ],
    ['multipart/form-data; boundary=x', '--x\r\nBad header\r\n\r\n\r\n--x--', 400],
    ['multipart/form-data; boundary=x', '', 400],
  ])('of type %s with %j is refused', async (type, body, status) => {
    const site = await served().serve();
    const response = await site.fetch('/files/ns', {
      method: 'POST',
      headers: { 'Content-Type': type },
      body,
    });
    expect(response.status).toBe(status);
    expect(await served().leftovers()).toEqual([]);
  });

  it('leaves nothing when the client hangs up half-way', async () => {
    const site = await served().serve();
    const head = `POST /files/ns HTTP/1.1\r\nHost: x\r\nContent-Type: ${FORM_TYPE}\r\nContent-Length: 9999999\r\n\r\n`;
    const half = rawForm([file('first'), file('second', Buffer.alloc(300_000))]).subarray(0, 200_000);
    const { directoryRoot, leftovers } = served();
    await site.hangUp(Buffer.concat([Buffer.from(head), half]), () =>
      eventually(async () => {
        if (directoryRoot !== undefined) expect((await leftovers()).length).toBeGreaterThan(0);
      }),
    );
    await eventually(async () => expect(await leftovers()).toEqual([]));
  });

  it('that fails to publish takes back what it had published', async () => {
    const site = await served().serve({ onConflict: 'fail' });
    const { ns } = served();
    // Comes between the check and the publishing, while the third file arrives.
    const large = Buffer.alloc(100_000); // What is small is not staged everywhere.
    const form = rawForm([file('a', large), file('b', large), file('c', Buffer.alloc(200_000))]);
    const body = ReadableStream.from(
      (async function* () {
        yield form.subarray(0, 300_000);
        await eventually(async () => {
          if (served().directoryRoot !== undefined) expect(await served().leftovers()).toHaveLength(3);
          else await new Promise((resolve) => setTimeout(resolve, 100));
        });
        await ns.write('b', 'in the way');
        yield form.subarray(300_000);
      })(),
    );
    const init = { method: 'POST', headers: { 'Content-Type': FORM_TYPE }, body, duplex: 'half' };
    expect((await site.fetch('/files/ns', init as RequestInit)).status).toBe(409);
    expect(await served().leftovers()).toEqual(['b']);
    expect(await ns.readText('b')).toBe('in the way');
  });
});
