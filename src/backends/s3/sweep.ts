/** Removes what writers left behind that were killed: parts without an object, and hidden objects. */
import type { SweepOptions } from '../../fs/staged-file.js';
import type { Bucket } from './bucket.js';

import { DELETE_BATCH } from './limits.js';
import { listObjects } from './listing.js';
import type { KeySpace } from './object-key.js';
import { PARKING } from './object-key.js';

const CONTEXT = { path: '' };

/**
 * Two requests when there is nothing to remove. Nobody can tell whether a
 * writer lives, so only age counts.
 * @returns how many uploads and objects were removed
 */
export async function sweepBucket(
  bucket: Bucket,
  keys: KeySpace,
  before: Date,
  { dryRun = false }: SweepOptions = {},
): Promise<number> {
  const [uploads, objects] = await Promise.all([
    abortUploads(bucket, keys, before, dryRun),
    deleteParked(bucket, keys, before, dryRun),
  ]);
  return uploads + objects;
}

async function abortUploads(bucket: Bucket, keys: KeySpace, before: Date, dryRun: boolean): Promise<number> {
  let aborted = 0;
  for await (const { key, uploadId, initiated } of bucket.uploads(keys.prefix, CONTEXT)) {
    if (initiated >= before) continue;
    if (!dryRun) await bucket.abortUpload(key, uploadId, CONTEXT);
    aborted++;
  }
  return aborted;
}

async function deleteParked(bucket: Bucket, keys: KeySpace, before: Date, dryRun: boolean): Promise<number> {
  let deleted = 0;
  for await (const page of listObjects(bucket, keys.hiddenKey(PARKING), CONTEXT)) {
    const old = page.filter(({ modified }) => modified < before).map(({ key }) => key);
    for (let i = 0; i < old.length; i += DELETE_BATCH) {
      const batch = old.slice(i, i + DELETE_BATCH);
      deleted += batch.length - (dryRun ? 0 : (await bucket.deleteMany(batch, CONTEXT)).length);
    }
  }
  return deleted;
}
