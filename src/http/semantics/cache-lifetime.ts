/**
 * How long a served file may be cached: the shortest of the policy that was
 * set and what the file has left (RFC 9111 section 5.2.2).
 */

/** RFC 9111 section 1.2.2: larger numbers of seconds are read as this one. */
const MAX_SECONDS = 2 ** 31 - 1;
const DIRECTIVE = /\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:=("(?:[^"\\]|\\.)*"|[^\s",;]+))?\s*(?:,|$)/y;
/** They let a cache use a file after its time, or never ask again. */
const OUTLIVING = new Set(['immutable', 'stale-while-revalidate', 'stale-if-error']);

/** They say of themselves who may store an answer, or that nobody may. */
const SAYS_WHO = new Set(['public', 'private', 's-maxage', 'no-store']);

export interface CacheDirective {
  /** In lower case. */
  readonly name: string;
  /** As it was written, quotes included. */
  readonly value: string | undefined;
}

/** @returns null for a text that is no `Cache-Control` field */
export function parseCacheControl(field: string): CacheDirective[] | null {
  const directives: CacheDirective[] = [];
  const directive = new RegExp(DIRECTIVE);
  while (directive.lastIndex < field.length) {
    const match = directive.exec(field);
    if (match === null) return null;
    directives.push({ name: (match[1] ?? '').toLowerCase(), value: match[2] });
  }
  return directives.length === 0 ? null : directives;
}

/** Whole seconds until the deadline, never more than there are; both in ms since the epoch. */
export function secondsLeft(deadline: number, now: number): number {
  return Math.min(MAX_SECONDS, Math.max(0, Math.floor((deadline - now) / 1000)));
}

/**
 * The `Cache-Control` to send.
 * @param policy as set by the user; undefined for none
 * @param left seconds that the file has left; null for ever
 * @returns undefined for no field at all
 */
export function cacheControlFor(policy: string | undefined, left: number | null): string | undefined {
  if (left === null) return policy;
  const directives = (policy === undefined ? null : parseCacheControl(policy)) ?? [];
  if (directives.some(({ name }) => name === 'no-store')) return policy;
  const kept = directives
    .filter(({ name }) => !OUTLIVING.has(name))
    .map((directive) => text(shortened(directive, left)));
  // Without a max-age a cache would guess one (RFC 9111 section 4.2.2).
  if (!directives.some(({ name }) => name === 'max-age')) kept.push(`max-age=${left}`);
  // Else a cache that can't reach us may still serve what is gone (section 4.2.4).
  if (!directives.some(({ name }) => name === 'must-revalidate')) kept.push('must-revalidate');
  return kept.join(', ');
}

/**
 * The same for what `authorize` has let somebody have. A cache that others use
 * may store what was asked for with `Authorization` if the answer says
 * `must-revalidate` (RFC 9111 section 3.5), and anything that was asked for
 * with a cookie; so unless the policy says who may store it, nobody but the
 * client may, and that asks again each time.
 */
export function guardedCacheControlFor(policy: string | undefined, left: number | null): string {
  const directives = (policy === undefined ? null : parseCacheControl(policy)) ?? [];
  const cacheControl = cacheControlFor(policy, left);
  if (directives.some(({ name }) => SAYS_WHO.has(name)) && cacheControl !== undefined) return cacheControl;
  return `private, ${cacheControl ?? 'no-cache'}`;
}

/** Seconds that a URL must have left when a cache gives it out last, so that it can still be followed. */
const MOST_MARGIN_SECONDS = 30;

/**
 * The `Cache-Control` of a redirect to a URL that ends: for the client alone,
 * as the URL is a secret, and shorter than URL and file have left.
 *
 * @param policy as set by the user for files; undefined for none
 * @param urlLeft seconds that the URL has left
 * @param fileLeft seconds that the file has left; null for ever
 */
export function redirectCacheControl(
  policy: string | undefined,
  urlLeft: number,
  fileLeft: number | null,
): string {
  const directives = (policy === undefined ? null : parseCacheControl(policy)) ?? [];
  if (directives.some(({ name }) => name === 'no-store')) return 'no-store';
  const margin = Math.min(MOST_MARGIN_SECONDS, Math.ceil(urlLeft / 10));
  const policySeconds = directives.find(({ name }) => name === 'max-age')?.value?.replaceAll('"', '');
  const noCache = directives.some(({ name }) => name === 'no-cache');
  const asked = noCache ? 0 : Number(policySeconds ?? Number.POSITIVE_INFINITY);
  const seconds = Math.min(urlLeft - margin, fileLeft ?? urlLeft, Number.isNaN(asked) ? 0 : asked);
  return `private, max-age=${Math.max(0, Math.floor(seconds))}`;
}

function shortened(directive: CacheDirective, left: number): CacheDirective {
  const { name, value } = directive;
  if (name !== 'max-age' && name !== 's-maxage') return directive;
  const seconds = Number(value?.replaceAll('"', ''));
  return { name, value: String(Number.isFinite(seconds) ? Math.min(seconds, left) : 0) };
}

function text({ name, value }: CacheDirective): string {
  return value === undefined ? name : `${name}=${value}`;
}
