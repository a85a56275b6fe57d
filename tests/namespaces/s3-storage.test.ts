/** A whole mayfly on S3: what it asks of S3, and what it does when S3 is not there. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Mayfly, MayflyOptions, NamespaceFS, S3FSStorage } from '../../src/index.js';
import { createMayfly, PermissionDenied, RemoteConnectionError } from '../../src/index.js';
import { expectError } from '../support/expect-error.js';
import { FORM_TYPE, rawForm, Site } from '../support/http.js';
import { FakeClock } from '../support/mayflies.js';
import { describeS3, newBucket, optionsFor, plainClient } from '../support/s3.js';
import { S3Proxy } from '../support/s3-proxy.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const DAY = 86_400;

describeS3('a mayfly on S3', () => {
  let bucket = '';
  let proxy: S3Proxy;
  let directory: { path: string; remove: () => Promise<void> };
  let clock: FakeClock;
  let options: MayflyOptions;
  let mayfly: Mayfly;
  let files: NamespaceFS;
  const mayflies: Mayfly[] = [];
  const sites: Site[] = [];

  beforeEach(async () => {
    bucket = await newBucket();
    proxy = await S3Proxy.open();
    directory = await temporaryDirectory();
    clock = new FakeClock();
    options = {
      storage: {
        type: 's3fs',
        ...optionsFor(bucket, { endpoint: proxy.endpoint, prefix: '/pyfs/' }),
        urlRoot: '/files',
      },
      expirations: { type: 'sqlite', path: join(directory.path, 'expirations.db') },
      purge: false,
      clock: clock.read,
    };
    mayfly = open();
    files = mayfly.getFilesystem('ns');
    await mayfly.ready();
    proxy.calls();
  });

  afterEach(async () => {
    for (const site of sites.splice(0)) await site.close();
    for (const opened of mayflies.splice(0)) await opened.close();
    await proxy.close();
    await directory.remove();
  });

  function open(storage: Partial<S3FSStorage> = {}): Mayfly {
    const opened = createMayfly({ ...options, storage: { ...(options.storage as S3FSStorage), ...storage } });
    mayflies.push(opened);
    return opened;
  }

  async function serve(): Promise<Site> {
    const site = await Site.open(
      mayfly.handler({ allow: ['read', 'list', 'upload', 'replace', 'remove', 'expire'], delivery: 'proxy' }),
    );
    sites.push(site);
    return site;
  }

  it('begins the keys of a namespace with prefix and name, whatever slashes the prefix has', async () => {
    await files.write('a/b.txt', 'x');
    const client = plainClient();
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'pyfs/ns/a/b.txt' }));
    client.destroy();
    expect(await files.exists('a/b.txt')).toBe(false);
  });

  it.each<[string, string[], () => Promise<unknown>]>([
    ['a write', ['LIST', 'PUT'], () => files.write('new', 'x')],
    ['a write in a directory that is there', ['LIST', 'LIST', 'PUT'], () => files.write('d/new', 'x')],
    [
      'a write with a deadline on a free path',
      ['HEAD', 'LIST', 'LIST', 'PUT'],
      () => files.write('new', 'x', { seconds: 60 }),
    ],
    ['a write that must not replace', ['LIST', 'PUT'], () => files.write('new', 'x', { overwrite: false })],
    ['expire', ['HEAD'], () => files.expire('d/f', 60)],
    ['expire of what is not there', ['HEAD'], () => files.expire('none', 60)],
    ['getUrl', [], () => files.getUrl('d/f', 60)],
    ['a removal', ['DELETE', 'HEAD'], () => files.remove('d/f')],
    ['a read', ['GET'], () => files.readBytes('d/f')],
  ])('%s asks S3 for %j', async (_name, expected, operation) => {
    await files.write('d/f', 'x');
    await files.exists('none'); // The storage was seen to be there within the last second.
    proxy.calls();
    await operation();
    expect(proxy.calls().sort()).toEqual(expected);
  });

  it('purges with one deletion for a thousand files, however they got their deadline', async () => {
    const names = Array.from({ length: 1050 }, (_, i) => `f${i}`);
    const left = names.values();
    const writer = async (): Promise<void> => {
      for (const name of left) {
        if (Number(name.slice(1)) % 2 === 0) {
          await files.write(name, 'x', { seconds: 60 });
          continue;
        }
        await files.write(name, 'x');
        await files.expire(name, 60);
      }
    };
    await Promise.all(Array.from({ length: 16 }, writer));
    clock.advance(60);
    proxy.calls();
    expect(await mayfly.expireObjects()).toMatchObject({ removed: 1050, missing: 0, failed: 0, kept: 0 });
    const calls = proxy.calls();
    expect(calls.filter((call) => call === 'DELETE MANY')).toHaveLength(2);
    expect(calls.length).toBeLessThanOrEqual(6);
    expect(await files.listDir('')).toEqual([]);
  });

  it('counts as missing what was never there, and removes what came later by other ways', async () => {
    await files.expire('never', 60);
    await files.expire('later', 60);
    await mayfly.getFilesystem('ns').write('directory/f', 'x');
    await files.expire('directory', 60);
    await open().getFilesystem('ns').write('later', 'x');
    clock.advance(60);
    expect(await mayfly.expireObjects()).toMatchObject({
      removed: 1,
      missing: 1,
      failed: 1,
      failures: [{ namespace: 'ns', path: 'directory', error: { code: 'FileExpected' } }],
    });
    expect(await files.exists('later')).toBe(false);
    expect(await files.exists('directory/f')).toBe(true);
  });

  it('sweeps uploads that are a day old with the purge', async () => {
    const staged = await files.stage('large', Buffer.alloc(9 * 1024 ** 2), { final: true });
    clock.now = Date.now();
    await mayfly.expireObjects();
    expect(proxy.calls()).not.toContain('ABORT UPLOAD');
    clock.advance(DAY + 60);
    await mayfly.expireObjects();
    expect(proxy.calls()).toContain('ABORT UPLOAD');
    await expectError(staged.publish('large'), RemoteConnectionError).catch(() => undefined);
    expect(await files.exists('large')).toBe(false);
  });

  it('answers 503 while S3 is away, keeps every row, and works when S3 is back', async () => {
    await files.write('f', 'content', { seconds: 60 });
    const site = await serve();
    const form = new Uint8Array(rawForm([{ disposition: 'name="f"; filename="up.txt"', body: 'hello' }]));
    const attempts = (): Promise<Response>[] => [
      site.fetch('/files/ns/f'),
      site.fetch('/files/ns/none'),
      site.fetch('/files/ns/', { headers: { Accept: 'application/json' } }),
      site.fetch('/files/ns', { method: 'POST', headers: { 'Content-Type': FORM_TYPE }, body: form }),
      site.fetch('/files/ns/put', { method: 'PUT', body: 'hello' }),
      site.fetch('/files/ns/f', { method: 'DELETE' }),
    ];
    await proxy.stop();
    for (const attempt of attempts()) {
      const response = await attempt;
      expect(response.status).toBe(503);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await response.text()).not.toMatch(new RegExp(`${bucket}|127\\.0\\.0\\.1|pyfs`));
    }
    clock.advance(60);
    await expectError(mayfly.expireObjects(), RemoteConnectionError);
    await expectError(mayfly.ready(), RemoteConnectionError);
    clock.advance(-30);
    await proxy.start();
    const statuses = [];
    for (const attempt of attempts()) statuses.push((await attempt).status);
    expect(statuses).toEqual([200, 404, 200, 201, 201, 204]);
    await files.write('g', 'x', { seconds: 20 });
    clock.advance(20);
    expect(await mayfly.expireObjects()).toMatchObject({ removed: 1, missing: 0 });
  });

  it('rejects a purge whose deletions fail, and does them when S3 is well again', async () => {
    await files.write('f', 'x', { seconds: 60 });
    await files.expire('ghost', 60);
    clock.advance(60);
    proxy.fault = ({ call }) => (call === 'DELETE MANY' ? { status: 503, code: 'SlowDown' } : null);
    const report = await mayfly.expireObjects();
    expect(report).toMatchObject({ removed: 0, failed: 1, missing: 1 });
    proxy.fault = () => null;
    expect(await mayfly.expireObjects()).toMatchObject({ removed: 1, failed: 0, missing: 0 });
  });

  it.each<[string, () => Promise<Mayfly>, typeof RemoteConnectionError | typeof PermissionDenied]>([
    ['another prefix', async () => open({ prefix: 'other' }), RemoteConnectionError],
    ['another bucket', async () => open({ bucket: await newBucket() }), RemoteConnectionError],
    ['a bucket that is missing', async () => open({ bucket: `none-${randomUUID()}` }), RemoteConnectionError],
    ['refused credentials', async () => open({ awsSecretAccessKey: 'wrong' }), PermissionDenied],
  ])('drops no row for %s', async (_name, other, expected) => {
    await files.write('f', 'x', { seconds: 60 });
    clock.advance(60);
    const wrong = await other();
    await expectError(wrong.expireObjects(), expected);
    await expectError(wrong.getFilesystem('ns').write('f', 'y'), expected);
    await expectError(wrong.getFilesystem('ns').getInfo('f'), expected);
    expect(await mayfly.expireObjects()).toMatchObject({ removed: 1, missing: 0, failed: 0 });
  });

  it.each(['reset', 'reset-after', 'truncate'] as const)(
    'never tells stored what is not whole: %s',
    async (fault) => {
      const site = await serve();
      let requests = 0;
      // Every third request to S3 goes wrong.
      proxy.fault = () => (requests++ % 3 === 2 ? fault : null);
      const stored: string[] = [];
      for (let i = 0; i < 12; i++) {
        const body = `content ${i} `.repeat(1000);
        const response = await site.fetch(`/files/ns/f${i}?seconds=60`, { method: 'PUT', body });
        if (response.status === 201) stored.push(`f${i}`);
        else expect([500, 503]).toContain(response.status);
      }
      proxy.fault = () => null;
      expect(stored.length).toBeGreaterThan(0);
      for (const name of stored) {
        expect(await files.readText(name)).toBe(`content ${name.slice(1)} `.repeat(1000));
        expect(await files.getExpiration(name)).not.toBeNull();
      }
    },
  );
});
