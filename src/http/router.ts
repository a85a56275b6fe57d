/** The service as an Express router: a shell, in which nothing is decided. */
import type { Router } from 'express';
import express from 'express';
import { createServe } from './dispatch.js';
import { shareHiddenClass } from './hidden-class.js';
import type { RouterOptions } from './options.js';
import type { HttpService } from './service.js';

/** What Express calls of a router that it comes to; in its code from 4 to 5, not in its types. */
type Handling = Router & { handle: Router };

/**
 * A router that serves namespaces right below wherever it is mounted.
 * @throws InvalidOptions
 * @example app.use(service.urlRoot, createRouter(service))
 */
export function createRouter(service: HttpService, options?: RouterOptions): Router {
  const serve = createServe(service, options);
  const router = express.Router() as Handling;
  router.use((request, response, next) => serve(request, response, request.url, next));
  // To find the one layer that there is costs as much as serving a file does. With more in it, it is searched as usual.
  const search = router.handle.bind(router);
  router.handle = ((request, response, next) => {
    shareHiddenClass(request, response);
    if (router.stack.length === 1) serve(request, response, request.url, next);
    else search(request, response, next);
  }) as Router;
  return router;
}
