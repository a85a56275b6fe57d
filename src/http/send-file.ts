/**
 * Sends a file, or says why its bytes are not needed: 200, 206, 304, 412, 416.
 * The hot path, on node:http alone.
 */
import { randomBytes } from 'node:crypto';
import type { Info } from '../fs/info.js';
import type { Exchange } from './exchange.js';
import type { FileHeaders } from './file-headers.js';
import { Fields, headersOf, writeHead } from './file-headers.js';
import { HttpProblem, preconditionFailed } from './http-problem.js';
import type { Representation } from './representation.js';
import { evaluateConditions, rangeStillApplies } from './semantics/conditional.js';
import type { RangeOutcome, ServedRange } from './semantics/range.js';
import { contentRange, frameRanges, parseRange, unsatisfiedRange } from './semantics/range.js';
import type { BodyParts } from './send-body.js';
import { sendFromFile, sendFromMemory, sendStream } from './send-body.js';

/**
 * Answer a GET or HEAD that is authorized. The version stays the caller's to close.
 * @returns false, or a promise of it, when the file has changed since it was looked up: nothing is sent then, and the
 *   caller looks again
 */
export function sendFile(exchange: Exchange, file: Representation): boolean | Promise<boolean> {
  const { request, response, method } = exchange;
  const { info, bytes } = file.version;
  const headers = headersOf(exchange, file);
  const outcome = evaluateConditions(method, request.headers, info);
  if (outcome === 'failed') throw preconditionFailed();
  if (outcome === 'not-modified') {
    writeHead(response, 304, headers.validators); // RFC 9110 section 15.4.5: these fields and no others.
    response.end();
    return true;
  }
  const range = rangeOf(exchange, info);
  if (range === 'whole' && (bytes !== null || method === 'HEAD' || info.size === 0)) {
    writeHead(response, 200, headers.whole);
    if (method === 'HEAD' || bytes === null) response.end();
    else response.end(bytes);
    return true;
  }
  if (range === 'unsatisfiable') {
    const fields = { 'Content-Range': unsatisfiedRange(info.size), 'Accept-Ranges': 'bytes' };
    throw new HttpProblem(416, 'The file has no such range.', fields);
  }
  return sendParts(exchange, file, headers, range);
}

/** Section 14.2: `Range` means something for GET alone, and only if its `If-Range` holds. */
function rangeOf({ method, request: { headers } }: Exchange, info: Info): RangeOutcome {
  if (headers.range === undefined || method !== 'GET') return 'whole';
  return rangeStillApplies(headers['if-range']?.toString(), info)
    ? parseRange(headers.range, info.size)
    : 'whole';
}

function sendParts(
  exchange: Exchange,
  { version }: Representation,
  headers: FileHeaders,
  range: Exclude<RangeOutcome, 'unsatisfiable'>,
): boolean | Promise<boolean> {
  const { response } = exchange;
  const { info, bytes, file } = version;
  const parts = partsOf(range, info.size, headers.contentType);
  const begin = (): void => {
    if (range === 'whole') writeHead(response, 200, headers.whole);
    else writeHead(response, 206, new Fields([...headers.content, ...partFields(parts, headers, info.size)]));
  };
  if (bytes !== null) {
    begin();
    sendFromMemory(response, bytes, parts);
    return true;
  }
  if (file === null) return sendByName(exchange, info, parts, begin);
  begin();
  return sendFromFile(response, file, parts).then(() => true);
}

function partsOf(
  range: Exclude<RangeOutcome, 'unsatisfiable'>,
  size: number,
  contentType: string,
): BodyParts {
  if (range === 'whole') return { ranges: [{ first: 0, last: size - 1 }], framing: null };
  if (!isSeveral(range)) return { ranges: [range], framing: null };
  // Nobody can put into a file what nobody knows beforehand.
  const boundary = randomBytes(24).toString('base64url');
  return { ranges: range, framing: frameRanges(range, size, contentType, boundary) };
}

function isSeveral(range: ServedRange | readonly ServedRange[]): range is readonly ServedRange[] {
  return Array.isArray(range);
}

function partFields({ ranges, framing }: BodyParts, { contentType }: FileHeaders, size: number): string[] {
  if (framing !== null) {
    return ['Content-Type', framing.contentType, 'Content-Length', String(framing.lengthBytes)];
  }
  const { first, last } = ranges[0] as ServedRange;
  return [
    'Content-Type',
    contentType,
    'Content-Length',
    String(last - first + 1),
    'Content-Range',
    contentRange({ first, last }, size),
  ];
}

/** Where the storage opens versions by name: each part anew. Nothing is sent before the first is there. */
async function sendByName(
  { fs, response }: Exchange,
  info: Info,
  { ranges, framing }: BodyParts,
  begin: () => void,
): Promise<boolean> {
  for (const [i, { first, last }] of ranges.entries()) {
    const body = await fs.openVersion(info.path, info, { start: first, end: last });
    if (body === null) {
      if (i === 0) return false;
      response.destroy(); // Replaced between two parts: what has been promised is not there any more.
      return true;
    }
    if (i === 0) begin();
    if (framing !== null) response.write(framing.heads[i] ?? '');
    if (!(await sendStream(body, response, last - first + 1))) return true;
  }
  response.end(framing === null ? undefined : framing.tail);
  return true;
}
