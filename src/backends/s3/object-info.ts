/** What S3 tells of objects, as `Info`. */
import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { Info } from '../../fs/info.js';
import { contentTypeHeader, mediaTypeOfName } from '../../path/media-type.js';
import { basename } from '../../path/parts.js';
import type { StoredObject } from './bucket-types.js';
import { WRITE_MARK, wholeSeconds } from './metadata.js';

/** Directories have no dates in S3. */
const NO_DATE = new Date(0);

export function fileInfo(path: string, { size, modified, etag }: Omit<StoredObject, 'key'>): Info {
  return {
    name: basename(path),
    path,
    isDir: false,
    size,
    modified,
    ...(etag === undefined ? {} : { etag }),
  };
}

export function directoryInfo(path: string): Info {
  return { name: basename(path), path, isDir: true, size: 0, modified: NO_DATE };
}

/** What HEAD tells of a file. */
export function infoOf(path: string, object: HeadObjectCommandOutput): Info {
  const { ContentLength = 0, LastModified = new Date(0), ETag, ContentType, Metadata } = object;
  const version = Metadata?.[WRITE_MARK];
  return {
    ...fileInfo(path, { size: ContentLength, modified: wholeSeconds(LastModified), etag: ETag }),
    ...(version === undefined ? {} : { version }),
    ...keptType(path, ContentType),
  };
}

/** The type that is stored with a file whose writer named none. */
export function typeByName(path: string): string {
  return contentTypeHeader(mediaTypeOfName(basename(path)));
}

/** The media type as `Info` tells it: nothing, where it says no more than the name. */
export function keptType(path: string, stored: string | undefined): { contentType?: string } {
  if (stored === undefined || stored === 'binary/octet-stream' || stored === typeByName(path)) return {};
  return { contentType: stored };
}
