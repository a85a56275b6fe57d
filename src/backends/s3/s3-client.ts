/** The SDK's client as mayfly wants it: patient for a while, and talking to any S3 server. */
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { S3Client } from '@aws-sdk/client-s3';

/** How to reach a bucket. */
export interface S3ClientOptions {
  /** Default: the SDK's own (`AWS_REGION`, profile), else `us-east-1`. */
  region?: string;
  /** URL of a server other than Amazon's. */
  endpoint?: string;
  /** Bucket in the path and not in the host name; default true with an `endpoint`. */
  forcePathStyle?: boolean;
  /** Default: the SDK's chain (variables, profile, container, instance). Together with `awsSecretAccessKey`. */
  awsAccessKeyId?: string;
  /** A secret; goes with `awsAccessKeyId`. */
  awsSecretAccessKey?: string;
}

const FALLBACK_REGION = 'us-east-1';
/** The first try and two more, with the SDK's growing pauses. */
const MAX_ATTEMPTS = 3;
const CONNECT_MS = 5_000;
/** Without a byte in either direction. */
const SILENCE_MS = 20_000;
const IDLE_SOCKETS = 128;

/** Longest wait for the beginning of an answer to a request without a large body. */
export const ANSWER_MS = 10_000;

export function createS3Client(options: S3ClientOptions): S3Client {
  const { region, endpoint, awsAccessKeyId, awsSecretAccessKey } = options;
  // No limit to sockets: the time limits would run while a request waits for one. `Bucket` bounds its requests.
  const agent = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: IDLE_SOCKETS };
  const config: S3ClientConfig = {
    region: region ?? defaultRegion(endpoint),
    forcePathStyle: options.forcePathStyle ?? endpoint !== undefined,
    followRegionRedirects: endpoint === undefined,
    // What the SDK does by default, many servers other than Amazon's refuse.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
  };
  if (endpoint !== undefined) config.endpoint = endpoint;
  if (awsAccessKeyId !== undefined && awsSecretAccessKey !== undefined) {
    config.credentials = { accessKeyId: awsAccessKeyId, secretAccessKey: awsSecretAccessKey };
  }
  return new S3Client(config);
}

/** Servers other than Amazon's have one region, which goes by this name. */
function defaultRegion(endpoint: string | undefined): string | (() => Promise<string>) {
  if (endpoint !== undefined) return FALLBACK_REGION;
  return async () => {
    try {
      return await new S3Client({}).config.region();
    } catch {
      return FALLBACK_REGION;
    }
  };
}
