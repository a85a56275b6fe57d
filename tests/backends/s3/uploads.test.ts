/** The listing of uploads that were neither completed nor aborted. */
import type { ListMultipartUploadsCommandInput, S3Client } from '@aws-sdk/client-s3';
import { expect, it } from '@jest/globals';
import { Bucket } from '../../../src/backends/s3/bucket.js';

it.each([
  ['url', 'p/a%20b%01', 'p/a+b%2B'],
  [undefined, 'p/a b\u0001', 'p/a b+'],
])(
  'reads keys that S3 tells with encoding %s, and asks on from the last as it is',
  async (EncodingType, first, last) => {
    const asked: ListMultipartUploadsCommandInput[] = [];
    const pages = [
      {
        Uploads: [{ Key: first, UploadId: '1' }],
        IsTruncated: true,
        NextKeyMarker: last,
        NextUploadIdMarker: '2',
      },
      { Uploads: [{ Key: last, UploadId: '3' }], IsTruncated: false },
    ];
    const send = async ({ input }: { input: ListMultipartUploadsCommandInput }) => {
      asked.push(input);
      return { ...pages[asked.length - 1], EncodingType };
    };
    const bucket = new Bucket('bucket', { send } as unknown as S3Client, false);
    const keys: string[] = [];
    for await (const { key } of bucket.uploads('p/', { path: '' })) keys.push(key);
    expect(keys).toEqual(['p/a b\u0001', 'p/a b+']);
    expect(asked.map((each) => each.EncodingType)).toEqual(['url', 'url']);
    expect(asked[1]).toMatchObject({ KeyMarker: 'p/a b+', UploadIdMarker: '2' });
  },
);
