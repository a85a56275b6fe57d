/**
 * From a URL to a namespace and a path in it.
 *
 * Every segment is percent-decoded exactly once, after the URL was taken apart
 * at its slashes (RFC 3986 section 2.4). An encoded slash would make one
 * segment two names, so it is refused; what else a name can't have, `..` above
 * the namespace included, is the filesystem's to refuse.
 */
import { badRequest } from './http-problem.js';

export interface RequestTarget {
  /** Decoded, and anything at all; the empty string when the URL names none. */
  readonly namespace: string;
  /** Decoded and joined by slashes, not yet canonical. */
  readonly path: string;
  /** The URL is that of a namespace or ends like that of a directory. */
  readonly namesDirectory: boolean;
  /** From the question mark on; the empty string for none. */
  readonly search: string;
}

/** A namespace and a file in it, of letters that need no escape, in canonical form: nothing to decode and to resolve. */
const PLAIN = /^\/[\w-][\w.-]*(?:\/[\w-][\w.-]*)+$/;

/** @throws HttpProblem 400 for bad escapes and encoded slashes */
export function parseTarget(url: string): RequestTarget {
  const { path, tail } = splitUrl(url);
  if (PLAIN.test(path)) {
    const slash = path.indexOf('/', 1);
    return {
      namespace: path.slice(1, slash),
      path: path.slice(slash + 1),
      namesDirectory: false,
      search: tail,
    };
  }
  const segments = path.replace(/^\//, '').split('/').map(decodeSegment);
  const [namespace = '', ...rest] = segments;
  const last = rest.at(-1);
  return {
    namespace,
    path: rest.join('/'),
    namesDirectory: last === undefined || last === '' || last === '.' || last === '..',
    search: tail,
  };
}

/**
 * Cuts a mount point off URLs.
 * @param urlRoot path without a slash at its end, or `/`
 * @returns a function from a URL to what is below the mount point, beginning with a slash; null for a URL elsewhere
 */
export function cutter(urlRoot: string): (url: string) => string | null {
  const root = urlRoot === '/' ? '' : urlRoot;
  // As it was configured, and as a browser writes it; RFC 3986 section 6.2.2.1 has escapes in either case.
  const written = new URL(urlRoot, 'http://localhost').pathname.replace(/\/$/, '');
  const inLowerCase = written.replace(/%[0-9A-F]{2}/g, (escaped) => escaped.toLowerCase());
  const roots = new Set([root, written, inLowerCase]);
  return (url) => {
    const { path, tail } = splitUrl(url);
    for (const spelling of roots) {
      if (path === spelling) return `/${tail}`;
      if (path.startsWith(`${spelling}/`)) return path.slice(spelling.length) + tail;
    }
    return null;
  };
}

/**
 * The path of a request target, and what follows it from the question mark on.
 * Proxies send the absolute form (RFC 9112 section 3.2.2).
 */
function splitUrl(url: string): { path: string; tail: string } {
  const at = url.search(/[?#]/);
  if (at === -1 && url.startsWith('/')) return { path: url, tail: '' };
  const end = at === -1 ? url.length : at;
  return {
    path: url.slice(0, end).replace(/^https?:\/\/[^/]*/i, ''),
    tail: url.slice(end).replace(/#.*$/s, ''),
  };
}

function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment;
  let decoded: string;
  try {
    decoded = decodeURIComponent(segment);
  } catch {
    throw badRequest('The URL has a percent sign that begins no valid escape.');
  }
  if (decoded.includes('/')) throw badRequest('The URL has an encoded slash in a name.');
  return decoded;
}
