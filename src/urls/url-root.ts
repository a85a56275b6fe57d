/** The URL base of served files, and URLs below it. */
import { encodeSegment } from '../path/percent-encoding.js';

/** Whether `value` can be a URL base: a path such as `/files`, or an absolute http(s) URL. */
export function isUrlRoot(value: string): boolean {
  if (/[?#\s\\\p{Cc}\p{Cs}]/u.test(value)) return false;
  if (value.startsWith('/')) return !value.startsWith('//');
  if (!/^https?:\/\//i.test(value)) return false;
  return URL.canParse(value);
}

/** Without slashes at the end, so that `/` becomes the empty string, and as it stands in a header: `/ü` is `/%C3%BC`. */
export function canonicalUrlRoot(urlRoot: string): string {
  if (/^[\x20-\x7e]*$/.test(urlRoot)) return trimmed(urlRoot);
  const [, origin = '', path = ''] = /^(https?:\/\/[^/]*)?(.*)$/i.exec(urlRoot) ?? [];
  return trimmed((origin && trimmed(new URL(origin).href)) + encoded(path));
}

/** RFC 3986 section 2.1, of what is not ASCII. */
function encoded(path: string): string {
  return path.replace(/[^\x20-\x7e]+/gu, encodeURIComponent);
}

function trimmed(urlRoot: string): string {
  return urlRoot.replace(/\/+$/, '');
}

/** The path part of a URL base, for mounting; `/` when there is none. */
export function mountPath(urlRoot: string): string {
  const path = urlRoot.startsWith('/') || urlRoot === '' ? urlRoot : new URL(urlRoot).pathname;
  return trimmed(path) || '/';
}

/**
 * The URL of a file.
 * @param urlRoot canonical
 * @param path canonical
 */
export function fileUrl(urlRoot: string, namespace: string, path: string): string {
  return [urlRoot, namespace, ...path.split('/')]
    .map((part, i) => (i === 0 ? part : encodeSegment(part)))
    .join('/');
}
