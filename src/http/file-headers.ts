/**
 * Header fields of a served file, as flat lists of names and values: what
 * `writeHead` of node:http takes with the least ado. Those of a small file
 * without a deadline are made once for each of its versions.
 */
import type { ServerResponse } from 'node:http';
import { ServerResponse as PlainResponse } from 'node:http';
import type { Info } from '../fs/info.js';
import { attachmentDisposition, inlineDisposition } from '../path/content-disposition.js';
import { contentTypeHeader, isInlineType } from '../path/media-type.js';
import type { Exchange } from './exchange.js';
import type { ResolvedRouterOptions } from './options.js';
import type { Representation } from './representation.js';
import { cacheControlFor, guardedCacheControlFor } from './semantics/cache-lifetime.js';
import { mediaTypeOf } from './semantics/content-headers.js';
import { entityTagOf } from './semantics/entity-tag.js';
import { formatHttpDate } from './semantics/http-date.js';

export interface FileHeaders {
  /** What a 304 tells as well (RFC 9110 section 15.4.5), and no more. */
  readonly validators: Fields;
  /** `Content-Type`, if it is not that of a multipart. */
  readonly contentType: string;
  /** All others but `Content-Type`, `Content-Length` and `Content-Range`. */
  readonly content: readonly string[];
  /** Everything for a 200. */
  readonly whole: Fields;
}

/** Names and values in turn, and the same by name for those who want them so. */
export class Fields {
  readonly flat: string[];
  #byName: Record<string, string> | null = null;

  constructor(flat: string[]) {
    this.flat = flat;
  }

  get byName(): Record<string, string> {
    if (this.#byName !== null) return this.#byName;
    const byName: Record<string, string> = {};
    for (let i = 0; i < this.flat.length; i += 2) {
      byName[this.flat[i] as string] = this.flat[i + 1] as string;
    }
    this.#byName = byName;
    return byName;
  }
}

interface Prepared {
  readonly plain: WeakMap<Info, FileHeaders>;
  /** Of files that are sent as the compressed form of another. */
  readonly coded: WeakMap<Info, FileHeaders>;
}

const prepared = new WeakMap<ResolvedRouterOptions, Prepared>();

export function headersOf(exchange: Exchange, file: Representation): FileHeaders {
  const { info } = file.version;
  // What is not in memory is another object the next time.
  const lasting = file.version.bytes !== null && file.deadline === null && exchange.plain;
  if (!lasting || info.modified.getTime() > Date.now()) return makeHeaders(exchange, file);
  let known = prepared.get(exchange.options);
  if (known === undefined) {
    known = { plain: new WeakMap(), coded: new WeakMap() };
    prepared.set(exchange.options, known);
  }
  const versions = file.coding === undefined ? known.plain : known.coded;
  let headers = versions.get(info);
  if (headers === undefined) {
    headers = makeHeaders(exchange, file);
    versions.set(info, headers);
  }
  return headers;
}

/** Send status and fields. */
export function writeHead(response: ServerResponse, status: number, fields: Fields): void {
  // Middleware that waits for the fields (compression, morgan) puts its own in place, and may not know flat lists.
  // And where fields have been set before (Express sets one), node:http is faster with names.
  const flat = response.writeHead === PlainResponse.prototype.writeHead && !hasFields(response);
  response.writeHead(status, flat ? fields.flat : withOthersVary(response, fields.byName));
}

/** `Vary` is told once, so what was set before (for CORS, by middleware) is told with ours. */
function withOthersVary(response: ServerResponse, byName: Record<string, string>): Record<string, string> {
  const others = byName.Vary === undefined ? undefined : response.getHeader('Vary');
  return others === undefined ? byName : { ...byName, Vary: `${others}, ${byName.Vary}` };
}

function hasFields(response: ServerResponse): boolean {
  // Express sets this one unless told otherwise, so mostly it is the answer, and no list of names has to be made.
  return response.hasHeader('X-Powered-By') || response.getHeaderNames().length > 0;
}

function makeHeaders(exchange: Exchange, file: Representation): FileHeaders {
  const mediaType = mediaTypeOf({
    name: file.described.name,
    contentType: exchange.signed?.type ?? file.described.contentType,
  });
  const contentType = contentTypeHeader(mediaType);
  const validators = validatorFields(exchange, file);
  const content = [...validators, ...contentFields(exchange, file, mediaType)];
  const length = ['Content-Type', contentType, 'Content-Length', String(file.version.info.size)];
  return {
    validators: new Fields(validators),
    contentType,
    content,
    whole: new Fields([...content, ...length]),
  };
}

function validatorFields(exchange: Exchange, { version: { info }, deadline }: Representation): string[] {
  const { options } = exchange;
  const lifetime = isGuarded(exchange) ? guardedCacheControlFor : cacheControlFor;
  const cacheControl = lifetime(options.cacheControl, exchange.secondsLeft(deadline));
  // Section 8.8.2.1: never later than the answer's own date, which is the system's.
  const modified = formatHttpDate(Math.min(info.modified.getTime(), Date.now()));
  const fields = ['ETag', entityTagOf(info), 'Last-Modified', modified];
  if (cacheControl !== undefined) fields.push('Cache-Control', cacheControl);
  if (deadline !== null) fields.push('Sunset', formatHttpDate(deadline)); // RFC 8594
  // Section 12.5.5: also where this one is sent as it is, as another client may get another form.
  if (options.precompressed.length > 0) fields.push('Vary', 'Accept-Encoding');
  return fields;
}

/** Whether `authorize` let this one client have it. Who holds a signed URL has it of himself. */
function isGuarded({ options, signed }: Exchange): boolean {
  return options.authorize !== undefined && signed === null;
}

function contentFields(
  { options, query, plain, signed }: Exchange,
  { described, coding }: Representation,
  mediaType: string,
): string[] {
  const policy = signed === null ? options.resourcePolicy : 'cross-origin';
  const fields = ['X-Content-Type-Options', 'nosniff', 'Accept-Ranges', 'bytes'];
  fields.push('Cross-Origin-Resource-Policy', policy);
  if (coding !== undefined) fields.push('Content-Encoding', coding);
  if (!options.trusted && !isInlineType(mediaType)) fields.push('Content-Security-Policy', 'sandbox');
  const download = plain ? null : query.get('download');
  const { name, filename } = described;
  if (download !== null) {
    fields.push('Content-Disposition', attachmentDisposition(download || (filename ?? name)));
  } else if (filename !== undefined) {
    fields.push('Content-Disposition', inlineDisposition(filename));
  }
  return fields;
}
