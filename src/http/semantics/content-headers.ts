/** What a served file is said to be, and what a browser may do with it. */
import mime from 'mime-types';
import { splitExtension } from '../../path/parts.js';
import { encodeSegment } from '../../urls/url-root.js';

const UNKNOWN = 'application/octet-stream';
/** What clients send that know nothing of a file: curl's default for bodies, and everybody's for bytes. */
const SAYS_NOTHING = /^(?:application\/octet-stream|application\/x-www-form-urlencoded|multipart\/.*)$/i;

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
/** RFC 9110 section 8.3.1. */
const MEDIA_TYPE = new RegExp(`^(${TOKEN}/${TOKEN})(?:\\s*;\\s*${TOKEN}=(?:${TOKEN}|"[^"\\\\\\r\\n]*"))*$`);

/** Types that a browser runs, or reads as a document that can carry scripts. */
const ACTIVE = /html|xml|svg|xsl|javascript|ecmascript|jscript|mixed-replace|mimearchive|rfc822|flash/i;

/** The media type of a file, without a charset of ours: what was kept with it, else by its name. */
export function mediaTypeOf(info: { name: string; contentType?: string | undefined }): string {
  const kept = info.contentType;
  if (kept !== undefined && MEDIA_TYPE.test(kept)) return kept;
  // Of a bare word the library would think that it is an extension.
  const { extension } = splitExtension(info.name);
  return (extension !== '' && mime.lookup(extension)) || UNKNOWN;
}

/** `Content-Type` to serve a media type with: text gets a charset unless it has one. */
export function contentTypeHeader(mediaType: string): string {
  if (/;\s*charset=/i.test(mediaType)) return mediaType;
  const charset = mime.charset(mediaType);
  return charset === false ? mediaType : `${mediaType}; charset=${charset.toLowerCase()}`;
}

/** The type that a client gave its upload, when it says something; a name says more than a default. */
export function declaredMediaType(field: string | undefined): string | undefined {
  const type = MEDIA_TYPE.exec(field?.trim() ?? '');
  if (type === null || SAYS_NOTHING.test(type[1] ?? '') || type[0].length > 255) return undefined;
  return type[0];
}

/**
 * Whether a browser would run the content in our origin: HTML, SVG, other XML
 * (which can bring style sheets that make HTML), scripts.
 */
export function isActiveContent(mediaType: string): boolean {
  return ACTIVE.test(mediaType.split(';', 1)[0] ?? '');
}

/**
 * `Content-Disposition` that makes a browser save the file (RFC 6266).
 * `filename` is for the clients that know no other, so it has nothing that
 * they could misread; `filename*` has the name itself (RFC 8187).
 */
export function attachmentDisposition(name: string): string {
  const last = name
    .replace(/^.*[/\\]/s, '')
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, '')
    .toWellFormed();
  if (last === '') return 'attachment';
  // RFC 6266 appendix D: no percent sign followed by digits, no backslash, no quote.
  const plain = last.replace(/[^\x20-\x7e]|["%\\]/gu, '_');
  const quoted = `attachment; filename="${plain}"`;
  return plain === last ? quoted : `${quoted}; filename*=UTF-8''${encodeSegment(last)}`;
}
