/**
 * Tells of requests that failed: to the log what may go there, and all of it
 * to who asks inside of the process.
 *
 * Source: node:diagnostics_channel.
 */
import { channel } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { loggable } from '../errors/loggable.js';
import type { Logger } from '../logger/logger.js';

/** Where errors are published as they were thrown: with message, stack and cause. */
const failures = channel('mayfly:request:error');

/** What is told. */
export interface RequestFailure {
  readonly request: IncomingMessage;
  readonly error: unknown;
  /** What happened, for the log. */
  readonly message: string;
  /** What the log line says besides; nothing that holds a path of the server or a query. */
  readonly fields?: object;
}

/** Log a failure and publish it. Never throws for what a subscriber does. */
export function tellFailure(
  logger: Logger,
  level: 'warn' | 'error',
  { request, error, message, fields }: RequestFailure,
): void {
  if (failures.hasSubscribers) failures.publish({ request, error });
  logger[level]({ method: request.method, ...fields, err: loggable(error) }, message);
}
