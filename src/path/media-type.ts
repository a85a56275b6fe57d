/** Media types: what the name of a file says about its content, and what a browser makes of it. */
import mime from 'mime-types';
import { splitExtension } from './parts.js';

const UNKNOWN_MEDIA_TYPE = 'application/octet-stream';

/** Types that a browser runs, or reads as a document that can carry scripts. */
const ACTIVE = /html|xml|svg|xsl|javascript|ecmascript|jscript|mixed-replace|mimearchive|rfc822|flash/i;

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
/** RFC 9110 section 8.3.1; group 1 is the type without parameters. */
export const MEDIA_TYPE = new RegExp(
  `^(${TOKEN}/${TOKEN})(?:\\s*;\\s*${TOKEN}=(?:${TOKEN}|"[^"\\\\\\r\\n]*"))*$`,
);

/** @throws TypeError what is given can't be a `Content-Type` */
export function checkMediaType(value: string): void {
  if (typeof value === 'string' && value.length <= 255 && MEDIA_TYPE.test(value)) return;
  throw new TypeError("contentType must be a media type such as 'application/pdf'");
}

/** Media type by the extension, without a charset; `application/octet-stream` for one that says nothing. */
export function mediaTypeOfName(name: string): string {
  // Of a bare word the library would think that it is an extension.
  const { extension } = splitExtension(name);
  return (extension !== '' && mime.lookup(extension)) || UNKNOWN_MEDIA_TYPE;
}

/** A media type as it goes into `Content-Type`: text gets a charset unless it has one. */
export function contentTypeHeader(mediaType: string): string {
  if (/;\s*charset=/i.test(mediaType)) return mediaType;
  const charset = mime.charset(mediaType);
  return charset === false ? mediaType : `${mediaType}; charset=${charset.toLowerCase()}`;
}

/**
 * Whether a browser would run the content in our origin: HTML, SVG, other XML
 * (which can bring style sheets that make HTML), scripts.
 */
export function isActiveContent(mediaType: string): boolean {
  return ACTIVE.test(mediaType.split(';', 1)[0] ?? '');
}
