/** What a URL of our own, as opposed to one of the storage's, says after the question mark. */
import type { Clock } from '../clock/clock.js';
import { Unsupported } from '../errors/errors.js';
import type { FileKey } from '../expirations/expiration.js';
import { encodeSegment } from '../path/percent-encoding.js';
import type { SignedParameters } from '../urls/signed-url.js';
import { expiresOf, signedQuery } from '../urls/signed-url.js';
import type { UrlSigning } from '../urls/signing-key.js';

/** What is asked of a URL. */
export interface OwnUrlOptions {
  /** Seconds until it stops working; default 0, for ever. */
  readonly timeout?: number | undefined;
  /** Ask the browser to save the file, under this name if one is given. */
  readonly download?: boolean | string | undefined;
  /** Media type to serve the file as. */
  readonly contentType?: string | undefined;
}

/** How URLs are made here. */
export interface UrlMaker {
  readonly urls: UrlSigning | null;
  readonly clock: Clock;
}

/**
 * @param deadlineOf asked only where the answer counts
 * @returns the query without a question mark; '' for none
 * @throws Unsupported, RangeError
 */
export async function ownQuery(
  { urls, clock }: UrlMaker,
  { namespace, path }: FileKey,
  { timeout = 0, download = false, contentType }: OwnUrlOptions,
  deadlineOf: () => Promise<Date | null>,
): Promise<string> {
  const saveAs = download === false ? undefined : download === true ? '' : download.toWellFormed();
  if (urls === null && contentType !== undefined) {
    throw new Unsupported(path, { message: 'contentType needs signed URLs: set urls.secrets' });
  }
  // The type is believed of nobody but who can sign.
  if (urls === null || (timeout === 0 && !urls.required && contentType === undefined)) {
    return saveAs === undefined ? '' : `download=${encodeSegment(saveAs)}`;
  }
  const parameters: SignedParameters = {
    ...(saveAs === undefined ? {} : { download: saveAs }),
    ...(contentType === undefined ? {} : { type: contentType }),
    ...endOf(expiresOf(clock(), timeout, await deadlineOf())),
  };
  return signedQuery(urls.keys, { method: 'GET', namespace, path }, parameters);
}

function endOf(expires: string | undefined): SignedParameters {
  return expires === undefined ? {} : { expires };
}
