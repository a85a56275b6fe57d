/**
 * All of `S3FS` that needs the SDK, as one module that is loaded when the first
 * bucket is used: it takes a fifth of a second and tens of megabytes, which
 * nobody who keeps files elsewhere should pay.
 */
import { Bucket } from './bucket.js';
import { ObjectPresigner } from './presign.js';
import { createS3Client } from './s3-client.js';
import type { ResolvedS3Options } from './s3-options.js';
import { Serial } from './serial.js';

export { makeDirectory, removeDirectory } from './directories.js';
export { examineBucket } from './examination.js';
export { listDirectory } from './listing.js';
export { ObjectTree } from './object-tree.js';
export { copyKeyTo, copyTo, moveTo } from './relocation.js';
export { removeBelow, removeFiles, removeMarkers } from './removal.js';
export { stageFile } from './staged-file.js';
export { identifyBucket } from './storage-identity.js';
export { sweepBucket } from './sweep.js';
export { listTree } from './tree-listing.js';

/** What the filesystems of one bucket and prefix share. */
export interface Connection {
  readonly bucket: Bucket;
  readonly presigner: ObjectPresigner;
  /** By key. */
  readonly serial: Serial;
}

/** Nothing is sent yet. */
export function connect(options: ResolvedS3Options): Connection {
  const { bucket, client: given } = options;
  const client = given ?? createS3Client(options);
  return {
    bucket: new Bucket(bucket, client, given === undefined),
    presigner: new ObjectPresigner(bucket, client),
    serial: new Serial(),
  };
}
