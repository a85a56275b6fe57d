import { beforeEach, describe, expect, it } from '@jest/globals';
import type { MayflyOptions } from '../../src/index.js';
import { createMayfly, InvalidOptions, Unsupported } from '../../src/index.js';
import { FORM_TYPE, rawForm, Site } from '../support/http.js';
import type { ServedMayfly } from '../support/http-mayfly.js';
import { describeServed, EVERYTHING } from '../support/http-mayfly.js';

const SECRETS = ['one secret of 32 bytes, for tests only'];
const REQUIRED = { urls: { secrets: SECRETS, required: true } };

/** The URL that the router itself answers, on S3 too. */
async function ownUrl(served: ServedMayfly, path: string, timeout: number): Promise<string> {
  const signer = createMayfly({
    storage: { type: 'memoryfs', urlRoot: '/files' },
    purge: false,
    clock: served.clock.read,
    urls: { secrets: SECRETS },
  });
  try {
    return await signer.getFilesystem('ns').getUrl(path, timeout);
  } finally {
    await signer.close();
  }
}

describeServed(
  'signed URLs',
  (served) => {
    beforeEach(() => served().ns.write('dir/ä b.txt', 'secret'));

    it('serve the file until they end, then 403', async () => {
      const site = await served().serve();
      const url = await ownUrl(served(), 'dir/ä b.txt', 60);
      expect(url).toMatch(/^\/files\/ns\/dir\/%C3%A4%20b\.txt\?expires=\d+&signature=[\w-]{43}$/);
      expect(await (await site.fetch(url)).text()).toBe('secret');
      expect((await site.fetch(url, { method: 'HEAD' })).status).toBe(200);
      served().clock.advance(59.999);
      expect((await site.fetch(url)).status).toBe(200);
      served().clock.advance(0.001);
      const past = await site.fetch(url);
      expect(past.status).toBe(403);
      expect(await past.json()).toMatchObject({ status: 403, detail: 'This URL has expired.' });
    });

    it('are 403 once altered, whether or not there is such a file', async () => {
      const site = await served().serve();
      await served().ns.write('other.txt', 'another');
      const [path, query] = (await ownUrl(served(), 'dir/ä b.txt', 60)).split('?') as [string, string];
      for (const url of [
        `/files/ns/other.txt?${query}`,
        `/files/ns/none.txt?${query}`,
        `/files/ns2/dir/%C3%A4%20b.txt?${query}`,
        `${path}?${query}&download=x`,
        `${path}?${query}&type=text/html`,
        `${path}?${query.replace('expires=', 'expires=9')}`,
        `${path}?expires=99999999999`,
        `${path}?signature=`,
        `${path}?${query.slice(0, -1)}`,
      ]) {
        expect([url, (await site.fetch(url)).status]).toEqual([url, 403]);
      }
    });

    it('are the same whatever spelling of the path they are followed by', async () => {
      const site = await served().serve();
      const query = (await ownUrl(served(), '/dir//./ä b.txt', 60)).split('?')[1];
      expect((await site.fetch(`/files/ns/%64ir//%C3%A4%20b.txt?${query}`)).status).toBe(200);
    });

    it('end with the deadline of the file, and are cached no longer than either', async () => {
      const site = await served().serve({ cacheControl: 'public, max-age=3600, immutable' });
      const url = await ownUrl(served(), 'dir/ä b.txt', 60);
      const maxAge = async (): Promise<string | null> => (await site.fetch(url)).headers.get('cache-control');
      expect(await maxAge()).toBe('public, max-age=60, must-revalidate');
      await served().ns.expire('dir/ä b.txt', 30);
      expect(await maxAge()).toBe('public, max-age=30, must-revalidate');
      served().clock.advance(20);
      await served().ns.expire('dir/ä b.txt', 3600);
      expect(await maxAge()).toBe('public, max-age=40, must-revalidate');
      const etag = (await site.fetch(url)).headers.get('etag') ?? '';
      const again = await site.fetch(url, { headers: { 'If-None-Match': etag } });
      expect([again.status, again.headers.get('cache-control')]).toEqual([
        304,
        'public, max-age=40, must-revalidate',
      ]);
    });

    it('are for caches what they are without authorize, as who has one needs no leave', async () => {
      const site = await served().serve({ authorize: () => true });
      const url = await ownUrl(served(), 'dir/ä b.txt', 60);
      expect((await site.fetch(url)).headers.get('cache-control')).toBe('max-age=60, must-revalidate');
    });

    it('are not asked of authorize, which is asked of every other request', async () => {
      const asked: string[] = [];
      const site = await served().serve({
        ...EVERYTHING,
        authorize: (_request, { action }) => {
          asked.push(action);
          return false;
        },
      });
      const url = await ownUrl(served(), 'dir/ä b.txt', 60);
      expect((await site.fetch(url)).status).toBe(200);
      expect(asked).toEqual([]);
      expect((await site.fetch(url.split('?')[0] ?? '')).status).toBe(403);
      expect(asked).toEqual(['read']);
    });

    it('for reading allow nothing else', async () => {
      const site = await served().serve({ ...EVERYTHING, authorize: () => false });
      const url = await ownUrl(served(), 'dir/ä b.txt', 60);
      const query = url.split('?')[1];
      const json = { 'Content-Type': 'application/json' };
      const requests: [string, RequestInit][] = [
        [url, { method: 'PUT', body: 'x' }],
        [url, { method: 'DELETE' }],
        [url, { method: 'PATCH', headers: json, body: '{"seconds":1}' }],
        [
          `/files/ns/dir?${query}`,
          {
            method: 'POST',
            headers: { 'Content-Type': FORM_TYPE },
            body: new Uint8Array(rawForm([{ disposition: 'name="f"; filename="f"', body: 'x' }])),
          },
        ],
        [`/files/ns/dir?${query}`, { headers: { Accept: 'application/json' } }],
        [`/files/ns/dir/?${query}`, { headers: { Accept: 'application/json' } }],
      ];
      for (const [target, init] of requests) expect((await site.fetch(target, init)).status).toBe(403);
      expect(await served().ns.readText('dir/ä b.txt')).toBe('secret');
      expect(await served().leftovers()).toEqual(['dir/ä b.txt']);
    });

    it('open no action that is off, no namespace that is not served, and no dotfile', async () => {
      await served().ns.write('.hidden', 'x');
      const url = await ownUrl(served(), 'dir/ä b.txt', 60);
      expect((await (await served().serve({ allow: ['upload'] })).fetch(url)).status).toBe(405);
      expect((await (await served().serve({ namespaces: ['other'] })).fetch(url)).status).toBe(404);
      const hidden = await ownUrl(served(), '.hidden', 60);
      expect((await (await served().serve()).fetch(hidden)).status).toBe(404);
    });

    it('are not needed where they are not required', async () => {
      const site = await served().serve();
      expect((await site.fetch('/files/ns/dir/%C3%A4%20b.txt')).status).toBe(200);
      expect((await site.fetch('/files/ns/dir/%C3%A4%20b.txt?download=x.txt&utm=1')).status).toBe(200);
    });

    it('refuse, past or altered, before anything is told of the file', async () => {
      const site = await served().serve();
      await served().ns.expire('dir/ä b.txt', 10);
      const url = await ownUrl(served(), 'dir/ä b.txt', 60);
      served().clock.advance(10);
      expect((await site.fetch(url)).status).toBe(410);
      served().clock.advance(60);
      expect((await site.fetch(url)).status).toBe(403);
      expect((await site.fetch(url)).headers.get('sunset')).toBeNull();
    });
  },
  { urls: { secrets: SECRETS } },
);

describeServed(
  'URLs that must be signed',
  (served) => {
    it('refuse a GET that is not, also for nothing and with the leave of authorize', async () => {
      await served().ns.write('a.txt', 'a');
      const site = await served().serve({ authorize: () => true });
      for (const path of ['a.txt', 'none.txt', 'a.txt?download=', '']) {
        const answer = await site.fetch(`/files/ns/${path}`);
        expect([path, answer.status]).toEqual([path, 403]);
      }
    });

    it('have no end when none was asked for', async () => {
      await served().ns.write('a.txt', 'a');
      const url = await served().ns.getUrl('a.txt');
      expect(url).toMatch(/^\/files\/ns\/a\.txt\?signature=[\w-]{43}$/);
      served().clock.advance(1e9);
      const site = await served().serve();
      expect(await (await site.fetch(url)).text()).toBe('a');
    });

    it('never outlive the deadline that the file has as they are signed', async () => {
      await served().ns.write('a.txt', 'a', { seconds: 90 });
      const end = String(served().clock.now / 1000 + 90);
      expect(new URLSearchParams((await served().ns.getUrl('a.txt')).split('?')[1]).get('expires')).toBe(end);
    });

    it('are what uploads and listings answer', async () => {
      const site = await served().serve(EVERYTHING);
      const put = await site.fetch('/files/ns/dir/a.txt', { method: 'PUT', body: 'abc' });
      const { url } = (await put.json()) as { url: string };
      expect(await (await site.fetch(url)).text()).toBe('abc');
      const list = async (path: string): Promise<{ name: string; url: string }[]> => {
        const answer = await site.fetch(path, { headers: { Accept: 'application/json' } });
        return ((await answer.json()) as { entries: { name: string; url: string }[] }).entries;
      };
      const [directory] = await list('/files/ns');
      expect(directory).toMatchObject({ name: 'dir', url: '/files/ns/dir' });
      const [file] = await list(directory?.url ?? '');
      expect(await (await site.fetch(file?.url ?? '')).text()).toBe('abc');
    });
  },
  REQUIRED,
);

describe('what a signed URL says of the answer', () => {
  const options: MayflyOptions = {
    storage: { type: 'memoryfs', urlRoot: '/files' },
    purge: false,
    urls: { secrets: SECRETS },
  };

  it('is believed only of who can sign', async () => {
    const mayfly = createMayfly(options);
    const site = await Site.open(mayfly.handler());
    const ns = mayfly.getFilesystem('ns');
    await ns.write('a.bin', '<script>alert(1)</script>');
    const plain = await site.fetch('/files/ns/a.bin?type=text/html');
    expect(plain.headers.get('content-type')).toBe('application/octet-stream');
    const url = await ns.getUrl('a.bin', { contentType: 'text/html', download: 'ä.html' });
    const signed = await site.fetch(url);
    expect(signed.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(signed.headers.get('content-security-policy')).toBe('sandbox');
    expect(signed.headers.get('content-disposition')).toBe(
      `attachment; filename="_.html"; filename*=UTF-8''%C3%A4.html`,
    );
    await site.close();
    await mayfly.close();
  });

  it('is a media type, or nothing is signed', async () => {
    const mayfly = createMayfly(options);
    const ns = mayfly.getFilesystem('ns');
    for (const contentType of ['text/html\r\nX-Evil: 1', 'text', '', 'a/b;']) {
      await expect(ns.getUrl('a', { timeout: 1, contentType })).rejects.toThrow(TypeError);
    }
    await mayfly.close();
    const unsigned = createMayfly({ ...options, urls: undefined } as never);
    await expect(unsigned.getFilesystem('ns').getUrl('a', { contentType: 'text/plain' })).rejects.toThrow(
      Unsupported,
    );
    await unsigned.close();
  });

  it('holds after the secret was changed, until the old one is dropped', async () => {
    const next = 'the next secret of 32 bytes, for tests';
    const before = createMayfly(options);
    const url = await before.getFilesystem('ns').getUrl('a.txt', 60);
    await before.close();
    for (const [secrets, status] of [
      [[next, ...SECRETS], 200],
      [[next], 403],
    ] as const) {
      const mayfly = createMayfly({ ...options, urls: { secrets } });
      await mayfly.getFilesystem('ns').write('a.txt', 'a');
      const site = await Site.open(mayfly.handler());
      expect((await site.fetch(url)).status).toBe(status);
      await site.close();
      await mayfly.close();
    }
  });
});

describe('urls, as an option', () => {
  const storage = { type: 'memoryfs', urlRoot: '/files' } as const;

  it.each([
    [{ secrets: ['x'.repeat(31)] }, /urls\.secrets\.0 must have at least 32 bytes: make one with "openssl/],
    [{ secrets: [] }, /urls\.secrets must have one secret at least/],
    [{ secrets: [SECRETS[0], 5] }, /urls\.secrets\.1 must be a string/],
    [{ secrets: 'x'.repeat(32) }, /urls\.secrets must be a list of strings/],
    [{ required: true }, /urls\.secrets is required/],
    [{ secrets: SECRETS, required: 'yes' }, /urls\.required must be true or false/],
    [{ secrets: SECRETS, require: true }, /urls\.require is not a known option/],
    [true, /urls must be \{ secrets/],
  ])('of %j is refused, and no secret is told', (urls, message) => {
    const attempt = (): unknown => createMayfly({ storage, urls } as never);
    expect(attempt).toThrow(InvalidOptions);
    expect(attempt).toThrow(message);
    expect(attempt).not.toThrow(/xxxx/);
  });
});
