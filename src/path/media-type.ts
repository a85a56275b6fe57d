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

/** Whether it can be a `Content-Type`. */
export function isMediaType(value: string): boolean {
  return typeof value === 'string' && value.length <= 255 && MEDIA_TYPE.test(value);
}

/** @throws TypeError what is given can't be a `Content-Type` */
export function checkMediaType(value: string): void {
  if (isMediaType(value)) return;
  throw new TypeError("contentType must be a media type such as 'application/pdf'");
}

/**
 * Types that a browser may show as they are: pictures, sound, film, fonts, PDF
 * and plain data, in none of which it runs anything as a part of our site; and
 * bytes of no type, which it saves. A list of what is known to be harmless, as
 * nobody knows all that is not.
 */
const INLINE =
  /^(?:image\/(?:png|apng|jpeg|gif|webp|avif|bmp|heic|heif|tiff|x-icon|vnd\.microsoft\.icon)|audio\/[\w.+-]+|video\/[\w.+-]+|font\/[\w.+-]+|text\/(?:plain|csv|markdown)|application\/(?:pdf|json|octet-stream))$/i;

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

/** Whether a browser may show the content in our origin; what may not is put in a sandbox, or saved. */
export function isInlineType(mediaType: string): boolean {
  // Also below `audio/`, `video/` and `font/` a browser runs what ends in `+xml` (MIME Sniffing, "XML MIME type").
  return INLINE.test((mediaType.split(';', 1)[0] ?? '').trim()) && !isActiveContent(mediaType);
}
