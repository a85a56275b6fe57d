import { randomUUID } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, expect, it } from '@jest/globals';
import { copyFS, IllegalDestination, InvalidNamespace, mirror, S3FS } from '../../../src/index.js';
import { describeFilesystem } from '../../conformance/filesystem.js';
import { expectError } from '../../support/expect-error.js';
import { describeS3, newBucket, optionsFor, plainClient } from '../../support/s3.js';

describeS3('on a real server', () => {
  let bucket = '';
  beforeAll(async () => {
    bucket = await newBucket();
  });

  // A prefix for each test, in one bucket.
  const open = (): S3FS => new S3FS(optionsFor(bucket, { prefix: `/${randomUUID()}/` }));

  describeFilesystem('S3FS', async () => ({ fs: open() }));

  describeFilesystem('a directory of S3FS', async () => {
    const fs = open();
    await fs.makeDir('sub');
    return { fs: await fs.openDir('sub'), cleanup: () => fs.close() };
  });

  it('notices that two filesystems over one bucket overlap, and that others do not', async () => {
    const prefix = randomUUID();
    const [outer, inner, beside] = [prefix, `${prefix}/d`, `${prefix}-d`].map(
      (each) => new S3FS(optionsFor(bucket, { prefix: each })),
    ) as [S3FS, S3FS, S3FS];
    await outer.makeDir('d');
    await outer.write('f', 'x');
    await expectError(mirror(outer, inner), IllegalDestination);
    await expectError(copyFS(outer, inner), IllegalDestination);
    await copyFS(outer, beside);
    expect(await beside.listDir('')).toEqual(['d', 'f']);
  });

  it('shows the directories above keys that no path leads to, in either order', async () => {
    const prefix = randomUUID();
    const fs = new S3FS(optionsFor(bucket, { prefix }));
    const client = plainClient();
    for (const key of ['w/a//b', 'w/a/x/\u0001/y', 'w/n/ok', 'w/z//']) {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/${key}`, Body: 'x' }));
    }
    client.destroy();
    for (const search of ['breadth', 'depth'] as const) {
      const paths: string[] = [];
      for await (const { path } of fs.walk('w', { search })) paths.push(path);
      expect(paths.sort()).toEqual(['w/a', 'w/a/x', 'w/n', 'w/n/ok', 'w/z']);
    }
    await fs.close();
  });

  it('moves a directory up out of one that goes with it, though it was there only for what was in it', async () => {
    const prefix = randomUUID();
    const fs = new S3FS(optionsFor(bucket, { prefix }));
    const client = plainClient();
    for (const key of ['d/', 'd/p/q/p/', 'd/p/q/p/q/f']) {
      await client.send(
        new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/${key}`, Body: new Uint8Array() }),
      );
    }
    client.destroy();
    await fs.moveDir('d/p/q', 'd');
    const paths: string[] = [];
    for await (const { path } of fs.walk('d')) paths.push(path);
    expect(paths).toEqual(['d/p', 'd/p/q', 'd/p/q/f']);
    await fs.close();
  });

  it.each(['..', '', '.mayfly', 'a/b'])('refuses the namespace %j', (name) => {
    expect(() => open().openNamespace(name)).toThrow(InvalidNamespace);
  });
});
