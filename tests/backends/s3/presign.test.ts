import { randomUUID } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { termOf } from '../../../src/backends/s3/presign.js';
import { InvalidPath, PermissionDenied, S3FS } from '../../../src/index.js';
import { expectError } from '../../support/expect-error.js';
import { describeS3, newBucket, optionsFor } from '../../support/s3.js';

const NOW = Date.UTC(2026, 10, 24, 12, 0, 0, 700);

describe('the term of a presigned URL', () => {
  it('begins at the current second when there is no window', () => {
    expect(termOf('k', { expiresIn: 60 }, undefined, NOW)).toEqual({
      signedAt: NOW - 700,
      seconds: 60,
      expiresAt: NOW - 700 + 60_000,
    });
  });

  it('is the same for the whole of a window, and begins less than that ago', () => {
    const window = fc.integer({ min: 1, max: 400_000 });
    const key = fc.string({ unit: 'grapheme' });
    const now = fc.integer({ min: NOW, max: NOW + 10 ** 10 });
    fc.assert(
      fc.property(key, window, now, (k, seconds, at) => {
        const options = { expiresIn: 604_800, window: seconds };
        const term = termOf(k, options, undefined, at);
        expect(at - term.signedAt).toBeGreaterThanOrEqual(0);
        expect(at - term.signedAt).toBeLessThan(seconds * 1000);
        expect(termOf(k, options, undefined, term.signedAt)).toEqual(term);
        expect(termOf(k, options, undefined, term.signedAt + seconds * 1000 - 1)).toEqual(term);
        expect(termOf(k, options, undefined, term.signedAt + seconds * 1000)).not.toEqual(term);
      }),
    );
  });

  it('leaves a short life whole, at whatever part of a second it is asked for', () => {
    const asked = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(asked, fc.integer({ min: NOW, max: NOW + 10 ** 6 }), (expiresIn, at) => {
        const { expiresAt } = termOf('k', { expiresIn, window: Math.max(1, expiresIn / 10) }, undefined, at);
        expect(expiresAt - at).toBeGreaterThanOrEqual(expiresIn * 1000);
        expect(expiresAt - at).toBeLessThanOrEqual((expiresIn + 1) * 1000);
      }),
    );
  });

  it('begins its windows at other moments for other keys', () => {
    const begins = ['a', 'b', 'c', 'd'].map(
      (k) => termOf(k, { expiresIn: 3600, window: 1800 }, undefined, NOW).signedAt,
    );
    expect(new Set(begins).size).toBeGreaterThan(1);
  });

  it.each<[string, number | undefined, Date | undefined]>([
    ['a limit', NOW + 10_000, undefined],
    ['the credentials', undefined, new Date(NOW + 10_000)],
    ['the earlier of both', NOW + 90_000, new Date(NOW + 10_000)],
  ])('ends no later than %s', (_what, notAfter, expiration) => {
    const options = { expiresIn: 60, window: 30, ...(notAfter === undefined ? {} : { notAfter }) };
    const { expiresAt, signedAt, seconds } = termOf('k', options, expiration, NOW);
    expect(expiresAt).toBe(NOW + 10_000 - 700);
    expect(signedAt + seconds * 1000).toBe(expiresAt);
  });

  it('is over already when its limit has passed', () => {
    const { expiresAt, seconds } = termOf('k', { expiresIn: 60, notAfter: NOW - 5000 }, undefined, NOW);
    expect(seconds).toBe(1);
    expect(expiresAt).toBeLessThanOrEqual(NOW - 5000);
  });

  it('is at most what S3 takes', () => {
    expect(termOf('k', { expiresIn: 10 ** 9 }, undefined, NOW).seconds).toBe(604_800);
  });
});

describe('where a bucket is', () => {
  it.each([
    [
      'a bucket that can be a host',
      { bucket: 'plain', region: 'eu-central-1' },
      'https://plain.s3.eu-central-1.amazonaws.com/p/f',
    ],
    [
      'a bucket that can not',
      { bucket: 'with_underscore', region: 'me-south-1' },
      'https://s3.me-south-1.amazonaws.com/with_underscore/p/f',
    ],
    [
      'path style',
      { bucket: 'plain', region: 'us-east-1', forcePathStyle: true },
      'https://s3.us-east-1.amazonaws.com/plain/p/f',
    ],
    [
      'another server',
      { bucket: 'plain', endpoint: 'http://localhost:9000' },
      'http://localhost:9000/plain/p/f',
    ],
    [
      'another server, by host',
      { bucket: 'plain', endpoint: 'https://r2.example', forcePathStyle: false },
      'https://plain.r2.example/p/f',
    ],
  ])('is asked of the SDK: %s', async (_case, options, expected) => {
    const fs = new S3FS({ prefix: 'p', awsAccessKeyId: 'id', awsSecretAccessKey: 'secret', ...options });
    const { url } = (await fs.presigner().presign('f', { expiresIn: 60 })) as { url: string };
    expect(url.split('?')[0]).toBe(expected);
    await fs.close();
  });

  it('is of no use without credentials', async () => {
    const client = new S3Client({
      region: 'us-east-1',
      credentials: async () => {
        throw Object.assign(new Error('none'), { name: 'CredentialsProviderError' });
      },
    });
    const fs = new S3FS({ bucket: 'plain', client });
    await expectError(fs.presigner().presign('f', { expiresIn: 60 }), PermissionDenied, 'f');
  });

  it('signs with credentials as they are now, and not for longer than they last', async () => {
    const expiration = new Date(Date.now() + 20_000);
    const client = new S3Client({
      region: 'us-east-1',
      credentials: async () => ({
        accessKeyId: 'id',
        secretAccessKey: 's',
        sessionToken: 'token',
        expiration,
      }),
    });
    const fs = new S3FS({ bucket: 'plain', client });
    const { url, expiresAt } = await fs.presigner().presign('f', { expiresIn: 3600 });
    expect(expiresAt).toBeLessThanOrEqual(expiration.getTime());
    expect(new URL(url).searchParams.get('X-Amz-Security-Token')).toBe('token');
  });
});

describeS3('a presigned URL on a real server', () => {
  let fs: S3FS;
  beforeAll(async () => {
    fs = new S3FS(optionsFor(await newBucket(), { prefix: '/pyfs/' }));
  });
  afterAll(() => fs.close());

  it.each([
    'plain.txt',
    'with space.txt',
    'plus+percent%41hash#question?and&equals=.txt',
    `quotes'"\`.txt`,
    'back\\slash',
    "(!*'~)",
    'Ünï/日本語.txt',
    '👩‍👩‍👧/😀.png',
    '%2e%2e/%2F',
    '$&,:;=@',
  ])('leads to the file %s', async (path) => {
    await fs.makeDirs(path.split('/').slice(0, -1).join('/'), { recreate: true });
    await fs.write(path, `content of ${path}`);
    const { url } = await fs.presigner().presign(path, { expiresIn: 60 });
    const response = await fetch(url);
    expect(await response.text()).toBe(`content of ${path}`);
    expect(response.status).toBe(200);
  });

  it('is refused when anything in it is changed', async () => {
    await fs.write('a', 'a');
    await fs.write('b', 'b');
    const { url } = await fs.presigner().presign('a', { expiresIn: 60 });
    const changed = [
      url.replace('/a?', '/b?'),
      url.replace('Expires=60', 'Expires=90'),
      `${url}&response-content-type=text%2Fhtml`,
    ];
    for (const other of changed) expect((await fetch(other)).status).toBe(403);
    expect((await fetch(url, { method: 'PUT', body: 'x' })).status).toBe(403);
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(403);
    expect((await fetch(url)).status).toBe(200);
  });

  it('stops working', async () => {
    await fs.write('a', 'a');
    const { url } = await fs.presigner().presign('a', { expiresIn: 60, notAfter: Date.now() - 1000 });
    expect((await fetch(url)).status).toBe(403);
  });

  it('is for HEAD when it says so', async () => {
    await fs.write('a', 'abc');
    const { url } = await fs.presigner().presign('a', { expiresIn: 60, method: 'HEAD' });
    const response = await fetch(url, { method: 'HEAD' });
    expect([response.status, response.headers.get('content-length')]).toEqual([200, '3']);
    expect((await fetch(url)).status).toBe(403);
  });

  it('replaces headers of the answer', async () => {
    await fs.write('a', 'abc');
    const expires = new Date(Date.now() + 60_000);
    const { url } = await fs.presigner().presign('a', {
      expiresIn: 60,
      contentType: 'text/x-other',
      contentDisposition: `attachment; filename="x y.txt"; filename*=UTF-8''%F0%9F%98%80`,
      cacheControl: 'private, must-revalidate',
      expires,
    });
    const { headers } = await fetch(url);
    expect(headers.get('content-type')).toBe('text/x-other');
    expect(headers.get('content-disposition')).toBe(
      `attachment; filename="x y.txt"; filename*=UTF-8''%F0%9F%98%80`,
    );
    expect(headers.get('cache-control')).toBe('private, must-revalidate');
    expect(headers.get('expires')).toBe(expires.toUTCString());
  });

  it('comes also from a namespace and from a directory, with their keys', async () => {
    const namespace = fs.openNamespace('ns');
    await namespace.write('x/y', 'in the namespace');
    const directory = await namespace.openDir('x');
    for (const [files, path] of [
      [namespace, 'x/y'],
      [directory, 'y'],
    ] as const) {
      const signed = await files.presigner()?.presign(path, { expiresIn: 60 });
      expect(signed?.url).toContain('/pyfs/ns/x/y?');
      expect(await (await fetch(signed?.url ?? '')).text()).toBe('in the namespace');
    }
  });

  it('needs no file, but a path', async () => {
    const { url } = await fs.presigner().presign(randomUUID(), { expiresIn: 60 });
    expect((await fetch(url)).status).toBe(404);
    await expectError(fs.presigner().presign('a\u0000', { expiresIn: 60 }), InvalidPath);
  });
});
