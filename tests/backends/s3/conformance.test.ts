import { randomUUID } from 'node:crypto';
import { beforeAll } from '@jest/globals';
import { S3FS } from '../../../src/index.js';
import { describeFilesystem } from '../../conformance/filesystem.js';
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
});
