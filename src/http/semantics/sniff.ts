/**
 * What the first bytes of a file say that it is, whatever its sender says.
 *
 * Binary formats are told by file-type. What is left is text or bytes, by the
 * rules of the WHATWG MIME Sniffing Standard (sections 3 and 7.1). Of text it
 * matters what a browser would make of it, so HTML, SVG and other XML are told
 * by how they begin. A name then says which of the formats that look alike it
 * is: it can make `text/csv` of text, and a document of a ZIP file, but never
 * an image of anything.
 */
import { isActiveContent, mediaTypeOfName } from '../../path/media-type.js';

/** As many as all of the rules want to see. */
export const SNIFFED_BYTES = 4100;

const BYTES = 'application/octet-stream';
const TEXT = 'text/plain';
const HTML = 'text/html';
const SVG = 'image/svg+xml';
const XML = 'application/xml';

/** Section 3: binary data bytes. */
const BINARY = /[\u0000-\u0008\u000b\u000e-\u001a\u001c-\u001f]/;
/** Section 7.1: elements by which HTML is known. */
const HTML_ELEMENTS =
  /^(?:html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|meta|link|img|base|object|embed|form|input|button|video|audio|math|frameset|template|noscript|center|ul|ol|span|details|marquee|applet)$/i;

/** Formats that are others inside, by what they look like. */
const CONTAINERS: Readonly<Record<string, RegExp>> = {
  [TEXT]: /^(?:text\/|application\/(?:.*\+)?(?:json|yaml|toml|x-sh|sql|x-subrip|x-tex|rtf|geo\+json)$)/,
  [XML]: /\+xml$/,
  'application/zip':
    /^application\/(?:vnd\.openxmlformats-officedocument\..*|vnd\.oasis\.opendocument\..*|.*\+zip|vnd\.ms-(?:excel|word|powerpoint)\..*|java-archive|vnd\.android\.package-archive)$/,
  'application/x-cfb':
    /^application\/(?:msword|vnd\.ms-(?:excel|powerpoint|outlook|project|works)|vnd\.visio)$/,
};

/**
 * The media type of a file.
 * @param head the first `SNIFFED_BYTES`, or all when there are fewer
 * @param name of the file
 */
export async function sniffMediaType(head: Buffer, name: string): Promise<string> {
  const seen = await looksLike(head);
  const named = mediaTypeOfName(name);
  if (named === seen || CONTAINERS[seen]?.test(named) !== true) return seen;
  // Text that a browser would run by its name alone is what it is: text.
  return isActiveContent(named) && seen !== XML ? seen : refined(seen, named);
}

/** XHTML and SVG are known by their roots, so what was not found to be one is not made one by its name. */
function refined(seen: string, named: string): string {
  return seen === XML && /xhtml|svg/.test(named) ? seen : named;
}

async function looksLike(head: Buffer): Promise<string> {
  // First, as the mark of UTF-16 is the beginning of an MPEG frame too.
  const wide = wideText(head);
  if (wide !== null) return markupOf(wide) ?? TEXT;
  const found = await binaryFormat(head);
  if (found !== undefined && found !== XML) return found;
  // Of other encodings only what is ASCII matters here.
  const text = head.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '');
  if (BINARY.test(text)) return found ?? BYTES;
  return markupOf(text) ?? found ?? TEXT;
}

/** Loaded with the first file that is to be looked at: most servers take what they are sent for what it is called. */
async function binaryFormat(head: Buffer): Promise<string | undefined> {
  const { fileTypeFromBuffer } = await import('file-type');
  return (await fileTypeFromBuffer(head).catch(() => undefined))?.mime;
}

/** Text in UTF-16 by its mark; null for anything else. */
function wideText(head: Buffer): string | null {
  const mark = head.subarray(0, 2).toString('hex');
  if (mark !== 'fffe' && mark !== 'feff') return null;
  const text = new TextDecoder(mark === 'fffe' ? 'utf-16le' : 'utf-16be').decode(head);
  return BINARY.test(text) ? null : text;
}

/** HTML, SVG or other XML by the first element; null for a text that begins with none. */
function markupOf(text: string): string | null {
  let rest = text.trimStart();
  let isXml = false;
  for (;;) {
    // The name ends where its word does: else every shorter one would be tried on a declaration without an end.
    const skipped =
      /^(?:<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!doctype(?:\s+(\w+)\b)?[^>[]*(?:\[[\s\S]*?\]\s*)?>)\s*/i.exec(
        rest,
      );
    if (skipped === null) break;
    isXml ||= /^<\?xml/i.test(rest);
    if (/^html$/i.test(skipped[1] ?? '')) return HTML;
    if (/^svg$/i.test(skipped[1] ?? '')) return SVG;
    rest = rest.slice(skipped[0].length);
  }
  // A comment or declaration that has no end here is one to a browser all the same.
  if (/^<!(?:--|doctype)/i.test(rest)) return HTML;
  const element = /^<(?:[\w.-]+:)?([\w.-]+)(?=[\s/>]|$)/.exec(rest)?.[1];
  if (element === undefined) return isXml || /^<\?xml/i.test(rest) ? XML : null;
  if (/^svg$/i.test(element)) return SVG;
  if (HTML_ELEMENTS.test(element)) return HTML;
  return isXml || /\sxmlns(?::\w+)?\s*=/.test(rest.slice(0, rest.indexOf('>') + 1)) ? XML : null;
}
