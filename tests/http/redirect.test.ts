import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import express from 'express';
import type { Mayfly, MayflyOptions, NamespaceFS, RouterOptions, S3FSStorage } from '../../src/index.js';
import { createMayfly } from '../../src/index.js';
import { BOUNDARY, FORM_TYPE, rawForm, Site } from '../support/http.js';
import type { TestMayfly } from '../support/mayflies.js';
import { openOnS3 } from '../support/mayflies.js';
import { describeS3, plainClient } from '../support/s3.js';

const DAY = 86_400;

interface Redirect {
  status: number;
  location: string;
  query: URLSearchParams;
  headers: Headers;
  maxAge: number;
}

describeS3('GET of a file on s3fs', () => {
  let tested: TestMayfly;
  let files: NamespaceFS;
  const sites: Site[] = [];

  beforeEach(async () => {
    tested = await openOnS3({ clock: Date.now });
    files = tested.mayfly.getFilesystem('ns');
  });
  afterEach(async () => {
    for (const site of sites.splice(0)) await site.close();
    await tested.cleanup();
  });

  async function serve(options?: RouterOptions, mayfly: Mayfly = tested.mayfly): Promise<Site> {
    const site = await Site.open(mayfly.handler(options));
    sites.push(site);
    return site;
  }

  async function follow(site: Site, path: string, init: RequestInit = {}): Promise<Redirect> {
    const { status, headers } = await site.fetch(path, { redirect: 'manual', ...init });
    const location = headers.get('location') ?? '';
    const query = location === '' ? new URLSearchParams() : new URL(location).searchParams;
    const maxAge = Number(/max-age=(\d+)/.exec(headers.get('cache-control') ?? '')?.[1] ?? Number.NaN);
    return { status, location, query, headers, maxAge };
  }

  /** Seconds that the URL works from now on. */
  function secondsLeft({ query }: Redirect): number {
    const signed = query.get('X-Amz-Date')?.replace(/^(....)(..)(..T..)(..)/, '$1-$2-$3:$4:') ?? '';
    return (Date.parse(signed) - Date.now()) / 1000 + Number(query.get('X-Amz-Expires'));
  }

  it('redirects to a presigned URL, privately cacheable for less than the URL works', async () => {
    await files.write('a b.txt', 'hello');
    const answer = await follow(await serve(), '/files/ns/a%20b.txt');
    expect(answer.status).toBe(302);
    expect(answer.headers.get('cache-control')).toMatch(/^private, max-age=\d+$/);
    expect(answer.query.get('X-Amz-Expires')).toBe('3600');
    expect(answer.maxAge).toBeGreaterThan(1000);
    expect(answer.maxAge).toBeLessThan(secondsLeft(answer));
    const response = await fetch(answer.location);
    expect(await response.text()).toBe('hello');
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  });

  it('gives the same URL in every process until it has half its life left', async () => {
    const others = createMayfly(tested.shared as MayflyOptions);
    const [one, two] = [await serve(), await serve({}, others)];
    const locations = [
      await follow(one, '/files/ns/f'),
      await follow(two, '/files/ns/f'),
      await follow(one, '/files/ns/f'),
    ];
    expect(new Set(locations.map(({ location }) => location)).size).toBe(1);
    for (const answer of locations) expect(secondsLeft(answer)).toBeGreaterThanOrEqual(1799);
    await others.close();
  });

  it('asks nobody whether there is a file: S3 says 404', async () => {
    const { status, location } = await follow(await serve(), '/files/ns/none');
    expect(status).toBe(302);
    expect((await fetch(location)).status).toBe(404);
  });

  it('redirects HEAD to a URL for HEAD', async () => {
    await files.write('f', 'hello');
    const { status, location } = await follow(await serve(), '/files/ns/f', { method: 'HEAD' });
    expect(status).toBe(302);
    const response = await fetch(location, { method: 'HEAD' });
    expect([response.status, response.headers.get('content-length')]).toEqual([200, '5']);
  });

  it('signs for as long as it is told', async () => {
    const answer = await follow(await serve({ presignSeconds: 100 }), '/files/ns/f');
    expect(answer.query.get('X-Amz-Expires')).toBe('100');
    expect(answer.maxAge).toBeLessThan(secondsLeft(answer));
  });

  it('never outlives the deadline of the file, nor lets a cache do so', async () => {
    await files.write('f', 'hello', { seconds: 120 });
    const deadline = (await files.getExpiration('f')) as Date;
    const answer = await follow(
      await serve({ cacheControl: 'public, max-age=31536000, immutable' }),
      '/files/ns/f',
    );
    expect(answer.headers.get('sunset')).toBe(deadline.toUTCString());
    expect(answer.maxAge).toBeLessThanOrEqual(120);
    expect(Date.now() / 1000 + secondsLeft(answer)).toBeLessThanOrEqual(deadline.getTime() / 1000);
    const { headers } = await fetch(answer.location);
    expect(headers.get('cache-control')).toBe('private, must-revalidate');
    expect(Date.parse(headers.get('expires') ?? '')).toBeLessThanOrEqual(deadline.getTime());
  });

  it('is 410 past the deadline and redirects after the purge, when S3 answers 404', async () => {
    const past = await openOnS3();
    const ns = past.mayfly.getFilesystem('ns');
    await ns.write('f', 'x', { seconds: 1 });
    past.clock.advance(1);
    const site = await serve({}, past.mayfly);
    expect((await follow(site, '/files/ns/f')).status).toBe(410);
    expect(await past.mayfly.expireObjects()).toMatchObject({ removed: 1, failed: 0 });
    const { status, location } = await follow(site, '/files/ns/f');
    expect([status, (await fetch(location)).status]).toEqual([302, 404]);
    await past.cleanup();
  });

  it.each([
    ['no-store', 'no-store'],
    ['public, max-age=60', 'private, max-age=60'],
    ['no-cache', 'private, max-age=0'],
  ])('keeps to the policy %s', async (cacheControl, expected) => {
    await files.write('f', 'x');
    const answer = await follow(await serve({ cacheControl }), '/files/ns/f');
    expect(answer.headers.get('cache-control')).toBe(expected);
    expect((await fetch(answer.location)).headers.get('cache-control')).toBe(cacheControl);
  });

  it.each(['page.html', 'image.svg', 'feed.xml', 'code.js'])(
    'makes %s an attachment unless trusted',
    async (name) => {
      await files.write(name, '<x/>');
      const { location } = await follow(await serve(), `/files/ns/${name}`);
      expect((await fetch(location)).headers.get('content-disposition')).toBe(
        `attachment; filename="${name}"`,
      );
      const trusted = await follow(await serve({ trusted: true }), `/files/ns/${name}`);
      expect((await fetch(trusted.location)).headers.get('content-disposition')).toBeNull();
      const direct = await files.getUrl(name, 60);
      expect((await fetch(direct)).headers.get('content-disposition')).toBe(`attachment; filename="${name}"`);
    },
  );

  it('does not take it from an upload that it is HTML, when its name says otherwise', async () => {
    const site = await serve();
    const body = rawForm([
      { disposition: 'name="f"; filename="cat.png"', type: 'text/html', body: '<script>' },
    ]);
    const stored = await site.fetch('/files/ns', {
      method: 'POST',
      headers: { 'Content-Type': FORM_TYPE },
      body: new Uint8Array(body),
    });
    expect(stored.status).toBe(201);
    const put = await site.fetch('/files/ns/dog.png', {
      method: 'PUT',
      headers: { 'Content-Type': 'image/svg+xml' },
      body: '<svg/>',
    });
    expect(put.status).toBe(201);
    for (const name of ['cat.png', 'dog.png']) {
      const { location } = await follow(site, `/files/ns/${name}`);
      expect((await fetch(location)).headers.get('content-type')).toBe('image/png');
    }
  });

  it('downloads under a name', async () => {
    await files.write('f.txt', 'x');
    const site = await serve();
    const dispositions = [];
    for (const url of [
      await files.getUrl('f.txt', { download: 'other ä.txt' }),
      await files.getUrl('f.txt', { download: true }),
    ]) {
      const { location } = await follow(site, url);
      dispositions.push((await fetch(location)).headers.get('content-disposition'));
    }
    expect(dispositions).toEqual([
      `attachment; filename="other _.txt"; filename*=UTF-8''other%20%C3%A4.txt`,
      'attachment; filename="f.txt"',
    ]);
  });

  it('is refused by the same rules as everywhere', async () => {
    const site = await serve({ authorize: (_request, { path }) => path !== 'secret', namespaces: ['ns'] });
    const statuses = [];
    for (const path of [
      '/files/ns/secret',
      '/files/ns/.hidden',
      '/files/other/f',
      '/files/ns/',
      '/files/ns/..%2f',
      '/files/ns/f',
    ]) {
      statuses.push((await follow(site, path)).status);
    }
    expect(statuses).toEqual([403, 404, 404, 404, 400, 302]);
  });

  it('works in Express, and with objects that other tools have written', async () => {
    const { storage } = tested.shared as { storage: { bucket: string; prefix: string } };
    const client = plainClient();
    await client.send(
      new PutObjectCommand({
        Bucket: storage.bucket,
        Key: `${storage.prefix}/ns/deep/er/f.txt`,
        Body: 'theirs',
      }),
    );
    client.destroy();
    const site = await Site.open(
      express().use(tested.mayfly.urlRoot, tested.mayfly.router({ allow: ['read', 'list'] })),
    );
    sites.push(site);
    expect(await (await site.fetch('/files/ns/deep/er/f.txt')).text()).toBe('theirs');
    const listing = await site.fetch('/files/ns/deep/', { headers: { Accept: 'application/json' } });
    expect(await listing.json()).toMatchObject({ entries: [{ name: 'er', isDir: true }], cursor: null });
  });
});

describeS3('getUrl on s3fs', () => {
  let tested: TestMayfly;
  let files: NamespaceFS;
  let bare: Mayfly;

  beforeEach(async () => {
    tested = await openOnS3({ clock: Date.now });
    files = tested.mayfly.getFilesystem('ns');
    const shared = tested.shared as MayflyOptions;
    const { urlRoot: _, ...storage } = shared.storage as S3FSStorage;
    bare = createMayfly({ ...shared, storage });
  });
  afterEach(async () => {
    await bare.close();
    await tested.cleanup();
  });

  function expiresOf(url: string): number {
    return Number(new URL(url).searchParams.get('X-Amz-Expires'));
  }

  it('is the URL of the router without a timeout, and a presigned one with', async () => {
    expect(await files.getUrl('a/ä b')).toBe('/files/ns/a/%C3%A4%20b');
    expect(await files.getUrl('a', 0)).toBe('/files/ns/a');
    expect(expiresOf(await files.getUrl('a', 90))).toBe(90);
    expect(expiresOf(await files.getUrl('a', { timeout: 89.5 }))).toBe(90);
    expect(expiresOf(await files.getUrl('a', 7 * DAY))).toBe(7 * DAY);
  });

  it('repeats, so that it can be cached', async () => {
    expect(await files.getUrl('a', DAY)).toBe(await bare.getFilesystem('ns').getUrl('a', DAY));
  });

  it.each([7 * DAY + 1, -1, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses a timeout of %d',
    async (timeout) => {
      await expect(files.getUrl('a', timeout)).rejects.toThrow(RangeError);
      await expect(bare.getFilesystem('ns').getUrl('a', timeout)).rejects.toThrow(RangeError);
    },
  );

  it('is presigned for a minute without a timeout where there is no urlRoot', async () => {
    expect(bare.urlRoot).toBe('/');
    expect(expiresOf(await bare.getFilesystem('ns').getUrl('a'))).toBe(60);
    expect(expiresOf(await bare.getFilesystem('ns').getUrl('a', 0))).toBe(60);
  });

  it('overrides type and name', async () => {
    await files.write('f', 'x');
    const { headers } = await fetch(
      await files.getUrl('f', { timeout: 60, contentType: 'text/plain', download: 'g.txt' }),
    );
    expect(headers.get('content-type')).toBe('text/plain');
    expect(headers.get('content-disposition')).toBe('attachment; filename="g.txt"');
  });

  it('ends with the deadline of the file, and is dead when that has passed', async () => {
    await files.write('f', 'x');
    await files.expire('f', 30);
    expect(expiresOf(await files.getUrl('f', DAY / 2))).toBeLessThanOrEqual(DAY / 2 / 10 + 30);
    await files.expire('f', 0);
    expect((await fetch(await files.getUrl('f', 60))).status).toBe(403);
  });

  it('is what an upload answers with', async () => {
    const site = await Site.open(tested.mayfly.handler());
    const body = new Uint8Array(rawForm([{ disposition: 'name="f"; filename="f.txt"', body: 'hello' }]));
    const response = await site.fetch('/files/ns?timeout=60', {
      method: 'POST',
      headers: { 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}` },
      body,
    });
    const {
      files: [stored],
    } = (await response.json()) as { files: { url: string }[] };
    expect(response.headers.get('location')).toBe(stored?.url);
    expect(await (await fetch(stored?.url ?? '')).text()).toBe('hello');
    await site.close();
  });
});
