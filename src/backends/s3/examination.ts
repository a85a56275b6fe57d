/**
 * Looks at how a bucket is set up, for who wants to know what may go wrong
 * with it later. Reads only. Servers that know nothing of a setting, and rights
 * that do not suffice to read it, are told and are no failure.
 */
import {
  GetBucketCorsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyStatusCommand,
  GetBucketVersioningCommand,
  HeadBucketCommand,
  type LifecycleRule,
} from '@aws-sdk/client-s3';
import type { Bucket } from './bucket.js';
import type { BucketFinding } from './bucket-finding.js';
import type { KeySpace } from './object-key.js';
import { s3CodeOf } from './s3-errors.js';

/** From 15 minutes on S3 refuses requests (RequestTimeTooSkewed); presigned URLs are off by as much as the clock. */
const SKEW_REFUSED_MS = 900_000;
const SKEW_TOLD_MS = 5_000;
const CONTEXT = { path: '' };

/** What is found of one topic. */
type Verdict = Omit<BucketFinding, 'topic'>;

export async function examineBucket(
  bucket: Bucket,
  keys: KeySpace,
  now: () => number,
): Promise<BucketFinding[]> {
  const clock = { topic: 'clock', ...(await clockOf(bucket, now)) };
  const settings = await Promise.all([
    examined('lifecycle', () => lifecycle(bucket, keys)),
    examined('public access', () => publicAccess(bucket)),
    examined('versioning', () => versioning(bucket)),
    examined('cors', () => cors(bucket)),
  ]);
  return [clock, ...settings];
}

/** By the `Date` of an answer, which is that of the server. @throws OperationFailed or a subclass: no answer, or refused */
async function clockOf(bucket: Bucket, now: () => number): Promise<Verdict> {
  const command = new HeadBucketCommand({ Bucket: bucket.name });
  let date = '';
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      date = dateOf(result.response);
      return result;
    },
    { step: 'deserialize', priority: 'low' },
  );
  await bucket.call(CONTEXT, (options) => bucket.client.send(command, options));
  const skewMs = Date.parse(date) - now();
  if (Number.isNaN(skewMs)) return { state: 'unknown', says: 'the server tells no time' };
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  if (Math.abs(skewMs) < SKEW_TOLD_MS) return { state: 'ok', says: 'agrees with that of S3' };
  return {
    state: Math.abs(skewMs) >= SKEW_REFUSED_MS ? 'bad' : 'warning',
    says: `this machine's clock is ${seconds} s ${skewMs > 0 ? 'behind' : 'ahead of'} that of S3`,
    advice:
      'Set it by NTP: S3 refuses requests that are off by 15 minutes, and presigned URLs end at a wrong time.',
  };
}

async function lifecycle(bucket: Bucket, keys: KeySpace): Promise<Verdict> {
  const rules = await unlessMissing(['NoSuchLifecycleConfiguration'], () =>
    bucket.client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket.name })),
  );
  const active = (rules?.Rules ?? []).filter(
    (rule) => rule.Status === 'Enabled' && touches(rule, keys.prefix),
  );
  const expiring = active.find(
    ({ Expiration }) => Expiration?.Days !== undefined || Expiration?.Date !== undefined,
  );
  if (expiring !== undefined) {
    return {
      state: 'warning',
      says: `rule ${JSON.stringify(expiring.ID ?? 'without a name')} removes objects after ${expiring.Expiration?.Days ?? '?'} days, whatever their deadline`,
      advice: 'Make sure that it leaves out files that are to stay longer.',
    };
  }
  if (active.some((rule) => rule.AbortIncompleteMultipartUpload !== undefined)) {
    return { state: 'ok', says: 'uploads that were broken off are removed by a rule' };
  }
  return {
    state: 'warning',
    says: 'no rule removes the parts of uploads that were broken off, which cost money and are seen nowhere',
    advice:
      'Add AbortIncompleteMultipartUpload after 2 days; a purge removes them as well, as long as one runs.',
  };
}

async function publicAccess(bucket: Bucket): Promise<Verdict> {
  const status = await unlessMissing(['NoSuchBucketPolicy'], () =>
    bucket.client.send(new GetBucketPolicyStatusCommand({ Bucket: bucket.name })),
  );
  if (status?.PolicyStatus?.IsPublic !== true) {
    return { state: 'ok', says: 'no policy makes the bucket public' };
  }
  return {
    state: 'bad',
    says: 'the policy of the bucket lets everybody in: files can be read past their deadline and without a signed URL',
    advice: 'Take the public statement out of the policy, or turn on "Block all public access".',
  };
}

async function versioning(bucket: Bucket): Promise<Verdict> {
  const { Status } = await bucket.client.send(new GetBucketVersioningCommand({ Bucket: bucket.name }));
  if (Status !== 'Enabled') return { state: 'ok', says: 'off: what is removed is gone' };
  return {
    state: 'warning',
    says: 'on: files that are removed stay as old versions, and are paid for',
    advice: 'Add a lifecycle rule NoncurrentVersionExpiration, or turn versioning off.',
  };
}

async function cors(bucket: Bucket): Promise<Verdict> {
  const rules = await unlessMissing(['NoSuchCORSConfiguration'], () =>
    bucket.client.send(new GetBucketCorsCommand({ Bucket: bucket.name })),
  );
  const reading = (rules?.CORSRules ?? []).some(({ AllowedMethods }) => AllowedMethods?.includes('GET'));
  return reading
    ? { state: 'ok', says: 'scripts of other sites may read files by presigned URLs' }
    : {
        state: 'ok',
        says: 'none: links, images and downloads work; scripts that fetch() redirected files need a CORS rule for GET',
      };
}

/** A server that does not know the setting, or rights that do not suffice. */
async function examined(topic: string, examine: () => Promise<Verdict>): Promise<BucketFinding> {
  try {
    return { topic, ...(await examine()) };
  } catch (error) {
    const code = s3CodeOf(error) || 'no answer';
    return { topic, state: 'unknown', says: `could not be read (${code})` };
  }
}

async function unlessMissing<T>(codes: readonly string[], ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (codes.includes(s3CodeOf(error))) return null;
    throw error;
  }
}

function touches({ Filter, Prefix }: LifecycleRule, prefix: string): boolean {
  const ruled = Filter?.Prefix ?? Filter?.And?.Prefix ?? Prefix ?? '';
  return prefix.startsWith(ruled) || ruled.startsWith(prefix);
}

function dateOf(response: unknown): string {
  if (typeof response !== 'object' || response === null || !('headers' in response)) return '';
  const { headers } = response as { headers: Record<string, string> };
  return headers.date ?? headers.Date ?? '';
}
