/** Requests by signed URLs: who has one needs nobody's leave, and gets what it says and no more. */
import type { OnConflict } from '../namespaces/upload-url.js';
import type { SignedParameters, SignedTarget } from '../urls/signed-url.js';
import { claimsSignature, endOf, verifyQuery } from '../urls/signed-url.js';
import type { Exchange, SignedRead } from './exchange.js';
import { HttpProblem } from './http-problem.js';

/** Parameters of a URL for reading that change the answer. */
const READ_NAMES = ['download', 'type'] as const;

/** Whether the URL claims to be signed, where URLs are. */
export function isSigned({ service, plain, query }: Exchange): boolean {
  return service.urls !== null && !plain && claimsSignature(query);
}

/**
 * What the URL of a GET or HEAD was signed to say; null for one that is not signed.
 * @throws HttpProblem 403: past, altered, or not signed where it must be
 */
export function signedRead(exchange: Exchange): SignedRead | null {
  const { urls } = exchange.service;
  if (urls === null) return null;
  if (!claimsSignature(exchange.query)) {
    if (urls.required) throw new HttpProblem(403, 'Files are served by signed URLs here.');
    return null;
  }
  const parameters = verifiedParameters(exchange, 'GET', READ_NAMES);
  const { download, type } = parameters;
  return { end: endOf(parameters), download, type };
}

/** Parameters of a URL for uploading that change what is done. */
const UPLOAD_NAMES = ['filename', 'maxBytes', 'accept', 'onConflict', 'until'] as const;
/** Those of an upload that nobody signed. */
const OWN_NAMES = ['seconds', 'days', 'timeout'] as const;

/** What a signed URL for uploading says; undefined: nothing of that. */
export interface SignedUpload {
  readonly filename: string | undefined;
  readonly maxBytes: number | undefined;
  readonly accept: readonly string[] | undefined;
  readonly onConflict: OnConflict | undefined;
  /** Deadline of the file, in ms since the epoch. */
  readonly until: number | undefined;
}

/**
 * What the URL of a POST was signed to say; null for one that is not signed.
 * @throws HttpProblem 403: past or altered
 */
export function signedUpload(exchange: Exchange): SignedUpload | null {
  const { service, query } = exchange;
  if (service.urls === null || !claimsSignature(query)) return null;
  const parameters = verifiedParameters(exchange, 'POST', UPLOAD_NAMES);
  if (OWN_NAMES.some((name) => query.has(name))) throw altered();
  const { filename, maxBytes, accept, onConflict, until } = parameters;
  return {
    filename,
    maxBytes: maxBytes === undefined ? undefined : Number(maxBytes),
    accept: accept?.split(','),
    onConflict: onConflict as OnConflict | undefined,
    until: until === undefined ? undefined : Number(until),
  };
}

/**
 * The parameters of a URL that claims to be signed.
 * @throws HttpProblem 403: past or altered, or nothing is signed here
 */
function verifiedParameters(
  exchange: Exchange,
  method: SignedTarget['method'],
  names: readonly string[],
): SignedParameters {
  const { service, namespace, path, query } = exchange;
  if (service.urls === null) throw altered();
  const verdict = verifyQuery(service.urls.keys, { method, namespace, path }, query, names, exchange.now());
  if (verdict === 'past') throw new HttpProblem(403, 'This URL has expired.');
  if (verdict === 'altered') throw altered();
  return verdict;
}

function altered(): HttpProblem {
  return new HttpProblem(403, 'This URL is not as it was signed.');
}
