/**
 * How long clients are waited for: a connection is a thing that there are only
 * so many of, and whoever holds one and says nothing is cut off.
 *
 * Silence counts only while it is the client's: not while a body waits for a
 * slow storage, or an answer is being made.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { declaredLength, hasBody } from './answer.js';
import { sendError } from './error-response.js';

/** Limits in seconds. */
export interface Patience {
  readonly idleTimeout: number;
  readonly uploadTimeout: number;
}

/** Watch over one request until it is answered. */
export function watch(
  request: IncomingMessage,
  response: ServerResponse,
  { idleTimeout, uploadTimeout }: Patience,
): void {
  const idleMs = Math.ceil(idleTimeout * 1000);
  const { socket } = request;
  socket.setTimeout(idleMs);
  response.on('timeout', () => {
    if (isClientsTurn(request, response)) cutOff(request, response);
    else socket.setTimeout(idleMs);
  });
  if (!hasBody(request)) return;
  // A small body mostly comes together with its head, and is here when the parser is done with both.
  process.nextTick(watchBody, request, response, uploadTimeout);
}

function watchBody(request: IncomingMessage, response: ServerResponse, uploadTimeout: number): void {
  if (request.complete || request.destroyed || request.readableLength === declaredLength(request)) return;
  const timer = setTimeout(() => cutOff(request, response), Math.ceil(uploadTimeout * 1000));
  const done = (): void => clearTimeout(timer);
  request.once('end', done).once('close', done);
  response.once('close', done);
}

function isClientsTurn(request: IncomingMessage, response: ServerResponse): boolean {
  if (response.writableLength > 0) return true; // It does not read.
  // What it has sent is all taken, and there should be more.
  return !request.complete && hasBody(request) && request.readableLength === 0;
}

/** Say why, if nothing was said yet, and close the connection; the handler sees its client gone. */
function cutOff(request: IncomingMessage, response: ServerResponse): void {
  if (response.headersSent) {
    request.socket.destroy();
    return;
  }
  // RFC 9110 section 15.5.9.
  const detail = 'The request did not arrive in time.';
  // Node tells a request nothing of its connection once it is answered, so whoever reads it is told here.
  response.once('close', () => request.destroy());
  sendError(response, { status: 408, detail, headers: { Connection: 'close' } });
}
