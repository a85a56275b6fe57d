/** What is told of a file in JSON, the same in every answer. */
import type { z } from 'zod';
import type { Info } from '../fs/info.js';
import type { Exchange } from './exchange.js';
import type { fileSchema } from './schemas.js';
import { mediaTypeOf } from './semantics/content-headers.js';
import { entityTagOf } from './semantics/entity-tag.js';

export type FileResource = z.infer<typeof fileSchema>;

/** @param timeout seconds that the URL shall work */
export async function describeFile(
  { fs, namespace }: Exchange,
  info: Info,
  timeout?: number,
): Promise<FileResource> {
  const expires = await fs.getExpiration(info.path);
  return {
    namespace,
    path: info.path,
    size: info.size,
    contentType: mediaTypeOf(info),
    etag: entityTagOf(info),
    url: await fs.getUrlUntil(info.path, expires, timeout === undefined ? {} : { timeout }),
    expires: expires?.toISOString() ?? null,
  };
}
