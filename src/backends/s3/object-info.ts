/** What S3 tells of objects, as `Info`. */
import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { Info } from '../../fs/info.js';
import { inlineDisposition, inlineFilename, keptFilename } from '../../path/content-disposition.js';
import { contentTypeHeader, mediaTypeOfName } from '../../path/media-type.js';
import { basename } from '../../path/parts.js';
import type { ObjectHeaders, StoredObject } from './bucket-types.js';
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
  const {
    ContentLength = 0,
    LastModified = new Date(0),
    ETag,
    ContentType,
    ContentDisposition,
    Metadata,
  } = object;
  return {
    ...fileInfo(path, { size: ContentLength, modified: wholeSeconds(LastModified), etag: ETag }),
    ...keptInfo(path, {
      contentType: ContentType,
      metadata: Metadata,
      filename: inlineFilename(ContentDisposition),
    }),
  };
}

/** What is kept with the bytes of a file. */
export interface KeptWith {
  readonly contentType: string | undefined;
  readonly metadata: Record<string, string> | undefined;
  /** As it was given; kept where the path says another. */
  readonly filename: string | undefined;
}

/** Of it, what `Info` tells. */
export function keptInfo(
  path: string,
  { contentType, metadata, filename }: KeptWith,
): Pick<Info, 'contentType' | 'version' | 'filename'> {
  const version = metadata?.[WRITE_MARK];
  const name = keptFilename(filename, path);
  return {
    ...(version === undefined ? {} : { version }),
    ...keptType(path, contentType),
    ...(name === undefined ? {} : { filename: name }),
  };
}

/** The same as headers of the object. The name to save it under is told where S3 itself tells it to browsers. */
export function headersAt(path: string, { contentType, metadata, filename }: KeptWith): ObjectHeaders {
  const name = keptFilename(filename, path);
  return {
    ...(contentType === undefined ? {} : { ContentType: contentType }),
    ...(metadata === undefined ? {} : { Metadata: metadata }),
    ...(name === undefined ? {} : { ContentDisposition: inlineDisposition(name) }),
  };
}

/** The type that is stored with a file whose writer named none. */
export function typeByName(path: string): string {
  return contentTypeHeader(mediaTypeOfName(basename(path)));
}

/** The media type as `Info` tells it: nothing, where it says no more than the name. */
function keptType(path: string, stored: string | undefined): { contentType?: string } {
  if (stored === undefined || stored === 'binary/octet-stream' || stored === typeByName(path)) return {};
  return { contentType: stored };
}
