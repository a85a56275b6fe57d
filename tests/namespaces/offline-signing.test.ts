import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Mayfly, NamespaceFS } from '../../src/index.js';
import { createMayfly, FilesystemClosed } from '../../src/index.js';
import { expectError } from '../support/expect-error.js';
import { Site } from '../support/http.js';

describe('an S3 that does not answer', () => {
  let mayfly: Mayfly;
  let files: NamespaceFS;

  beforeEach(() => {
    mayfly = createMayfly({
      storage: {
        type: 's3fs',
        bucket: 'b',
        region: 'eu-west-1',
        endpoint: 'http://127.0.0.1:9',
        forcePathStyle: true,
        awsAccessKeyId: 'a',
        awsSecretAccessKey: 'b',
        urlRoot: '/files',
      },
      expirations: { type: 'sqlite', path: ':memory:' },
      purge: false,
    });
    files = mayfly.getFilesystem('ns');
  });
  afterEach(() => mayfly.close());

  it('is not needed to sign a URL, nor to tell a deadline', async () => {
    const url = new URL(await files.getUrl('a', 60));
    expect([url.origin, url.pathname]).toEqual(['http://127.0.0.1:9', '/b/ns/a']);
    expect(url.searchParams.get('X-Amz-Expires')).toBe('60');
    expect(await files.getExpiration('a')).toBeNull();
  });

  it('is not needed to send a client there', async () => {
    const site = await Site.open(mayfly.handler());
    const response = await site.fetch('/files/ns/a', { redirect: 'manual' });
    expect(response.status).toBe(302);
    expect(new URL(response.headers.get('Location') ?? '').pathname).toBe('/b/ns/a');
    await site.close();
  });

  it('is signed for no more once mayfly is closed', async () => {
    await mayfly.close();
    await expectError(files.getUrl('a', 60), FilesystemClosed);
    await expectError(files.getExpiration('a'), FilesystemClosed);
  });
});
