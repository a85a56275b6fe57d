/**
 * Answers that are no files.
 *
 * One may go out while the client still sends a body that nobody wants any
 * more. To close the connection at once would be answered by the client's
 * system with a reset, and the client might never see why it was refused. So
 * what is small is read and dropped; with more, the answer says that the
 * connection will close, and a little is dropped before it does (RFC 9112
 * section 9.6).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Headers } from './http-problem.js';

/** Bodies up to this length are read to their end, so that the connection can be used again. */
const WORTH_READING_BYTES = 256 * 1024;
const LINGER_BYTES = 16 * 1024 * 1024;
const LINGER_MS = 2_000;

/** Send a whole answer. It is stored by no cache and sniffed by no browser. */
export function send(response: ServerResponse, status: number, headers: Headers = {}, body = ''): void {
  const { req: request } = response;
  if (response.destroyed || request.socket.destroyed) {
    response.destroy();
    return;
  }
  const unread = hasUnreadBody(request);
  const lingering = unread && !(declaredLength(request) <= WORTH_READING_BYTES);
  response.writeHead(status, {
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...(status === 204 ? {} : { 'Content-Length': Buffer.byteLength(body) }),
    ...(lingering ? { Connection: 'close' } : {}),
    ...headers,
    ...(headers.Vary === undefined ? {} : { Vary: varyOf(response, headers.Vary) }),
  });
  const shown = request.method === 'HEAD' ? '' : body;
  if (unread) {
    request.unpipe();
    request.resume();
  }
  if (lingering) linger(request, response, shown);
  else response.end(shown);
}

/** What CORS has said already is not taken back. */
function varyOf(response: ServerResponse, field: string | number): string {
  return [response.getHeader('Vary') ?? [], field].flat().join(', ');
}

/** Send a value as JSON. */
export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Headers = {},
): void {
  const type = { 'Content-Type': 'application/json; charset=utf-8' };
  send(response, status, { ...headers, ...type }, JSON.stringify(value));
}

/** Whether the request came with a body, however long. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Bytes that the client announced; NaN for a body that is sent in chunks. */
export function declaredLength({ headers }: IncomingMessage): number {
  return headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : Number.NaN;
}

function hasUnreadBody(request: IncomingMessage): boolean {
  return !request.complete && hasBody(request);
}

/** The whole answer goes out now; the end of the response, which closes the connection, comes later. */
function linger(request: IncomingMessage, response: ServerResponse, body: string): void {
  let dropped = 0;
  const finish = (): void => {
    clearTimeout(timer);
    request.removeAllListeners('data');
    response.end();
  };
  const timer = setTimeout(finish, LINGER_MS);
  request.on('data', (chunk: Buffer) => {
    dropped += chunk.length;
    if (dropped > LINGER_BYTES) finish();
  });
  request.once('end', finish);
  request.once('close', finish);
  request.on('error', finish);
  if (body === '') response.flushHeaders();
  else response.write(body);
}
