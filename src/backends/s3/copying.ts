/**
 * Copies on the server, so that the bytes don't pass through here. What is
 * large is copied part by part, side by side: one call copies at most 5 GB,
 * and says nothing while it does.
 * Source: S3 API, CopyObject and UploadPartCopy.
 */

import { buffer } from 'node:stream/consumers';
import type { CompletedPart, HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { OperationFailed } from '../../errors/errors.js';
import { forEachLimited } from '../../fs/derived/concurrency.js';
import { type Bucket, isRefusal, SourceChanged } from './bucket.js';
import type { CallContext, ObjectHeaders } from './bucket-types.js';
import { writeMark } from './metadata.js';
import type { ObjectTree } from './object-tree.js';

/** So that the largest object that S3 knows, 5 TB, still has less than 10 000 parts. */
const PART_BYTES = 512 * 1024 ** 2;
const PARTS_AT_ONCE = 8;

export interface CopiedObject {
  readonly key: string;
  readonly size: number;
  /** All that the copy shall be stored with. */
  readonly headers: ObjectHeaders;
  /** Copy this version only. */
  readonly etag?: string | undefined;
}

interface Target {
  readonly key: string;
  readonly createOnly: boolean;
}

/** How often a source may be replaced between the look at it and its copy. */
const TRIES = 10;

/**
 * Copy a version that is there, looking again when it was replaced meanwhile.
 * @param path of the source, for the error
 * @throws OperationFailed: it is replaced all the time; else what the two throw
 */
export async function copyCurrent(
  path: string,
  look: () => Promise<HeadObjectCommandOutput>,
  copy: (object: HeadObjectCommandOutput) => Promise<void>,
): Promise<void> {
  let cause: unknown;
  for (let tries = 0; tries < TRIES; tries++) {
    const object = await look();
    try {
      return await copy(object);
    } catch (error) {
      if (!(error instanceof SourceChanged)) throw error;
      cause = error;
    }
  }
  throw new OperationFailed(path, { message: 'the file is replaced too often to be copied', cause });
}

interface FileCopy {
  readonly from: string;
  /** What is at `from`. */
  readonly object: HeadObjectCommandOutput;
  readonly to: string;
  readonly createOnly: boolean;
}

/**
 * Copy a file whose destination has been checked.
 * @param smallBytes up to this a create-only copy goes through memory, as only a PUT is create-only everywhere
 * @throws FileExists with `createOnly`; ResourceNotFound; SourceChanged: `object` is not at `from` any more
 */
export async function copyFile(
  tree: ObjectTree,
  { from, object, to, createOnly }: FileCopy,
  smallBytes: number,
): Promise<void> {
  const { bucket, keys } = tree;
  if (!createOnly || (object.ContentLength ?? 0) > smallBytes) {
    return copyOnServer(tree, { fromKey: keys.key(from), object, to, createOnly });
  }
  const headers = headersOf(object, writeMark());
  const body = await tree.open(from, { start: 0, end: Number.POSITIVE_INFINITY }, object.ETag);
  if (body === null) throw new SourceChanged();
  await bucket.put(keys.key(to), await buffer(body), headers, { path: to, createOnly });
}

/**
 * Copy an object, below the prefix or not, to a path that has been checked.
 * @throws as `copyFile`
 */
export async function copyOnServer(
  { bucket, keys }: ObjectTree,
  { fromKey, object, to, createOnly }: Omit<FileCopy, 'from'> & { readonly fromKey: string },
): Promise<void> {
  const headers = headersOf(object, writeMark());
  const source = { key: fromKey, size: object.ContentLength ?? 0, headers, etag: object.ETag };
  await copyObject(bucket, source, { key: keys.key(to), createOnly }, { path: to });
}

/** Headers of an object for a copy of it, with a mark of the copy's own. */
function headersOf(object: HeadObjectCommandOutput, metadata: Record<string, string>): ObjectHeaders {
  const { CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, ContentType } = object;
  const kept = { CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, ContentType };
  const given = Object.entries(kept).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), Metadata: { ...object.Metadata, ...metadata } };
}

/**
 * Copy an object. With `createOnly` a server that ignores conditions on
 * copies is asked right before.
 *
 * @throws as `copyFile`
 */
export async function copyObject(
  bucket: Bucket,
  source: CopiedObject,
  target: Target,
  context: CallContext,
): Promise<void> {
  if (target.createOnly) await bucket.refuseExisting(target.key, context);
  if (source.size > PART_BYTES) return copyInParts(bucket, source, target, context);
  const input = {
    ...source.headers,
    MetadataDirective: 'REPLACE' as const,
    ...(source.etag === undefined ? {} : { CopySourceIfMatch: source.etag }),
  };
  await bucket.copy(source.key, target.key, input, { ...context, createOnly: target.createOnly });
}

async function copyInParts(
  bucket: Bucket,
  source: CopiedObject,
  { key, createOnly }: Target,
  context: CallContext,
): Promise<void> {
  const target = { Bucket: bucket.name, Key: key };
  const create = new CreateMultipartUploadCommand({ ...target, ...source.headers });
  const { UploadId } = await bucket.call(context, (options) => bucket.client.send(create, options));
  if (UploadId === undefined) throw new OperationFailed(context.path);
  try {
    const Parts = await copyParts(bucket, source, { key, uploadId: UploadId }, context);
    const complete = new CompleteMultipartUploadCommand({
      ...target,
      UploadId,
      MultipartUpload: { Parts },
      ...(createOnly ? { IfNoneMatch: '*' } : {}),
    });
    await bucket.creating(key, source.headers, { ...context, createOnly }, (options) =>
      bucket.client.send(complete, { ...options, requestTimeout: 0 }),
    );
  } catch (error) {
    // The first error is the one to tell; what can't be aborted now is swept later.
    await bucket.abortUpload(key, UploadId, { path: context.path }).catch(() => undefined);
    throw error;
  }
}

/** All parts, a few at a time. None is on its way when this ends. */
async function copyParts(
  bucket: Bucket,
  source: CopiedObject,
  target: { key: string; uploadId: string },
  context: CallContext,
): Promise<CompletedPart[]> {
  const count = Math.ceil(source.size / PART_BYTES);
  const numbers = Array.from({ length: count }, (_, i) => i + 1);
  const parts: CompletedPart[] = [];
  await forEachLimited(numbers, PARTS_AT_ONCE, async (PartNumber) => {
    parts[PartNumber - 1] = await copyPart(bucket, source, { ...target, PartNumber }, context);
  });
  return parts;
}

async function copyPart(
  bucket: Bucket,
  source: CopiedObject,
  { key, uploadId, PartNumber }: { key: string; uploadId: string; PartNumber: number },
  context: CallContext,
): Promise<CompletedPart> {
  const first = (PartNumber - 1) * PART_BYTES;
  const last = Math.min(first + PART_BYTES, source.size) - 1;
  const command = new UploadPartCopyCommand({
    Bucket: bucket.name,
    Key: key,
    UploadId: uploadId,
    PartNumber,
    CopySource: bucket.copySource(source.key),
    CopySourceRange: `bytes=${first}-${last}`,
    ...(source.etag === undefined ? {} : { CopySourceIfMatch: source.etag }),
  });
  const output = await bucket
    .call(context, (options) => bucket.client.send(command, { ...options, requestTimeout: 0 }))
    .catch((error: unknown) => {
      throw isRefusal(error) ? new SourceChanged(undefined, { cause: error }) : error;
    });
  const ETag = output.CopyPartResult?.ETag;
  if (ETag === undefined) throw new OperationFailed(context.path);
  return { PartNumber, ETag };
}
