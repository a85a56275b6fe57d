/** Requests by signed URLs: who has one needs nobody's leave, and gets what it says and no more. */
import type { SignedParameters, SignedTarget } from '../urls/signed-url.js';
import { claimsSignature, endOf, verifyQuery } from '../urls/signed-url.js';
import type { Exchange, SignedRead } from './exchange.js';
import { HttpProblem } from './http-problem.js';

/** Parameters of a URL for reading that change the answer. */
const READ_NAMES = ['download', 'type'] as const;

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

/**
 * The parameters of a URL that claims to be signed.
 * @throws HttpProblem 403: past or altered, or nothing is signed here
 */
export function verifiedParameters(
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
