/**
 * Stops the program so that nobody notices who need not.
 *
 * Node's `server.close()` waits for connections that are kept alive after
 * their last answer, and for those on which a browser has not asked anything
 * yet. Here connections are known by what is being answered on them: those with
 * nothing are closed at once, the others after their answer, which says so.
 * What is still running when the time is up is cut off.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../logger/logger.js';

/** How long requests in flight may take to end. */
const GRACE_MS = 10_000;
/** How long the rest (purge in flight, database) may take after that. */
const CLEANUP_MS = 5_000;
/** npm passes on a Ctrl-C that the terminal has already sent to the whole group: one wish, two signals. */
const SAME_SIGNAL_MS = 300;

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** Follows a server's connections from its start, so as to end them well. */
export class Drain {
  readonly #server: Server;
  readonly #connections = new Map<Socket, Set<ServerResponse>>();
  #draining = false;
  #leaving = false;

  /** @param server not listening yet */
  constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      this.#connections.set(socket, new Set());
      socket.once('close', () => this.#connections.delete(socket));
    });
    const follow = (req: IncomingMessage, res: ServerResponse) => this.#follow(req.socket, res);
    server.prependListener('request', follow);
    server.prependListener('checkContinue', follow);
  }

  /** From now on connections are not kept after their answer, so that who keeps some opens new ones elsewhere. */
  leave(): void {
    this.#leaving = true;
  }

  /** Whether the end has been announced. */
  get leaving(): boolean {
    return this.#leaving;
  }

  /**
   * Stop accepting, let requests in flight end, close their connections.
   * @param graceMs what is still running then is cut off
   * @returns whether all ended in time
   */
  async run(graceMs: number = GRACE_MS): Promise<boolean> {
    this.#draining = true;
    let inTime = true;
    const deadline = setTimeout(() => {
      inTime = false;
      this.#server.closeAllConnections();
    }, graceMs);
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const [socket, responses] of this.#connections) {
      if (responses.size === 0) socket.destroySoon();
      for (const res of responses) res.shouldKeepAlive = false;
    }
    await closed;
    clearTimeout(deadline);
    return inTime;
  }

  #follow(socket: Socket, res: ServerResponse): void {
    const responses = this.#connections.get(socket);
    if (this.#draining || this.#leaving) res.shouldKeepAlive = false;
    responses?.add(res);
    res.once('close', () => {
      responses?.delete(res);
      // An answer that began before the end was wished for has promised to keep the connection.
      if (this.#draining && responses?.size === 0) socket.destroySoon();
    });
  }
}

/** What is stopped, and by which means. */
export interface Stoppable {
  /** Ends what is served; false: not all of it in time. */
  drain: { run(): Promise<boolean>; leave?(): void };
  /** How long requests are still taken after a signal; default 0. */
  delayMs?: number;
  /** Closes what the server stands on, once nobody is being served. */
  close: () => Promise<void>;
  log: Logger;
}

/**
 * On SIGTERM or SIGINT: drain, close, exit with 0 (1 if closing failed).
 * A second signal exits at once.
 */
export function stopOnSignals(stoppable: Stoppable): void {
  let stoppingSince: number | null = null;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stoppingSince === null) {
        stoppingSince = performance.now();
        void stop(stoppable, signal);
      } else if (performance.now() - stoppingSince > SAME_SIGNAL_MS) {
        process.exit(EXIT_CODES[signal]);
      }
    });
  }
}

async function stop({ drain, close, log, delayMs = 0 }: Stoppable, signal: string): Promise<void> {
  log.info({ signal }, 'stopping');
  if (delayMs > 0) {
    drain.leave?.();
    await sleep(delayMs);
  }
  setTimeout(() => {
    log.error({}, 'could not close in time');
    process.exit(1);
  }, GRACE_MS + CLEANUP_MS).unref();
  try {
    if (!(await drain.run())) log.warn({ graceMs: GRACE_MS }, 'requests were cut off');
    await close();
  } catch (error) {
    log.error({ err: error }, 'could not close');
    process.exit(1);
  }
  log.info({}, 'stopped');
  process.exit(0);
}
