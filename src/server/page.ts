/**
 * Serves the web page of public/.
 *
 * The page shares its origin with files that strangers uploaded. Its policy
 * therefore leaves nothing to inline scripts or foreign hosts, lets no string
 * become markup (Trusted Types), and lets nobody frame it; that an uploaded
 * document can't act as the page is the file service's part (CSP sandbox).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { sendError } from '../http/error-response.js';

/** @param origins where files may come from, besides this server */
function policyWith(origins: readonly string[]): string {
  const files = ["'self'", ...origins].join(' ');
  return [
    "default-src 'self'",
    `img-src ${files}`,
    `media-src ${files}`,
    `frame-src ${files}`,
    `connect-src ${files}`,
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

const HEADERS: Readonly<Record<string, string>> = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/** The handler of the page and its files; a path that is none of them is 404. */
export function pageHandler(
  fileOrigins: readonly string[] = [],
): (req: IncomingMessage, res: ServerResponse) => void {
  const headers = { ...HEADERS, 'Content-Security-Policy': policyWith(fileOrigins) };
  const app = express();
  app.disable('x-powered-by');
  app.use((req, res, next) => {
    res.set(headers);
    if (req.method === 'GET' || req.method === 'HEAD') return next();
    sendError(res, {
      status: 405,
      detail: 'Only GET and HEAD work here.',
      headers: { Allow: 'GET, HEAD' },
    });
  });
  app.use(
    express.static(fileURLToPath(new URL('../../public', import.meta.url)), {
      redirect: false,
      // Names don't change with content here, so browsers ask each time and mostly get a 304.
      cacheControl: false,
      setHeaders: (res) => res.setHeader('Cache-Control', 'no-cache'),
    }),
  );
  app.use((_req, res) => sendError(res, { status: 404, detail: 'There is nothing here.' }));
  app.use(failed);
  return (req, res) => {
    app(req, res);
  };
}

/** A path that is not valid, or a file of the page that can't be read. Express knows this by its four parameters. */
function failed(error: unknown, _req: IncomingMessage, res: ServerResponse, _next: () => void): void {
  const status = error instanceof Object && 'status' in error ? Number(error.status) : 500;
  const ours = status >= 400 && status < 500;
  sendError(res, ours ? { status, detail: 'This is not a valid address.' } : INTERNAL);
}

const INTERNAL = { status: 500, detail: 'Something went wrong here.' };
