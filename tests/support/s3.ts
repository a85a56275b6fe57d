/**
 * The S3 server that tests run against: `S3_ENDPOINT`, or one that
 * `scripts/s3-server.sh` starts. Everybody shares it, so whoever tests makes a
 * bucket of his own.
 */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { describe } from '@jest/globals';
import type { S3FSOptions } from '../../src/index.js';

const SCRIPT = new URL('../../scripts/s3-server.sh', import.meta.url).pathname;
const NONE_HERE = 4;

export interface S3Server {
  endpoint: string;
  region: string;
  awsAccessKeyId: string;
  awsSecretAccessKey: string;
}

/** Null where there is none to be had. */
export const s3: S3Server | null = findServer();

/** As `describe`, and skipped where there is no S3 server. */
export const describeS3: typeof describe.skip = s3 === null ? describe.skip : describe;

function findServer(): S3Server | null {
  try {
    const settings = new Map(
      execFileSync('bash', [SCRIPT, 'start'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const),
    );
    return {
      endpoint: settings.get('S3_ENDPOINT') ?? '',
      region: settings.get('S3_REGION') ?? 'us-east-1',
      awsAccessKeyId: settings.get('S3_ACCESS_KEY_ID') ?? '',
      awsSecretAccessKey: settings.get('S3_SECRET_ACCESS_KEY') ?? '',
    };
  } catch (error) {
    const { status, stderr } = error as { status?: number; stderr?: string };
    if (status !== NONE_HERE) throw new Error(`the S3 server did not start: ${stderr}`, { cause: error });
    process.stderr.write(`\n*** THE TESTS OF S3 ARE SKIPPED: ${stderr?.trim().split('\n').at(-1)} ***\n\n`);
    return null;
  }
}

/** The server, for tests that are not run without one. */
export function server(): S3Server {
  if (s3 === null) throw new Error('there is no S3 server');
  return s3;
}

/** A client of the SDK's own, to look at what is really stored. */
export function plainClient({ endpoint }: { endpoint?: string } = {}): S3Client {
  const { region, awsAccessKeyId, awsSecretAccessKey, endpoint: direct } = server();
  return new S3Client({
    region,
    endpoint: endpoint ?? direct,
    forcePathStyle: true,
    credentials: { accessKeyId: awsAccessKeyId, secretAccessKey: awsSecretAccessKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

/** A new bucket. */
export async function newBucket(): Promise<string> {
  const bucket = `mayfly-${randomUUID()}`;
  const client = plainClient();
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  return bucket;
}

/** Options of an `S3FS` on a bucket of that server. */
export function optionsFor(bucket: string, options: Partial<S3FSOptions> = {}): S3FSOptions {
  return { ...server(), bucket, ...options };
}
