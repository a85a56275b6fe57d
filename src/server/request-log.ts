/**
 * One log line and one set of numbers for each request, when it is over.
 *
 * The path is logged without its query: signed URLs carry their signature there.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from '../logger/logger.js';
import type { Metrics, Route } from './metrics.js';

/** nginx's status for a client that closed the connection before the answer was complete. */
const CLIENT_CLOSED_REQUEST = 499;
const MAX_LOGGED_PATH = 1024;

export class RequestLog {
  readonly #log: Logger;
  readonly #metrics: Pick<Metrics, 'began' | 'ended'>;
  /** What of a connection's traffic is accounted for: it serves one request after the other. */
  readonly #counted = new WeakMap<Socket, { read: number; written: number }>();

  constructor(log: Logger, metrics: Pick<Metrics, 'began' | 'ended'>) {
    this.#log = log;
    this.#metrics = metrics;
  }

  /**
   * Follow a request to its end.
   * @returns its id, which the answer carries as `X-Request-Id`
   */
  follow(req: IncomingMessage, res: ServerResponse, route: Route, path: string): string {
    const id = requestId(req);
    const { socket, method = '' } = req;
    const startedAt = performance.now();
    res.setHeader('X-Request-Id', id);
    this.#metrics.began(route, method);
    res.once('close', () => {
      const ms = performance.now() - startedAt;
      const status = res.writableFinished ? res.statusCode : CLIENT_CLOSED_REQUEST;
      const traffic = this.#traffic(socket);
      this.#metrics.ended({ route, method, status, seconds: ms / 1000, ...traffic });
      const line = {
        id,
        method,
        path: path.slice(0, MAX_LOGGED_PATH),
        status,
        ms: Math.round(ms),
        ...traffic,
      };
      if (status >= 500) this.#log.error(line, 'request');
      else this.#log.info(line, 'request');
    });
    return id;
  }

  /** Bytes that the connection has moved, heads included, since the request before. */
  #traffic(socket: Socket): { bytesIn: number; bytesOut: number } {
    const before = this.#counted.get(socket) ?? { read: 0, written: 0 };
    const now = { read: socket.bytesRead, written: socket.bytesWritten };
    this.#counted.set(socket, now);
    return {
      bytesIn: Math.max(0, now.read - before.read),
      bytesOut: Math.max(0, now.written - before.written),
    };
  }
}

/** That of a proxy in front, so that its log and ours tell of the same request; else a new one. */
function requestId({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.-]{8,128}$/.test(given) ? given : randomUUID();
}
