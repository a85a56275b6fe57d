/** One page of a listing, from what S3 answers. */
import type { CommonPrefix, ListObjectsV2CommandOutput, _Object as S3Object } from '@aws-sdk/client-s3';
import { OperationFailed } from '../../errors/errors.js';
import type { ListPage, StoredObject } from './bucket-types.js';
import { wholeSeconds } from './metadata.js';

/**
 * @param path of the filesystem for which it was asked
 * @throws OperationFailed S3 names no way to the rest
 */
export function toListPage(output: ListObjectsV2CommandOutput, path: string): ListPage {
  const { Contents = [], CommonPrefixes = [], IsTruncated, NextContinuationToken } = output;
  if (IsTruncated && NextContinuationToken === undefined) {
    throw new OperationFailed(path, {
      message: 'S3 gave a part of a listing and no way to the rest',
    });
  }
  const decode = decoderOf(output);
  return {
    objects: Contents.map((object) => toStoredObject(object, decode)),
    prefixes: CommonPrefixes.map(({ Prefix = '' }: CommonPrefix) => decode(Prefix)),
    continuation: IsTruncated ? NextContinuationToken : undefined,
  };
}

/** Reads keys of a listing that was asked for with `EncodingType: 'url'`. */
export function decoderOf({ EncodingType }: { EncodingType?: string | undefined }): (text: string) => string {
  // There are servers that don't know the parameter, and say so by leaving it out.
  return EncodingType === 'url' ? decodeListed : (text) => text;
}

function toStoredObject(
  { Key = '', Size, LastModified, ETag }: S3Object,
  decode: (text: string) => string,
): StoredObject {
  return {
    key: decode(Key),
    size: Size ?? 0,
    modified: wholeSeconds(LastModified ?? new Date(0)),
    etag: ETag,
  };
}

/** Keys in listings are encoded as in forms, a plus for a space included. */
function decodeListed(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
