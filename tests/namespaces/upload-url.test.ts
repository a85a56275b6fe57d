import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type {
  Expiration,
  FileKey,
  MayflyOptions,
  NamespaceFS,
  RouterOptions,
  UploadUrl,
} from '../../src/index.js';
import {
  createMayfly,
  FileExists,
  FileExpected,
  InvalidPath,
  MemoryFS,
  ReadOnlyFS,
  ResourceReadOnly,
  S3FS,
  SqliteExpirationStore,
  Unsupported,
} from '../../src/index.js';
import { Site } from '../support/http.js';
import type { TestMayfly } from '../support/mayflies.js';
import { openOnS3, STORAGES } from '../support/mayflies.js';
import { describeS3 } from '../support/s3.js';
import { PDF, PNG } from '../support/samples.js';

const SECRETS = ['one secret of 32 bytes, for tests only'];
const URLS: Partial<MayflyOptions> = { urls: { secrets: SECRETS } };

/** As a browser does it. */
async function send(
  base: string,
  { url, fields, method, headers }: UploadUrl,
  file: Blob,
  name = 'client.png',
  extra: Record<string, string> = {},
): Promise<Response> {
  const form = new FormData();
  for (const [field, value] of Object.entries({ ...fields, ...extra })) form.append(field, value);
  form.append('file', file, name);
  return fetch(new URL(url, base), { method, headers, body: form });
}

/** As the page on URLs shows it. */
async function sendAsShown(base: string, upload: UploadUrl, file: File): Promise<Response> {
  const page = await readFile(new URL('../../docs/URLS.md', import.meta.url), 'utf8');
  const [, code] = /<script type="module">\n(.*?)<\/script>/s.exec(page) ?? [];
  const AsyncFunction = (async () => undefined).constructor as FunctionConstructor;
  const shown = new AsyncFunction('fetch', 'input', `${code}\nreturn answer;`);
  const answer = (url: string, init?: RequestInit) =>
    init === undefined ? Response.json(upload) : fetch(new URL(url, base), init);
  return shown(answer, { files: [file] });
}

const png = new Blob([PNG], { type: 'image/png' });

/** Runs something right before a path is claimed. */
class Interrupted extends SqliteExpirationStore {
  meanwhile: (() => Promise<unknown>) | null = null;

  override async claim(token: string, keys: readonly FileKey[]): Promise<(Expiration | null)[] | null> {
    const work = this.meanwhile;
    this.meanwhile = null;
    await work?.();
    return super.claim(token, keys);
  }
}

async function names(fs: NamespaceFS): Promise<string[]> {
  const found: string[] = [];
  for await (const { isDir, path } of fs.scanTree('')) if (!isDir) found.push(path);
  return found.sort();
}

describe.each(STORAGES.filter(([name]) => name !== 's3fs'))(
  'getUploadUrl, served by the router, %s',
  (_name, open) => {
    let opened: TestMayfly;
    let ns: NamespaceFS;
    const sites: Site[] = [];

    const serve = async (options: RouterOptions = {}): Promise<Site> => {
      const site = await Site.open(opened.mayfly.handler({ authorize: () => false, ...options }));
      sites.push(site);
      return site;
    };

    beforeEach(async () => {
      opened = await open(URLS);
      ns = opened.mayfly.getFilesystem('ns');
    });

    afterEach(async () => {
      for (const site of sites.splice(0)) await site.close();
      await opened.cleanup();
    });

    it('takes one file, without asking authorize, under the name that was signed', async () => {
      const site = await serve();
      const upload = await ns.getUploadUrl('in/a b.png', { timeout: 60 });
      expect(upload).toMatchObject({ method: 'POST', fields: {}, headers: {} });
      const answer = await send(site.url(''), upload, png);
      expect(answer.status).toBe(201);
      expect(await answer.json()).toMatchObject({ files: [{ path: 'in/a b.png', size: PNG.length }] });
      expect(Buffer.compare(Buffer.from(await ns.readBytes('in/a b.png')), PNG)).toBe(0);
    });

    it('takes a file under its own name into a directory, and nowhere else', async () => {
      const site = await serve();
      const upload = await ns.getUploadUrl('in/');
      expect((await send(site.url(''), upload, png, 'mine.png')).status).toBe(201);
      expect((await send(site.url(''), upload, png, '../out.png')).status).toBe(201);
      expect(await names(ns)).toEqual(['in/mine.png', 'in/out.png']);
      const root = await ns.getUploadUrl('');
      expect((await send(site.url(''), root, png, 'r.png')).status).toBe(201);
      const elsewhere = { ...upload, url: upload.url.replace('/in?', '/other?') };
      expect(elsewhere.url).not.toBe(upload.url);
      expect((await send(site.url(''), elsewhere, png)).status).toBe(403);
      expect(await names(ns)).toEqual(['in/mine.png', 'in/out.png', 'r.png']);
    });

    it('is refused once past or altered, and for anything else than uploading', async () => {
      const site = await serve({ allow: ['read', 'list', 'upload', 'replace', 'remove', 'expire'] });
      await ns.write('in/old.png', 'old');
      const options = {
        timeout: 60,
        maxBytes: 100,
        accept: ['image/*'],
        seconds: 90,
        onConflict: 'fail',
      } as const;
      const upload = await ns.getUploadUrl('in/a.png', options);
      const altered = [
        upload.url.replace('maxBytes=100', 'maxBytes=101'),
        upload.url.replace('image%2F%2A', '%2A%2F%2A'),
        upload.url.replace('onConflict=fail', 'onConflict=replace'),
        upload.url.replace('filename=a.png', 'filename=old.png'),
        upload.url.replace(/until=(\d)/, 'until=9$1'),
        upload.url.replace(/expires=(\d)/, 'expires=9$1'),
        upload.url.replace(/maxBytes=100&/, ''),
        `${upload.url}&seconds=999999`,
        `${upload.url}&days=9`,
        `${upload.url}&filename=b.png`,
        `${upload.url}&onConflict=replace`,
      ];
      for (const url of altered) {
        expect(url).not.toBe(upload.url);
        expect([url, (await send(site.url(''), { ...upload, url }, png)).status]).toEqual([url, 403]);
      }
      const query = upload.url.split('?')[1];
      for (const [method, path] of [
        ['GET', '/files/ns/in/old.png'],
        ['GET', '/files/ns/in'],
        ['PUT', '/files/ns/in/a.png'],
        ['PUT', '/files/ns/in'],
        ['DELETE', '/files/ns/in/old.png'],
      ] as const) {
        const answer = await site.fetch(`${path}?${query}`, {
          method,
          headers: { Accept: 'application/json' },
          ...(method === 'PUT' ? { body: 'x' } : {}),
        });
        expect([method, path, answer.status]).toEqual([method, path, 403]);
      }
      opened.clock.advance(60);
      expect((await send(site.url(''), upload, png)).status).toBe(403);
      expect(await names(ns)).toEqual(['in/old.png']);
    });

    it('holds the upload to what was signed, and to the rules of the router', async () => {
      const site = await serve({ maxFileSize: 2 * PNG.length, accept: ['image/*', 'application/pdf'] });
      const exact = await ns.getUploadUrl('exact.png', { maxBytes: PNG.length, accept: ['image/png'] });
      expect((await send(site.url(''), exact, png)).status).toBe(201);
      const short = await ns.getUploadUrl('short.png', { maxBytes: PNG.length - 1 });
      expect((await send(site.url(''), short, png)).status).toBe(413);
      const wide = await ns.getUploadUrl('wide', { maxBytes: 10 ** 9, accept: ['*/*'] });
      expect((await send(site.url(''), wide, new Blob([PNG, PNG, 'x']))).status).toBe(413);
      expect((await send(site.url(''), wide, new Blob(['text']))).status).toBe(415);
      const images = await ns.getUploadUrl('images', { accept: ['image/*'] });
      expect((await send(site.url(''), images, new Blob([PDF], { type: 'image/png' }))).status).toBe(415);
      expect(await names(ns)).toEqual(['exact.png']);
    });

    it('takes no fields that would change what was signed, and no second file', async () => {
      const site = await serve();
      const upload = await ns.getUploadUrl('in/a.png');
      for (const field of ['seconds', 'days', 'filename', 'timeout']) {
        const answer = await send(site.url(''), upload, png, 'a', { [field]: '5' });
        expect([field, answer.status]).toEqual([field, 400]);
      }
      expect((await send(site.url(''), upload, png, 'a', { comment: 'hello' })).status).toBe(201);
      const form = new FormData();
      form.append('file', png, 'b');
      form.append('file', png, 'c');
      expect(
        (await site.fetch((await ns.getUploadUrl('two/')).url, { method: 'POST', body: form })).status,
      ).toBe(413);
      expect(await names(ns)).toEqual(['in/a.png']);
    });

    it('gives the file the deadline of the moment at which it was made, and ends with it', async () => {
      const site = await serve();
      const deadline = new Date(opened.clock.now + 3_600_000);
      const upload = await ns.getUploadUrl('a.png', { seconds: 1800, days: 1 / 48, timeout: 9999 });
      expect(Number(new URLSearchParams(upload.url.split('?')[1]).get('expires')) * 1000).toBe(
        deadline.getTime(),
      );
      opened.clock.advance(600);
      expect(await (await send(site.url(''), upload, png)).json()).toMatchObject({
        files: [{ expires: deadline.toISOString() }],
      });
      expect(await ns.getExpiration('a.png')).toEqual(deadline);
    });

    it('does with a file of its name what was signed', async () => {
      const site = await serve({ allow: ['upload', 'replace'] });
      await ns.write('a.png', 'old');
      const fail = await ns.getUploadUrl('a.png', { onConflict: 'fail' });
      expect(fail.path).toBe('a.png');
      expect((await send(site.url(''), fail, png)).status).toBe(409);
      const rename = await ns.getUploadUrl('a.png');
      expect(rename.path).toBeNull();
      expect((await send(site.url(''), rename, png)).status).toBe(201);
      expect(await names(ns)).toEqual(['a-1.png', 'a.png']);
      expect(await ns.readText('a.png')).toBe('old');
      const replace = await ns.getUploadUrl('a.png', { onConflict: 'replace' });
      expect((await send(site.url(''), replace, png)).status).toBe(201);
      expect(await ns.getSize('a.png')).toBe(PNG.length);
      const uploadsOnly = await serve({ allow: ['upload'] });
      expect((await send(uploadsOnly.url(''), replace, png)).status).toBe(405);
    });

    it('works in a directory that was opened as a filesystem', async () => {
      const site = await serve();
      await ns.makeDirs('a/b');
      const inner = await ns.openDir('a');
      const upload = await inner.getUploadUrl('b/c.png', { onConflict: 'fail' });
      expect(upload.path).toBe('b/c.png');
      expect((await send(site.url(''), upload, png)).status).toBe(201);
      expect(await names(ns)).toEqual(['a/b/c.png']);
    });

    it('takes what a page sends as docs/URLS.md shows it', async () => {
      const site = await serve();
      const upload = await ns.getUploadUrl('in/', { accept: ['image/*'] });
      const file = new File([PNG], 'a.png', { type: 'image/png' });
      expect((await sendAsShown(site.url(''), upload, file)).status).toBe(201);
      expect(await names(ns)).toEqual(['in/a.png']);
    });

    it.each([
      [{ timeout: 0 }, RangeError],
      [{ timeout: -1 }, RangeError],
      [{ timeout: Number.NaN }, RangeError],
      [{ maxBytes: -1 }, RangeError],
      [{ maxBytes: 1.5 }, RangeError],
      [{ seconds: -1 }, RangeError],
      [{ days: '1' }, TypeError],
      [{ accept: [] }, TypeError],
      [{ accept: ['image'] }, TypeError],
      [{ onConflict: 'overwrite' }, TypeError],
    ])('refuses %j', async (options, refusal) => {
      await expect(ns.getUploadUrl('a', options as never)).rejects.toThrow(refusal);
    });
  },
);

it('getUploadUrl wants a secret', async () => {
  const mayfly = createMayfly({ storage: { type: 'memoryfs', urlRoot: '/files' }, purge: false });
  await expect(mayfly.getFilesystem('ns').getUploadUrl('a')).rejects.toThrow(Unsupported);
  await mayfly.close();
});

describeS3('getUploadUrl, answered by S3', () => {
  let opened: TestMayfly;
  let ns: NamespaceFS;

  beforeEach(async () => {
    opened = await openOnS3({ clock: Date.now });
    ns = opened.mayfly.getFilesystem('ns');
  });

  afterEach(() => opened.cleanup());

  const status = async (upload: UploadUrl, file: Blob, extra?: Record<string, string>): Promise<number> =>
    (await send(upload.url, upload, file, 'client', extra)).status;

  it('takes a file where it was signed for, of the type of its name', async () => {
    const upload = await ns.getUploadUrl('in/ä b.png', { timeout: 60 });
    expect(upload).toMatchObject({ path: 'in/ä b.png', method: 'POST' });
    expect(await status(upload, png)).toBe(201);
    const got = await fetch(await ns.getUrl('in/ä b.png', 60));
    expect(got.headers.get('content-type')).toBe('image/png');
    expect(Buffer.compare(Buffer.from(await got.arrayBuffer()), PNG)).toBe(0);
    expect((await ns.getInfo('in/ä b.png')).contentType).toBeUndefined(); // It is that of its name.
  });

  it('holds it to its size and type', async () => {
    const upload = await ns.getUploadUrl('a.png', { maxBytes: PNG.length });
    expect(await status(upload, new Blob([PNG, 'x']))).toBe(400);
    expect(await status({ ...upload, fields: { ...upload.fields, 'Content-Type': 'text/html' } }, png)).toBe(
      403,
    );
    expect(await status({ ...upload, fields: { ...upload.fields, key: `${upload.fields.key}x` } }, png)).toBe(
      403,
    );
    const anyImage = await ns.getUploadUrl('in/', { accept: ['image/*'] });
    expect(await status(anyImage, png, { 'Content-Type': 'text/html' })).toBe(403);
    expect(await names(ns)).toEqual([]);
    expect(await status(anyImage, png, { 'Content-Type': 'image/png' })).toBe(201);
    expect(await status(upload, png)).toBe(201);
    expect(await names(ns)).toEqual([upload.path, anyImage.path].sort());
  });

  it('takes what a page sends as docs/URLS.md shows it', async () => {
    const file = new File([PNG], 'a.png', { type: 'image/png' });
    for (const accept of [['image/*'], ['*/*']]) {
      const upload = await ns.getUploadUrl('in/', { accept });
      expect((await sendAsShown(upload.url, upload, file)).status).toBe(201);
      expect(await ns.getSize(upload.path as string)).toBe(PNG.length);
    }
  });

  it('has its deadline recorded before there is a file, and ends with it', async () => {
    const upload = await ns.getUploadUrl('a.png', { seconds: 30, timeout: 600 });
    const deadline = await ns.getExpiration('a.png');
    expect(deadline).not.toBeNull();
    const policy = JSON.parse(Buffer.from(upload.fields.Policy ?? '', 'base64').toString()) as {
      expiration: string;
    };
    expect(Date.parse(policy.expiration)).toBeLessThanOrEqual((deadline as Date).getTime());
    expect(await status(upload, png)).toBe(201);
    expect(await ns.getExpiration('a.png')).toEqual(deadline);
  });

  it('looks at what is there as the URL is made', async () => {
    await ns.write('a.png', 'old');
    await ns.makeDir('dir');
    await ns.write('dir/x', 'x');
    await expect(ns.getUploadUrl('a.png', { onConflict: 'fail' })).rejects.toThrow(FileExists);
    await expect(ns.getUploadUrl('dir', { onConflict: 'replace' })).rejects.toThrow(FileExpected);
    const other = await ns.getUploadUrl('a.png', { seconds: 60 });
    expect(other.path).toMatch(/^a-[\da-f]{8}\.png$/);
    expect(await ns.getExpiration('a.png')).toBeNull();
    const replace = await ns.getUploadUrl('a.png', { onConflict: 'replace' });
    expect(await status(replace, png)).toBe(201);
    expect(await ns.getSize('a.png')).toBe(PNG.length);
  });

  it.each(['fail', 'rename'] as const)(
    'with onConflict %s gives no deadline to a file that has come since the look',
    async (onConflict) => {
      const shared = opened.shared as MayflyOptions;
      const store = new Interrupted((shared.expirations as { path: string }).path);
      const mayfly = createMayfly({ ...shared, expirations: { store } });
      store.meanwhile = () => ns.write('a.png', 'permanent');
      const made = mayfly.getFilesystem('ns').getUploadUrl('a.png', { seconds: 60, onConflict });
      if (onConflict === 'fail') await expect(made).rejects.toThrow(FileExists);
      else expect((await made).path).toMatch(/^a-[\da-f]{8}\.png$/);
      expect(await ns.readText('a.png')).toBe('permanent');
      expect(await ns.getExpiration('a.png')).toBeNull();
      await mayfly.close();
      await store.close();
    },
  );

  it('says what S3 can not do', async () => {
    await expect(ns.getUploadUrl('in/', { accept: ['image/png', 'image/jpeg'] })).rejects.toThrow(
      Unsupported,
    );
    const named = await ns.getUploadUrl('a.png', { accept: ['image/jpeg', 'image/png'] });
    expect(named.fields['Content-Type']).toBe('image/png');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what S3 looks for.
    await expect(ns.getUploadUrl('a/${filename}')).rejects.toThrow(InvalidPath);
    await expect(ns.getUploadUrl('a', { timeout: 604_801 })).rejects.toThrow(RangeError);
  });
});

it('is refused where nothing can be written, by the router and by S3', async () => {
  const bucket = new S3FS({
    bucket: 'b',
    endpoint: 'http://127.0.0.1:9',
    awsAccessKeyId: 'a',
    awsSecretAccessKey: 'b',
  });
  for (const inner of [new MemoryFS(), bucket]) {
    const storage = { filesystem: new ReadOnlyFS(inner), urlRoot: '/files' };
    const mayfly = createMayfly({ storage, purge: false, ...URLS });
    await expect(mayfly.getFilesystem('ns').getUploadUrl('f')).rejects.toThrow(ResourceReadOnly);
    await mayfly.close();
    await inner.close();
  }
});
