/**
 * The program's HTTP server: files, page, health and metrics on one port.
 *
 * The file service stands on bare `node:http`; this adds what only a program
 * can decide: who may do what, what is logged and counted.
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer as createHttpServer } from 'node:http';
import type { ErrorAnswer } from '../http/error-response.js';
import { answerTo, sendError } from '../http/error-response.js';
import { tellFailure } from '../http/request-failure.js';
import type { Logger } from '../logger/logger.js';
import { unfailing } from '../logger/logger.js';
import type { Mayfly } from '../mayfly.js';
import { hasToken, isSafeMethod, refuseForeignPage, UNAUTHORIZED, Unauthorized } from './access.js';
import type { ServerOptions } from './config.js';
import { FILES_ROOT } from './config.js';
import { linksHandler } from './links.js';
import type { Metrics, Route } from './metrics.js';
import { openApiText } from './openapi.js';
import { pageHandler } from './page.js';
import { RequestLog } from './request-log.js';

/** Silence on a connection after which it is closed; uploads may take as long as they like otherwise. */
const IDLE_TIMEOUT_MS = 120_000;
/** How long the storage may take to say that it is there. */
const READY_TIMEOUT_MS = 5_000;

/** Most names of namespaces in one answer. */
const MAX_NAMESPACES = 10_000;

/** What of mayfly is served. */
export type ServedMayfly = Pick<Mayfly, 'handler' | 'ready' | 'namespaces' | 'getFilesystem'>;

/** What the server is made of. */
export interface ServerParts {
  mayfly: ServedMayfly;
  options: Pick<ServerOptions, 'token' | 'limits' | 'delivery'>;
  metrics: Pick<Metrics, 'began' | 'ended' | 'expose'>;
  log: Logger;
  /** Origins, other than this server's, at which a browser finds the files; default none. */
  fileOrigins?: readonly string[];
  /** Whether the program is about to stop, so that no new requests should come; default never. */
  isLeaving?: () => boolean;
}

type Handler = (req: IncomingMessage, res: ServerResponse) => void | Promise<void>;

/**
 * Make the server; it does not listen yet.
 * @example createServer({ mayfly, options, metrics, log }).listen(3000, '127.0.0.1')
 */
export function createServer(parts: ServerParts): Server {
  const answer = answerer({ ...parts, log: unfailing(parts.log) });
  // An upload has no time limit as a whole, only one for its head and one for silence.
  const server = createHttpServer({ requestTimeout: 0, headersTimeout: 60_000 }, answer);
  server.timeout = IDLE_TIMEOUT_MS;
  // Who waits for "100 Continue" is refused before the body is sent.
  server.on('checkContinue', answer);
  return server;
}

function answerer(parts: ServerParts): RequestListener {
  const requests = new RequestLog(parts.log, parts.metrics);
  const handlers: Record<Route, Handler> = {
    files: filesHandler(parts),
    links: linksHandler(parts.mayfly),
    namespaces: namespacesHandler(parts),
    page: pageHandler(parts.fileOrigins),
    'openapi.json': (_req, res) => sendText(res, 'application/json; charset=utf-8', openApiText()),
    healthz: (_req, res) => sendText(res, 'text/plain; charset=utf-8', 'ok\n'),
    readyz: readyHandler(parts),
    metrics: async (_req, res) => {
      const { contentType, body } = await parts.metrics.expose();
      sendText(res, contentType, body);
    },
  };
  return (req, res) => {
    const path = pathOf(req);
    const route = routeOf(path);
    const id = requests.follow(req, res, route, path);
    const refusal = refuse(req, parts.options.token);
    if (refusal !== null) return sendError(res, refusal);
    if (READ_ONLY.has(route) && !isSafeMethod(req.method)) return sendError(res, READ_ONLY_REFUSAL);
    if (req.headers.expect?.toLowerCase() === '100-continue') res.writeContinue();
    Promise.resolve(handlers[route](req, res)).catch((error: unknown) => {
      sendError(res, answerTo(error));
      tellFailure(parts.log, 'error', { request: req, error, message: 'request failed', fields: { id } });
    });
  };
}

/** What is refused whatever the file service would say. */
function refuse(req: IncomingMessage, token: string | null): ErrorAnswer | null {
  if (token === null) return refuseForeignPage(req);
  return isSafeMethod(req.method) || hasToken(req.headers, token) ? null : UNAUTHORIZED;
}

function filesHandler({ mayfly, options: { token, limits, delivery }, log }: ServerParts): Handler {
  const serve = mayfly.handler({
    allow: ['read', 'list', 'upload', 'replace', 'remove', 'expire'],
    // Reading is everybody's, whatever `authorize` says of the rest.
    cacheControl: 'public',
    ...limits,
    ...(delivery === undefined ? {} : { delivery }),
    // Which of the safe requests are listings is the file service's to say, so they are asked for here.
    authorize: (req, { action }) => {
      if (token === null || action === 'read' || hasToken(req.headers, token)) return true;
      throw new Unauthorized();
    },
  });
  return (req, res) =>
    serve(req, res, (error) => {
      if (error instanceof Unauthorized) return sendError(res, UNAUTHORIZED);
      if (error === undefined) return sendError(res, { status: 404, detail: 'There is nothing here.' });
      sendError(res, INTERNAL);
      tellFailure(log, 'error', { request: req, error, message: 'file service failed' });
    });
}

/** The names of all namespaces, for who may list. */
function namespacesHandler({ mayfly, options: { token } }: ServerParts): Handler {
  return async (req, res) => {
    if (token !== null && !hasToken(req.headers, token)) return sendError(res, UNAUTHORIZED);
    const namespaces: string[] = [];
    for await (const name of mayfly.namespaces()) {
      namespaces.push(name);
      if (namespaces.length === MAX_NAMESPACES) break;
    }
    sendText(res, 'application/json; charset=utf-8', JSON.stringify({ namespaces }));
  };
}

/** Asks anew each time: a disk can go away while the process stays. */
function readyHandler({ mayfly, log, isLeaving }: ServerParts): Handler {
  return async (req, res) => {
    if (isLeaving?.()) return sendError(res, { status: 503, detail: 'This instance is about to stop.' });
    try {
      await within(READY_TIMEOUT_MS, mayfly.ready());
    } catch (error) {
      tellFailure(log, 'warn', { request: req, error, message: 'not ready' });
      return sendError(res, {
        status: 503,
        detail: 'The storage or the expiration store does not answer.',
        headers: { 'Retry-After': '5' },
      });
    }
    sendText(res, 'text/plain; charset=utf-8', 'ready\n');
  };
}

/** Routes that only tell something. */
const READ_ONLY = new Set<Route>(['namespaces', 'openapi.json', 'healthz', 'readyz', 'metrics']);
const READ_ONLY_REFUSAL: ErrorAnswer = {
  status: 405,
  detail: 'This can only be read.',
  headers: { Allow: 'GET, HEAD' },
};
const INTERNAL: ErrorAnswer = { status: 500, detail: 'Something went wrong here.' };

/** The path without its query. A proxy's absolute form (RFC 9112 §3.2.2) is made the usual one for all who follow. */
function pathOf(req: IncomingMessage): string {
  const target = req.url ?? '/';
  if (!target.startsWith('/') && URL.canParse(target)) {
    const { pathname, search } = new URL(target);
    req.url = pathname.startsWith('/') ? pathname + search : `/${pathname}${search}`;
  }
  return (req.url ?? '/').replace(/[?#].*$/s, '');
}

function routeOf(path: string): Route {
  if (path === FILES_ROOT || path.startsWith(`${FILES_ROOT}/`)) return 'files';
  const name = path.slice(1);
  return name === 'links' || (READ_ONLY as ReadonlySet<string>).has(name) ? (name as Route) : 'page';
}

function sendText(res: ServerResponse, contentType: string, body: string): void {
  res.writeHead(200, {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  res.end(res.req.method === 'HEAD' ? undefined : body);
}

/** @throws Error `work` is not done in time; it is left to itself */
async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${ms} ms`)), ms);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
