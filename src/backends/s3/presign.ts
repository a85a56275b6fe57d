/**
 * Presigned URLs, made without a request and without the SDK's middleware:
 * where the bucket is, is asked once, and what is left is the signature.
 *
 * Signing as of the beginning of a window gives the same URL to everybody who
 * asks within it, in any process, so that browsers and CDNs can cache.
 * Source: Amazon S3 API Reference, "Authenticating Requests: Using Query
 * Parameters (AWS Signature Version 4)".
 */
import type { S3Client } from '@aws-sdk/client-s3';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { getSignedUrl, S3RequestPresigner } from '@aws-sdk/s3-request-presigner';
import type { PresignedPost, PresignedUrl, PresignOptions, PresignPostOptions } from '../../fs/presigner.js';
import { encodeSegment } from '../../path/percent-encoding.js';
import { MAX_PRESIGN_SECONDS } from './limits.js';
import { translateS3Error } from './s3-errors.js';

/** URLs kept; some hundred bytes each. Within a window a URL is asked for again and again, and signing is most of its cost. */
const MAX_KEPT_URLS = 5000;

/** Below this a URL is signed for a second more than asked: S3 knows whole seconds only, and half of two is one. */
const SHORT_SECONDS = 10;

/** A URL that was signed, and what for. */
interface Kept {
  readonly url: string;
  readonly term: Term;
  readonly accessKeyId: string;
  readonly sessionToken?: string | undefined;
}

/** Where a bucket is and how requests to it are signed. */
interface Endpoint {
  readonly protocol: string;
  readonly hostname: string;
  readonly port: number | undefined;
  /** What comes before the key, with a slash at its end. */
  readonly basePath: string;
  readonly origin: string;
  readonly signer: S3RequestPresigner;
}

export class ObjectPresigner {
  readonly #bucket: string;
  readonly #client: S3Client;
  readonly #kept = new Map<string, Kept>();
  #endpoint: Promise<Endpoint> | null = null;

  constructor(bucket: string, client: S3Client) {
    this.#bucket = bucket;
    this.#client = client;
  }

  /**
   * @param path for errors
   * @throws PermissionDenied: no credentials; OperationFailed
   */
  async presign(key: string, options: PresignOptions, path: string): Promise<PresignedUrl> {
    try {
      const [endpoint, credentials] = await Promise.all([this.#locate(), this.#client.config.credentials()]);
      // What the SDK has seen of the difference between S3's clock and ours.
      const ahead = aheadOf(this.#client);
      const limit = options.notAfter === undefined ? {} : { notAfter: options.notAfter + ahead };
      const term = termOf(key, { ...options, ...limit }, credentials.expiration, Date.now() + ahead);
      const url = await this.#signed(endpoint, key, options, term, credentials);
      return { url, expiresAt: term.expiresAt - ahead };
    } catch (error) {
      throw translateS3Error(error, path);
    }
  }

  /** The URL of the same term and credentials as before, else a new one. */
  async #signed(
    endpoint: Endpoint,
    key: string,
    options: PresignOptions,
    term: Term,
    { accessKeyId, sessionToken }: Pick<Kept, 'accessKeyId' | 'sessionToken'>,
  ): Promise<string> {
    const { method, contentDisposition, contentType, cacheControl, expires } = options;
    const asked = [key, method, contentDisposition, contentType, cacheControl, expires?.getTime()];
    const name = JSON.stringify(asked);
    const kept = this.#kept.get(name);
    if (
      kept?.term.signedAt === term.signedAt &&
      kept.term.seconds === term.seconds &&
      kept.accessKeyId === accessKeyId &&
      kept.sessionToken === sessionToken
    ) {
      return kept.url;
    }
    const url = await sign(endpoint, key, options, term);
    this.#kept.delete(name);
    // The first of a map is the one that was signed the longest ago.
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= MAX_KEPT_URLS && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(name, { url, term, accessKeyId, sessionToken });
    return url;
  }

  /**
   * An upload by a form. Source: Amazon S3 API Reference, "Creating a POST Policy".
   * @param path for errors
   * @throws PermissionDenied: no credentials; OperationFailed
   */
  async presignPost(key: string, options: PresignPostOptions, path: string): Promise<PresignedPost> {
    const { contentType, contentTypePrefix = '', contentDisposition, maxBytes } = options;
    try {
      const { expiration } = await this.#client.config.credentials();
      const { url, fields } = await createPresignedPost(this.#client, {
        Bucket: this.#bucket,
        Key: key,
        Expires: secondsOf(options, expiration, Date.now()),
        Conditions: [
          ['content-length-range', 0, maxBytes],
          ...(contentType === undefined
            ? [['starts-with', '$Content-Type', contentTypePrefix] as ['starts-with', string, string]]
            : []),
        ],
        Fields: {
          success_action_status: '201', // Else a browser is sent on, or told nothing.
          ...(contentType === undefined ? {} : { 'Content-Type': contentType }),
          ...(contentDisposition === undefined ? {} : { 'Content-Disposition': contentDisposition }),
        },
      });
      return { url, fields };
    } catch (error) {
      throw translateS3Error(error, path);
    }
  }

  #locate(): Promise<Endpoint> {
    this.#endpoint ??= locate(this.#client, this.#bucket).catch((error: unknown) => {
      this.#endpoint = null;
      throw error;
    });
    return this.#endpoint;
  }
}

/** The SDK knows a hundred ways in which a bucket has its address: one URL of its making shows the one that holds. */
async function locate(client: S3Client, bucket: string): Promise<Endpoint> {
  const probe = 'k';
  const url = new URL(await getSignedUrl(client, new GetObjectCommand({ Bucket: bucket, Key: probe })));
  const scope = url.searchParams.get('X-Amz-Credential')?.split('/') ?? [];
  const [region = await client.config.region()] = scope.slice(-3);
  const { credentials, sha256 } = client.config;
  return {
    protocol: url.protocol,
    hostname: url.hostname,
    port: url.port === '' ? undefined : Number(url.port),
    basePath: url.pathname.slice(0, -probe.length),
    origin: url.origin,
    signer: new S3RequestPresigner({ credentials, region, sha256, service: 's3' }),
  };
}

/** By how many ms S3's clock is ahead of ours, as far as the SDK has seen. Its answers tell whole seconds, so less than one is no difference. */
function aheadOf({ config: { systemClockOffset = 0 } }: S3Client): number {
  return Math.abs(systemClockOffset) < 1000 ? 0 : systemClockOffset;
}

/** From when to when a URL works. */
export interface Term {
  /** Ms since the epoch, whole seconds. */
  readonly signedAt: number;
  /** From 1. */
  readonly seconds: number;
  /** Ms since the epoch. */
  readonly expiresAt: number;
}

/**
 * The term of a URL that is asked for now.
 * @param expiration of the credentials: no URL outlives those that it was signed with
 */
export function termOf(
  key: string,
  { expiresIn, window = 1, notAfter }: PresignOptions,
  expiration: Date | undefined,
  now: number,
): Term {
  const signedAt = windowStart(key, now, window * 1000);
  // The second that has begun would be a good part of a short life.
  const begun = expiresIn < SHORT_SECONDS ? 1 : 0;
  const wanted = signedAt + Math.min(expiresIn + begun, MAX_PRESIGN_SECONDS) * 1000;
  const end = Math.min(wanted, notAfter ?? wanted, expiration?.getTime() ?? wanted);
  const seconds = Math.floor((end - signedAt) / 1000);
  if (seconds >= 1) return { signedAt, seconds, expiresAt: signedAt + seconds * 1000 };
  // It is over already, and so shall be the URL.
  const past = Math.floor(end / 1000) * 1000 - 1000;
  return { signedAt: past, seconds: 1, expiresAt: past + 1000 };
}

/** Life of a presigned upload in seconds; below 1 when it is over already. */
function secondsOf(
  { expiresIn, notAfter }: PresignPostOptions,
  expiration: Date | undefined,
  now: number,
): number {
  const end = Math.min(
    notAfter ?? Number.POSITIVE_INFINITY,
    expiration?.getTime() ?? Number.POSITIVE_INFINITY,
  );
  return Math.min(expiresIn, MAX_PRESIGN_SECONDS, Math.floor((end - now) / 1000));
}

/** Every key has its windows begin at other moments, so that not all of a page's URLs change at once. */
function windowStart(key: string, now: number, windowMs: number): number {
  const seconds = Math.max(1, Math.floor(windowMs / 1000));
  const shift = hash(key) % seconds;
  const at = Math.floor(now / 1000) + shift;
  return (at - (at % seconds) - shift) * 1000;
}

/** FNV-1a, of 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  return value >>> 0;
}

async function sign(endpoint: Endpoint, key: string, options: PresignOptions, term: Term): Promise<string> {
  const { protocol, hostname, port, basePath, origin, signer } = endpoint;
  const path = basePath + key.split('/').map(encodeSegment).join('/');
  const request = {
    method: options.method ?? 'GET',
    protocol,
    hostname,
    ...(port === undefined ? {} : { port }),
    path,
    query: overridesOf(options),
    headers: {},
  };
  const signed = await signer.presign(request, {
    expiresIn: term.seconds,
    signingDate: new Date(term.signedAt),
  });
  const query = Object.entries(signed.query ?? {}).map(
    ([name, value]) => `${encodeSegment(name)}=${encodeSegment(String(value))}`,
  );
  return `${origin}${path}?${query.join('&')}`;
}

/** S3 API, GetObject: parameters that replace headers of the answer. */
function overridesOf(options: PresignOptions): Record<string, string> {
  const { contentDisposition, contentType, cacheControl, expires } = options;
  return {
    ...(contentDisposition === undefined ? {} : { 'response-content-disposition': contentDisposition }),
    ...(contentType === undefined ? {} : { 'response-content-type': contentType }),
    ...(cacheControl === undefined ? {} : { 'response-cache-control': cacheControl }),
    ...(expires === undefined ? {} : { 'response-expires': expires.toUTCString() }),
  };
}
