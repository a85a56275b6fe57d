/**
 * Who may do what, decided from a request's head alone.
 *
 * Without a token only this machine is served, but every web page that is open
 * in a browser on it can send requests here too: by a form (cross-site
 * request forgery), or by a name of its own that it makes point to 127.0.0.1
 * (DNS rebinding), which makes it "same-origin" and lets it read the answers.
 * Names are therefore taken only if they are loopback names, and a request
 * that changes something only if the browser does not say that it comes from
 * elsewhere (Fetch Metadata, "Sec-Fetch-Site"; RFC 6454, "Origin").
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { ErrorAnswer } from '../http/error-response.js';
import { isLoopback } from './config.js';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** Whether the method is one that changes nothing (RFC 9110 §9.2.1). */
export function isSafeMethod(method: string | undefined): boolean {
  return SAFE_METHODS.has(method ?? '');
}

/** Why a web page that is not ours must not be served; `null` when all is well. */
export function refuseForeignPage({
  method,
  headers,
}: Pick<IncomingMessage, 'method' | 'headers'>): ErrorAnswer | null {
  if (!namesLoopback(headers.host)) {
    return {
      status: 403,
      detail: 'This server answers to localhost only. Set MAYFLY_TOKEN to serve it under another name.',
    };
  }
  if (isSafeMethod(method) || isSameOrigin(headers)) return null;
  return { status: 403, detail: 'This request comes from a page of another site.' };
}

/** What a request without the right token is told (RFC 6750 §3). */
export const UNAUTHORIZED: ErrorAnswer = {
  status: 401,
  detail: 'This needs a token: send it as "Authorization: Bearer <token>".',
  headers: { 'WWW-Authenticate': 'Bearer realm="mayfly"' },
};

/** Thrown to leave the file service when an action needs a token that was not sent. */
export class Unauthorized extends Error {
  override readonly name = 'Unauthorized';
}

/** Whether the request carries the token; the comparison takes the same time wherever they differ. */
export function hasToken(headers: IncomingHttpHeaders, token: string): boolean {
  const sent = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  return sent !== undefined && timingSafeEqual(digest(sent), digest(token));
}

/** Digests are of one length, which `timingSafeEqual` wants and which tells nothing of the token's. */
function digest(value: string): Buffer {
  return createHash('sha256').update(value).digest();
}

function namesLoopback(host: string | undefined): boolean {
  const name = /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(host ?? '')?.[1];
  return name !== undefined && isLoopback(name);
}

function isSameOrigin(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return false;
  const { origin } = headers;
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === headers.host?.toLowerCase();
}
