/** The name that a file had when it was sent, where it is stored under another. */
import { afterEach, expect, it } from '@jest/globals';
import type { RouterOptions } from '../../src/index.js';
import { encodeSegment } from '../../src/path/percent-encoding.js';
import { FORM_TYPE, rawForm, Site } from '../support/http.js';
import { describeServed, EVERYTHING } from '../support/http-mayfly.js';
import { openOnS3 } from '../support/mayflies.js';
import { describeS3 } from '../support/s3.js';

async function upload(site: Site, path: string, names: readonly string[], type = ''): Promise<string[]> {
  const form = rawForm(
    names.map((name) => ({
      disposition: `name="f"; filename*=UTF-8''${encodeSegment(name)}`,
      type: type === '' ? 'text/plain' : type,
      body: name,
    })),
  );
  const answer = await site.fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': FORM_TYPE },
    body: form,
  });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { files: { url: string }[] }).files.map(({ url }) => url);
}

async function disposition(site: Site, url: string): Promise<string | null> {
  const answer = await site.fetch(url);
  await answer.arrayBuffer();
  expect(answer.status).toBe(200);
  return answer.headers.get('Content-Disposition');
}

describeServed('the name that an upload had', (served) => {
  const serve = (options: RouterOptions = {}): Promise<Site> => served().serve({ ...EVERYTHING, ...options });

  it('is not told where the file has it', async () => {
    const site = await serve();
    const [url = ''] = await upload(site, '/files/ns', ['a.txt']);
    expect(await disposition(site, url)).toBeNull();
    expect(await disposition(site, `${url}?download`)).toBe('attachment; filename="a.txt"');
  });

  it('is told where another file had it before', async () => {
    const site = await serve();
    const urls = await upload(site, '/files/ns', ['naïve.txt', 'naïve.txt']);
    expect(urls).toEqual(['/files/ns/na%C3%AFve.txt', '/files/ns/na%C3%AFve-1.txt']);
    const told = `filename="na_ve.txt"; filename*=UTF-8''na%C3%AFve.txt`;
    expect(await disposition(site, urls[0] ?? '')).toBeNull();
    for (let i = 0; i < 2; i++) expect(await disposition(site, urls[1] ?? '')).toBe(`inline; ${told}`);
    expect(await disposition(site, `${urls[1]}?download`)).toBe(`attachment; ${told}`);
    expect(await disposition(site, `${urls[1]}?download=b.txt`)).toBe('attachment; filename="b.txt"');
    const head = await site.fetch(urls[1] ?? '', { method: 'HEAD' });
    expect(head.headers.get('Content-Disposition')).toBe(`inline; ${told}`);
  });

  it('is told where the file could not be stored under it', async () => {
    const site = await serve();
    const [url = ''] = await upload(site, '/files/ns', ['.profile']);
    expect(url).toMatch(/^\/files\/ns\/[\da-f]{24}\.profile$/);
    expect(await disposition(site, url)).toBe('inline; filename=".profile"');
  });

  it.each(['..', '/', '\u202e', '\r\n'])('is none where %j is all there was of it', async (name) => {
    const site = await serve();
    const [url = ''] = await upload(site, '/files/ns', [name]);
    expect(await disposition(site, url)).toBeNull();
  });

  it('is told of what was copied and moved, and not of what replaced it', async () => {
    const site = await serve();
    const [, url = ''] = await upload(site, '/files/ns', ['a.txt', 'a.txt']);
    const { ns } = served();
    await ns.copy('a-1.txt', 'dir/copy.txt');
    await ns.move('a-1.txt', 'moved.txt');
    for (const path of ['dir/copy.txt', 'moved.txt']) {
      expect(await disposition(site, `/files/ns/${path}`)).toBe('inline; filename="a.txt"');
      expect((await ns.getInfo(path)).filename).toBe('a.txt');
    }
    await site.fetch(url, { method: 'PUT', body: 'a.txt' });
    expect(await disposition(site, url)).toBeNull();
    await site.fetch('/files/ns/moved.txt', { method: 'PUT', body: 'a.txt' });
    expect(await disposition(site, '/files/ns/moved.txt')).toBeNull();
  });

  it('is one field, whatever it is', async () => {
    const site = await serve();
    const names = ['a"; x="y.txt', "a%41X: y'.txt", 'a\\b;c  d.txt', '=?utf-8?q?a?=.txt', '𝒳\u2028.txt'];
    for (const name of names) {
      const [, url = ''] = await upload(site, '/files/ns', [name, name]);
      const field = (await disposition(site, url)) ?? '';
      expect(field).toMatch(/^inline; filename="[ !#$&-[\]-~]*"(?:; filename\*=UTF-8''[\w.~%-]+)?$/);
      const [, encoded] = /UTF-8''(.*)$/.exec(field) ?? [];
      const [, plain] = /filename="(.*?)"/.exec(field) ?? [];
      expect(encoded === undefined ? plain : decodeURIComponent(encoded)).toBe(name.replace(/^.*\\/, ''));
    }
  });
});

describeS3('the name that an upload had, on S3 itself', () => {
  const cleanUps: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  it('is told by S3, and active content stays an attachment', async () => {
    const { mayfly, cleanup } = await openOnS3({ clock: Date.now });
    cleanUps.push(cleanup);
    const site = await Site.open(mayfly.handler());
    cleanUps.push(() => site.close());
    const [, text = ''] = await upload(site, '/files/ns', ['ü.txt', 'ü.txt']);
    const [, page = ''] = await upload(site, '/files/ns', ['p.html', 'p.html'], 'text/html');
    expect(await disposition(site, text)).toBe(`inline; filename="_.txt"; filename*=UTF-8''%C3%BC.txt`);
    expect(await disposition(site, `${text}?download`)).toBe(
      `attachment; filename="_.txt"; filename*=UTF-8''%C3%BC.txt`,
    );
    expect(await disposition(site, page)).toBe('attachment; filename="p-1.html"');
    expect(await disposition(site, `${page}?download`)).toBe('attachment; filename="p.html"');
    const gone = await site.fetch('/files/ns/none.txt?download', { redirect: 'manual' });
    expect(gone.status).toBe(302);
  });
});
