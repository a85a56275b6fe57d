/** The service for bare node:http. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Next } from './dispatch.js';
import { createServe } from './dispatch.js';
import { answerTo, sendError } from './error-response.js';
import { notFound } from './http-problem.js';
import type { RouterOptions } from './options.js';
import { cutter } from './request-target.js';
import type { HttpService } from './service.js';

/**
 * A listener that serves what is under `service.urlRoot`. The rest goes to
 * `next`, and without one is 404.
 *
 * @throws InvalidOptions
 * @example http.createServer(createHandler(service))
 */
export function createHandler(
  service: HttpService,
  options?: RouterOptions,
): (request: IncomingMessage, response: ServerResponse, next?: Next) => void {
  const serve = createServe(service, options);
  const cut = cutter(service.urlRoot);
  return (request, response, next) => {
    const url = cut(request.url ?? '/');
    if (url !== null) serve(request, response, url, next);
    else if (next !== undefined) next();
    else sendError(response, answerTo(notFound()));
  };
}
