/** The service as an Express router: a shell, in which nothing is decided. */
import type { Router } from 'express';
import express from 'express';
import { createServe } from './dispatch.js';
import type { RouterOptions } from './options.js';
import type { HttpService } from './service.js';

/**
 * A router that serves namespaces right below wherever it is mounted.
 * @throws InvalidOptions
 * @example app.use(service.urlRoot, createRouter(service))
 */
export function createRouter(service: HttpService, options?: RouterOptions): Router {
  const serve = createServe(service, options);
  const router = express.Router();
  router.use((request, response, next) => serve(request, response, request.url, next));
  return router;
}
