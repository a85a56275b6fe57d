/** What is told of a file in JSON, the same in every answer. */
import type { z } from 'zod';
import type { Info } from '../fs/info.js';
import type { Exchange } from './exchange.js';
import type { fileSchema } from './schemas.js';
import { mediaTypeOf } from './semantics/content-headers.js';
import { entityTagOf } from './semantics/entity-tag.js';

export type FileResource = z.infer<typeof fileSchema>;

/**
 * Asks neither storage nor store, so that what was done is told also where they fail right after.
 * @param deadline of the file
 * @param timeout seconds that the URL shall work
 */
export function describeFile(
  { fs, namespace, service }: Exchange,
  info: Info,
  deadline: Date | null,
  timeout?: number,
): FileResource | Promise<FileResource> {
  const describe = (url: string): FileResource => ({
    namespace,
    path: info.path,
    size: info.size,
    contentType: mediaTypeOf(info),
    etag: entityTagOf(info),
    url,
    expires: deadline?.toISOString() ?? null,
  });
  const isPlain = timeout === undefined && service.urls === null && !service.presigns;
  if (isPlain) return describe(fs.getPlainUrl(info.path));
  return fs.getUrlUntil(info.path, deadline, timeout === undefined ? {} : { timeout }).then(describe);
}
