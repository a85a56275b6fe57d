/** The S3 server that benchmarks run against: `S3_ENDPOINT`, or one that scripts/s3-server.sh starts. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';

/** Starts the server if need be; its settings are the script's. */
function serverSettings() {
  const script = new URL('../scripts/s3-server.sh', import.meta.url).pathname;
  const lines = execFileSync('bash', [script, 'start'], { encoding: 'utf8' }).split('\n');
  const settings = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s)));
  return {
    endpoint: settings.S3_ENDPOINT,
    region: settings.S3_REGION ?? 'us-east-1',
    awsAccessKeyId: settings.S3_ACCESS_KEY_ID,
    awsSecretAccessKey: settings.S3_SECRET_ACCESS_KEY,
  };
}

/** How to reach the server, in mayfly's words. */
export const server = serverSettings();

/** A client as the SDK's documentation makes it. */
export function newClient() {
  const { endpoint, region, awsAccessKeyId, awsSecretAccessKey } = server;
  return new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId: awsAccessKeyId, secretAccessKey: awsSecretAccessKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

/** A bucket of the benchmark's own. */
export async function newBucket() {
  const Bucket = `mayfly-bench-${randomUUID()}`;
  await newClient().send(new CreateBucketCommand({ Bucket }));
  return Bucket;
}

/** Remove all objects of a bucket and all uploads that were begun in it. */
export async function emptyBucket(Bucket) {
  const client = newClient();
  for (;;) {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
    if (Contents.length === 0) break;
    const Objects = Contents.map(({ Key }) => ({ Key }));
    await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
  }
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
  for (const { Key, UploadId } of Uploads) {
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  }
  client.destroy();
}

/** Remove a bucket with all that is in it. */
export async function removeBucket(Bucket) {
  await emptyBucket(Bucket);
  await newClient().send(new DeleteBucketCommand({ Bucket }));
}

/**
 * Count the requests that a client sends, each try of one included.
 * @returns how many of each kind, by the SDK's name, since the last call
 */
export function countRequests(client) {
  let counts = new Map();
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        counts.set(commandName, (counts.get(commandName) ?? 0) + 1);
        return next(args);
      },
    { step: 'deserialize', name: 'countRequests', priority: 'low' },
  );
  return () => {
    const counted = counts;
    counts = new Map();
    return counted;
  };
}
