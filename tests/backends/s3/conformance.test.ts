import { randomUUID } from 'node:crypto';
import { beforeAll, expect, it } from '@jest/globals';
import { copyFS, IllegalDestination, mirror, S3FS } from '../../../src/index.js';
import { describeFilesystem } from '../../conformance/filesystem.js';
import { expectError } from '../../support/expect-error.js';
import { describeS3, newBucket, optionsFor } from '../../support/s3.js';

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
});
