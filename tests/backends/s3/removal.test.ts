import { DeleteObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { S3FS } from '../../../src/index.js';
import { describeS3, newBucket, optionsFor, plainClient } from '../../support/s3.js';

const LAST_CODE_POINT = '\u{10fffd}';

describeS3('removing many objects', () => {
  let client: S3Client;
  let bucket: string;
  let fs: S3FS;

  beforeAll(() => {
    client = plainClient();
  });

  afterAll(() => client?.destroy());

  beforeEach(async () => {
    bucket = await newBucket();
    fs = new S3FS(optionsFor(bucket, { strict: false }));
  });

  async function put(...keys: string[]): Promise<void> {
    const rest = keys.values();
    const worker = async (): Promise<void> => {
      for (const Key of rest) await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'x' }));
    };
    await Promise.all(Array.from({ length: 16 }, worker));
  }

  it.each([
    ['looking first', false],
    ['not looking', true],
  ])(
    'removes names that XML can not write, and does not let others wait for them (%s)',
    async (_, assumePresent) => {
      const paths = ['a', 'b\uffff', 'c\ufffe', 'd'];
      await put(...paths);
      const outcomes = await fs.removeMany(paths, { assumePresent });
      expect(outcomes).toEqual(paths.map((path) => ({ path, result: 'removed' })));
      expect(await fs.listDir('')).toEqual([]);
    },
  );

  it('removes a tree with keys that no path leads to', async () => {
    const keys = ['d/a', 'd/b\u0001', 'd/c\ufffe', 'd//e', 'd/../f'];
    await put(...keys);
    await fs.removeTree('d');
    expect(await fs.exists('d')).toBe(false);
    for (const Key of keys) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
  });

  it('finds files behind more than a page of keys that come right before them', async () => {
    const paths = Array.from({ length: 17 }, (_, i) => `b${i}`);
    const between = Array.from({ length: 1001 }, (_, i) => `b${LAST_CODE_POINT}${1000 + i}`);
    await put(...between, 'c', ...paths.slice(1));
    const outcomes = await fs.removeMany([...paths, 'c']);
    expect(outcomes.map(({ result }) => result)).toEqual([
      'missing',
      ...paths.slice(1).map(() => 'removed'),
      'removed',
    ]);
  }, 60_000);
});
