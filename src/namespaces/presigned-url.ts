/** What a presigned URL makes of a file: who may run it, how long it may be kept, and when it ends. */
import type { Clock } from '../clock/clock.js';
import type { PresignOptions } from '../fs/presigner.js';
import { attachmentDisposition } from '../path/content-disposition.js';
import { isInlineType, mediaTypeOfName } from '../path/media-type.js';
import { basename } from '../path/parts.js';

/** Options of `NamespaceFS.presign`. */
export interface PresignedUrlOptions {
  /** Default GET. */
  method?: 'GET' | 'HEAD';
  /** Life of the URL in whole seconds, from 1. */
  expiresIn: number;
  /** Seconds for which the same URL is given; see `PresignOptions`. */
  window: number;
  /** Ask the browser to save the file, under this name if one is given. */
  download?: boolean | string | undefined;
  /** Media type to serve the file as. */
  contentType?: string | undefined;
  /** `Cache-Control` of the file; cut short by its deadline. Default: what was stored. */
  cacheControl?: string | undefined;
  /** The file's deadline, if it has been looked up a moment ago; null for none. Default: it is looked up. */
  deadline?: Date | null;
  /** Let HTML, SVG and the like run in the browser; default false, which makes all but the types known to be harmless attachments. */
  trusted?: boolean;
}

/**
 * @param deadline of the file, by `clock`
 */
export function presignOptions(
  path: string,
  { method, expiresIn, window, download, contentType, cacheControl, trusted }: PresignedUrlOptions,
  deadline: Date | null,
  clock: Clock,
): PresignOptions {
  const disposition = dispositionOf(basename(path), contentType, { download, trusted });
  return {
    expiresIn,
    window: Math.max(1, Math.floor(window)),
    ...(method === undefined ? {} : { method }),
    ...(disposition === null ? {} : { contentDisposition: disposition }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(deadline === null
      ? { ...(cacheControl === undefined ? {} : { cacheControl }) }
      : untilDeadline(systemTimeOf(deadline, clock), cacheControl)),
  };
}

function dispositionOf(
  name: string,
  contentType: string | undefined,
  { download, trusted }: Pick<PresignedUrlOptions, 'download' | 'trusted'>,
): string | null {
  if (typeof download === 'string' && download !== '') return attachmentDisposition(download);
  const runs = [contentType, mediaTypeOfName(name)].some((type) => type !== undefined && !isInlineType(type));
  return download === true || download === '' || (runs && trusted !== true)
    ? attachmentDisposition(name)
    : null;
}

/** No cache may keep the file past its deadline. A date says so at whatever time the URL is followed. */
function untilDeadline(end: number, cacheControl: string | undefined): Partial<PresignOptions> {
  const noStore = cacheControl !== undefined && /(?:^|[\s,])no-store(?:$|[\s,])/i.test(cacheControl);
  return {
    notAfter: end,
    expires: new Date(end),
    cacheControl: noStore ? 'no-store' : 'private, must-revalidate',
  };
}

/** A moment of mayfly's clock by the system's, by which S3 goes. Whole seconds: two looks at one clock differ by less. */
export function systemTimeOf(deadline: Date, clock: Clock): number {
  const now = clock();
  return deadline.getTime() + Math.floor((Date.now() - now) / 1000) * 1000;
}
