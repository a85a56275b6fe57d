/**
 * Sends a file, or says why its bytes are not needed: 200, 206, 304, 412, 416.
 * The hot path, on node:http alone.
 */
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Info } from '../fs/info.js';
import { contentTypeHeader, isInlineType } from '../path/media-type.js';
import { attachmentDisposition } from '../urls/content-disposition.js';
import type { Exchange } from './exchange.js';
import type { Headers } from './http-problem.js';
import { HttpProblem, preconditionFailed } from './http-problem.js';
import { cacheControlFor } from './semantics/cache-lifetime.js';
import { evaluateConditions, rangeStillApplies } from './semantics/conditional.js';
import { mediaTypeOf } from './semantics/content-headers.js';
import { entityTagOf } from './semantics/entity-tag.js';
import { formatHttpDate } from './semantics/http-date.js';
import type { ByteRange } from './semantics/range.js';
import { contentRange, parseRange, unsatisfiedRange } from './semantics/range.js';

/** A version of a file as it was looked up. */
export interface FileVersion {
  readonly info: Info;
  readonly deadline: Date | null;
}

/**
 * Answer a GET or HEAD that is authorized.
 * @returns false when the file has changed since it was looked up: nothing is sent then, and the caller looks again
 */
export async function sendFile(exchange: Exchange, file: FileVersion): Promise<boolean> {
  const { request, response, method } = exchange;
  const validators = validatorHeaders(exchange, file);
  const outcome = evaluateConditions(method, request.headers, file.info);
  if (outcome === 'failed') throw preconditionFailed();
  if (outcome === 'not-modified') {
    response.writeHead(304, validators).end(); // RFC 9110 section 15.4.5: these fields and no others.
    return true;
  }
  const range = rangeOf(exchange, file.info);
  if (range === 'unsatisfiable') {
    const headers = { 'Content-Range': unsatisfiedRange(file.info.size), 'Accept-Ranges': 'bytes' };
    throw new HttpProblem(416, 'The file has no such range.', headers);
  }
  const headers = { ...validators, ...contentHeaders(exchange, file.info) };
  return sendBytes(exchange, file.info, range, headers);
}

/** Section 14.2: `Range` means something for GET alone, and only if its `If-Range` holds. */
function rangeOf({ method, request: { headers } }: Exchange, info: Info): ReturnType<typeof parseRange> {
  if (method !== 'GET' || headers.range === undefined) return 'whole';
  return rangeStillApplies(headers['if-range']?.toString(), info)
    ? parseRange(headers.range, info.size)
    : 'whole';
}

async function sendBytes(
  exchange: Exchange,
  info: Info,
  range: ByteRange | 'whole',
  headers: Headers,
): Promise<boolean> {
  const { response, method } = exchange;
  const { first, last } = range === 'whole' ? { first: 0, last: info.size - 1 } : range;
  const length = last - first + 1;
  headers['Content-Length'] = length;
  if (range !== 'whole') headers['Content-Range'] = contentRange(range, info.size);
  const status = range === 'whole' ? 200 : 206;
  if (method === 'HEAD' || length === 0) {
    response.writeHead(status, headers).end();
    return true;
  }
  const body = await exchange.fs.openVersion(exchange.path, info, { start: first, end: last });
  if (body === null) return false;
  response.writeHead(status, headers);
  await pump(body, response, length);
  return true;
}

/**
 * Send the body at the client's pace. A body that fails or ends too early cuts
 * the connection: the length is promised, and the client must not wait for it.
 */
function pump(body: Readable, response: ServerResponse, length: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = length;
    body.on('data', (chunk: Buffer) => {
      left -= chunk.length;
    });
    body.once('end', () => {
      if (left === 0) response.end();
      else response.destroy();
    });
    body.once('error', reject); // The answer has begun, so it will be cut off.
    response.once('close', () => {
      body.destroy();
      resolve();
    });
    if (response.destroyed) response.emit('close');
    body.pipe(response, { end: false });
  });
}

/** What also a 304 tells (RFC 9110 section 15.4.5). */
function validatorHeaders(exchange: Exchange, { info, deadline }: FileVersion): Headers {
  const cacheControl = cacheControlFor(exchange.options.cacheControl, exchange.secondsLeft(deadline));
  return {
    ETag: entityTagOf(info),
    // Section 8.8.2.1: never later than the answer's own date, which is the system's.
    'Last-Modified': formatHttpDate(Math.min(info.modified.getTime(), Date.now())),
    ...(cacheControl === undefined ? {} : { 'Cache-Control': cacheControl }),
    ...(deadline === null ? {} : { Sunset: formatHttpDate(deadline.getTime()) }), // RFC 8594
  };
}

function contentHeaders({ options, query, signed }: Exchange, info: Info): Headers {
  const mediaType = mediaTypeOf({ name: info.name, contentType: signed?.type ?? info.contentType });
  const download = query.get('download');
  return {
    'Content-Type': contentTypeHeader(mediaType),
    'X-Content-Type-Options': 'nosniff',
    'Accept-Ranges': 'bytes',
    'Cross-Origin-Resource-Policy': signed === null ? options.resourcePolicy : 'cross-origin',
    ...(options.trusted || isInlineType(mediaType) ? {} : { 'Content-Security-Policy': 'sandbox' }),
    ...(download === null ? {} : { 'Content-Disposition': attachmentDisposition(download || info.name) }),
  };
}
