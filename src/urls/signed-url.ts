/**
 * Signed URLs of our own: who holds one may do what it says until it ends.
 *
 * What is signed is one text of four lines: the version of this scheme, the
 * class of methods, the path, and every parameter that means something,
 * sorted. All of it is printable ASCII, so an edge that has the key can build
 * it from the URL. Pure: time and keys are given. The scheme and a test vector
 * are in docs/URLS.md.
 */
import { encodeSegment } from '../path/percent-encoding.js';
import type { SigningKeys } from './signing-key.js';

const VERSION = 'mayfly-url-1';
/** The last second that a `Date` can tell (ECMA-262, "Time Values and Time Range"). */
const MAX_SECONDS = 8.64e12;

/** What a URL is signed for: reading (`GET` and `HEAD`) or uploading. Neither allows the other, or anything else. */
export type SignedMethod = 'GET' | 'POST';

/** Which file or directory a URL is for. */
export interface SignedTarget {
  readonly method: SignedMethod;
  readonly namespace: string;
  /** Canonical. */
  readonly path: string;
}

/** What a URL says besides its target, by name. */
export type SignedParameters = Readonly<Record<string, string>>;

/** Why a URL is refused: it is not as it was signed, or its time is over. */
export type Refusal = 'altered' | 'past';

/** The parameter that carries the end, in whole seconds since the epoch. */
export const EXPIRES = 'expires';
/** The parameter that carries the signature. */
export const SIGNATURE = 'signature';

/** The text whose HMAC is the signature. */
export function stringToSign(
  { method, namespace, path }: SignedTarget,
  parameters: SignedParameters,
): string {
  const encodedPath = [namespace, ...path.split('/')].map(encodeSegment).join('/');
  const sorted = Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  return [VERSION, method, `/${encodedPath}`, queryOf(sorted)].join('\n');
}

/** The query of a signed URL, without a question mark. */
export function signedQuery(keys: SigningKeys, target: SignedTarget, parameters: SignedParameters): string {
  const signature = keys.sign(stringToSign(target, parameters));
  const { [EXPIRES]: expires, ...rest } = parameters;
  const end: [string, string][] = expires === undefined ? [] : [[EXPIRES, expires]];
  return queryOf([...Object.entries(rest), ...end, [SIGNATURE, signature]]);
}

/** Whether a query claims to be signed. With `expires` alone it is one that lost its signature. */
export function claimsSignature(query: URLSearchParams): boolean {
  return query.has(SIGNATURE) || query.has(EXPIRES);
}

/**
 * Check a query that claims to be signed.
 *
 * @param names of the parameters that mean something to this method; others, such as a counter's, are left alone
 * @param now ms since the epoch
 * @returns the parameters as they were signed, or why they are refused
 */
export function verifyQuery(
  keys: SigningKeys,
  target: SignedTarget,
  query: URLSearchParams,
  names: readonly string[],
  now: number,
): SignedParameters | Refusal {
  const signature = onlyValue(query, SIGNATURE);
  if (typeof signature !== 'string') return 'altered';
  const parameters: Record<string, string> = {};
  for (const name of [...names, EXPIRES]) {
    const value = onlyValue(query, name);
    if (value === null) return 'altered';
    if (value !== undefined) parameters[name] = value;
  }
  if (!keys.verify(stringToSign(target, parameters), signature)) return 'altered';
  const end = endOf(parameters);
  return end !== null && now >= end ? 'past' : parameters;
}

/** When signed parameters end, in ms since the epoch; null for never. */
export function endOf({ [EXPIRES]: expires }: SignedParameters): number | null {
  return expires === undefined ? null : Number(expires) * 1000;
}

/**
 * The `expires` of a URL that shall work for `seconds` from `now`: whole
 * seconds since the epoch, rounded up; never later than the file's deadline.
 *
 * @param now ms since the epoch
 * @param seconds 0 for no end of its own
 * @param deadline of the file; null for none
 * @returns undefined for no end
 * @throws RangeError the end is later than a date can tell
 */
export function expiresOf(now: number, seconds: number, deadline: Date | null): string | undefined {
  const asked = seconds > 0 ? Math.ceil(now / 1000 + seconds) : Number.POSITIVE_INFINITY;
  if (seconds > 0 && asked > MAX_SECONDS) throw new RangeError('timeout is later than a date can tell');
  const end = Math.min(asked, deadline === null ? asked : Math.floor(deadline.getTime() / 1000));
  return Number.isFinite(end) ? String(end) : undefined;
}

/** Undefined when the parameter is missing, null when it is there twice: which one holds must not be a matter of taste. */
function onlyValue(query: URLSearchParams, name: string): string | null | undefined {
  const values = query.getAll(name);
  return values.length > 1 ? null : values[0];
}

function queryOf(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, value]) => `${name}=${encodeSegment(value)}`).join('&');
}
