/**
 * GET and HEAD of a file that the storage delivers itself: 302 to a presigned
 * URL. Whether there is such a file, nobody is asked: that is the storage's to
 * answer. Whether its deadline has passed, we know.
 */
import { findInfo } from '../../fs/derived/read.js';
import type { Exchange } from '../exchange.js';
import { Fields, writeHead } from '../file-headers.js';
import { gone } from '../http-problem.js';
import { redirectCacheControl } from '../semantics/cache-lifetime.js';
import { formatHttpDate } from '../semantics/http-date.js';

/** A URL that was handed out, with what it was made for. */
interface HandedOut {
  readonly url: string;
  /** Ms since the epoch, by the system's clock. */
  readonly expiresAt: number;
  readonly deadline: number | null;
  readonly madeAt: number;
  /** The fields of the last answer, good for as long as `Cache-Control` is the same. */
  fields: { readonly cacheControl: string; readonly all: Fields } | null;
}

/**
 * For so long a URL is handed out again without asking the storage, which
 * knows by itself when the window or the credentials change.
 */
const RECENT_MS = 1000;
const MAX_RECENT = 5000;

const recent = new WeakMap<Exchange['options'], Map<string, HandedOut>>();

/** Answers at once where nobody has to be waited for. */
export function redirectToFile(exchange: Exchange): Promise<void> | undefined {
  const { fs, path, service, request } = exchange;
  const deadline = fs.expirationNow(path, service.lookUps.moment(request.socket));
  if (deadline === undefined) return redirectSlowly(exchange);
  const handedOut = exchange.plain ? recentOf(exchange).get(nameOf(exchange)) : undefined;
  if (handedOut === undefined || handedOut.deadline !== (deadline?.getTime() ?? null)) {
    return redirect(exchange, deadline);
  }
  const age = Date.now() - handedOut.madeAt;
  if (age < 0 || age >= RECENT_MS) return redirect(exchange, deadline);
  answer(exchange, handedOut);
  return undefined;
}

async function redirectSlowly(exchange: Exchange): Promise<void> {
  const [deadline = null] = await exchange.fs.getExpirations([exchange.path], { recent: true });
  return redirect(exchange, deadline);
}

async function redirect(exchange: Exchange, deadline: Date | null): Promise<void> {
  const { fs, path, method, signed } = exchange;
  const { presignSeconds, cacheControl, trusted } = exchange.options;
  refuseGone(exchange, deadline?.getTime() ?? null);
  const madeAt = Date.now();
  // Who was let in for a minute is not sent on for an hour.
  const expiresIn = Math.max(1, Math.min(presignSeconds, exchange.secondsLeft(null) ?? presignSeconds));
  const { url, expiresAt } = await fs.presign(path, {
    method: method === 'HEAD' ? 'HEAD' : 'GET',
    expiresIn,
    // Everybody gets the same URL until it has half its life left, so that caches know it again.
    window: expiresIn / 2,
    download: await downloadOf(exchange),
    contentType: signed?.type,
    deadline,
    cacheControl,
    trusted,
  });
  const handedOut = { url, expiresAt, deadline: deadline?.getTime() ?? null, madeAt, fields: null };
  if (exchange.plain) remember(exchange, handedOut);
  answer(exchange, handedOut);
}

/** The name that is asked for; where none is, that which the storage keeps, if it is there and keeps one. */
async function downloadOf({ fs, path, query, plain }: Exchange): Promise<string | undefined> {
  const download = plain ? null : query.get('download');
  if (download !== '') return download ?? undefined;
  return (await findInfo(fs, path))?.filename ?? '';
}

function answer(exchange: Exchange, handedOut: HandedOut): void {
  const { expiresAt, deadline } = handedOut;
  refuseGone(exchange, deadline);
  const { response, options } = exchange;
  const left = exchange.secondsLeft(deadline);
  const cacheControl = redirectCacheControl(options.cacheControl, (expiresAt - Date.now()) / 1000, left);
  if (handedOut.fields?.cacheControl !== cacheControl) {
    handedOut.fields = { cacheControl, all: fieldsOf(handedOut, cacheControl) };
  }
  writeHead(response, 302, handedOut.fields.all);
  response.end();
}

function fieldsOf({ url, deadline }: HandedOut, cacheControl: string): Fields {
  const fields = ['Location', url, 'Cache-Control', cacheControl, 'X-Content-Type-Options', 'nosniff'];
  if (deadline !== null) fields.push('Sunset', formatHttpDate(deadline)); // RFC 8594
  fields.push('Content-Length', '0');
  return new Fields(fields);
}

function refuseGone(exchange: Exchange, deadline: number | null): void {
  if (deadline !== null && deadline <= exchange.now()) throw gone();
}

function recentOf({ options }: Exchange): Map<string, HandedOut> {
  let known = recent.get(options);
  if (known === undefined) {
    known = new Map();
    recent.set(options, known);
  }
  return known;
}

/** A HEAD gets a URL that is signed for HEAD. */
function nameOf({ method, namespace, path }: Exchange): string {
  return `${method} ${namespace}/${path}`;
}

function remember(exchange: Exchange, handedOut: HandedOut): void {
  const known = recentOf(exchange);
  if (known.size >= MAX_RECENT) known.clear();
  known.set(nameOf(exchange), handedOut);
}
