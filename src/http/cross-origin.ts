/** Which other sites' pages may use what is served: CORS (Fetch Standard) by the cors package. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import cors from 'cors';
import type { ResolvedCors } from './options.js';

/** What a page may read of an answer, beside what it always may. */
const EXPOSED = [
  'Accept',
  'Allow',
  'Content-Disposition',
  'Content-Range',
  'ETag',
  'Location',
  'Retry-After',
  'Sunset',
];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Sets the headers of CORS; true when it has answered, as it does to a preflight. */
export type CrossOrigin = (request: IncomingMessage, response: ServerResponse) => boolean;

/** @param options null: other sites' pages may read nothing */
export function crossOrigin(options: ResolvedCors | null): CrossOrigin {
  if (options === null) return () => false;
  const handle = cors({
    origin: [...options.origin].includes('*') ? '*' : [...options.origin],
    credentials: options.credentials,
    maxAge: options.maxAge,
    methods: METHODS,
    exposedHeaders: EXPOSED,
    preflightContinue: true,
  });
  return (request, response) => {
    handle(request, response, () => undefined);
    const isPreflight =
      request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
    if (isPreflight) response.writeHead(204, { 'Cache-Control': 'no-store' }).end();
    return isPreflight;
  };
}
