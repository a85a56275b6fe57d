/**
 * The service itself, on node:http alone: from a request to the handler of
 * its method, and from whatever went wrong to an answer.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { loggable } from '../errors/loggable.js';
import { send } from './answer.js';
import { crossOrigin } from './cross-origin.js';
import { answerTo, sendError } from './error-response.js';
import { Exchange } from './exchange.js';
import { deleteFile } from './handlers/delete-file.js';
import { getFile } from './handlers/get-file.js';
import { patchDeadline } from './handlers/patch-deadline.js';
import { postUpload } from './handlers/post-upload.js';
import { putFile } from './handlers/put-file.js';
import { AuthorizeFailed, ClientGone, HttpProblem } from './http-problem.js';
import type { RouterOptions } from './options.js';
import { watch } from './patience.js';
import { tellFailure } from './request-failure.js';
import { resolveRouterOptions } from './resolve-options.js';
import type { HttpService } from './service.js';

export type Next = (error?: unknown) => void;

/** Serves one request; `url` is its path and query below the mount point. Never throws. */
export type Serve = (request: IncomingMessage, response: ServerResponse, url: string, next?: Next) => void;

/** Answers at once, or promises to. */
type Handler = (exchange: Exchange) => Promise<void> | undefined;

const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['GET', getFile],
  ['HEAD', getFile],
  ['POST', postUpload],
  ['PUT', putFile],
  ['DELETE', deleteFile],
  ['PATCH', patchDeadline],
  [
    'OPTIONS',
    ({ response, methods }) => {
      send(response, 204, { Allow: methods.join(', ') });
      return undefined;
    },
  ],
]);

/** @throws InvalidOptions */
export function createServe(service: HttpService, options?: RouterOptions): Serve {
  const resolved = resolveRouterOptions(options, service.presigns);
  const answeredCrossOrigin = crossOrigin(resolved.cors);
  return (request, response, url, next) => {
    if (answeredCrossOrigin(request, response)) return;
    const failed = (error: unknown): void => fail(service, request, response, error, next);
    try {
      const exchange = new Exchange(service, resolved, request, response, url);
      const handler = HANDLERS.get(exchange.method);
      if (handler === undefined) throw exchange.notAllowed();
      handler(exchange)?.catch(failed);
    } catch (error) {
      failed(error);
    }
    // Of what has been answered and sent at once, nothing is left to wait for.
    if (!response.writableFinished) watch(request, response, resolved);
  };
}

function fail(
  { logger }: HttpService,
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  next: Next | undefined,
): void {
  if (error instanceof ClientGone || response.destroyed) {
    response.destroy();
    logger.debug({ method: request.method, err: loggable(error) }, 'a client hung up');
    return;
  }
  if (error instanceof AuthorizeFailed && next !== undefined) {
    // To Express no reason, and some words, mean "go on".
    next(typeof error.cause === 'object' && error.cause !== null ? error.cause : error);
    return;
  }
  const answer = answerTo(error);
  sendError(response, answer);
  if (answer.status >= 500 && !(error instanceof HttpProblem)) {
    const cause = error instanceof AuthorizeFailed ? error.cause : error;
    const fields = { status: answer.status };
    tellFailure(logger, 'error', { request, error: cause, message: 'a request failed', fields });
  }
}
