/**
 * Several processes that serve on one port (node:cluster), and this one, which
 * serves nobody: it purges for all, and replaces a worker that died.
 */
import type { Worker } from 'node:cluster';
import cluster from 'node:cluster';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../logger/logger.js';
import type { Mayfly } from '../mayfly.js';
import type { Peer } from './cluster-metrics.js';
import { answerScrapes } from './cluster-metrics.js';
import type { ServerOptions } from './config.js';
import { Metrics } from './metrics.js';
import { startPurgeJob } from './purge-job.js';
import { longestStopMs, stopOnSignals } from './shutdown.js';

/** Pause before a worker that died is replaced, so that one that can't live does not keep the machine busy. */
const REPLACE_AFTER_MS = 1_000;

/** What the primary process works with. */
export interface PrimaryParts {
  mayfly: Mayfly;
  options: ServerOptions;
  log: Logger;
}

/** Resolves when all workers listen. @throws Error one of the first ones ended before */
export async function runPrimary({ mayfly, options, log }: PrimaryParts): Promise<void> {
  const metrics = new Metrics(() => mayfly.overdue());
  const { schedule } = options.purge;
  const workers = new Workers(log, metrics);
  const urls = await Promise.all(Array.from({ length: options.workers }, () => workers.start()));
  const job = schedule === false ? null : startPurgeJob(mayfly, schedule, metrics, log);
  stopOnSignals({
    drain: workers,
    // Each of them first takes requests for a while more, and this one must not end before they have.
    drainMs: longestStopMs(options.stopDelay * 1000),
    log,
    close: async () => {
      await job?.stop();
      await mayfly.close();
    },
  });
  const [url] = urls;
  log.info({ url, host: options.host, token: options.token !== null, workers: options.workers }, 'listening');
  if (process.stdout.isTTY) console.log(`\n  mayfly is at ${url}\n`);
}

/** The processes that serve. */
class Workers {
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly #running = new Map<Worker, Peer>();
  #stopping = false;

  constructor(log: Logger, metrics: Metrics) {
    this.#log = log;
    this.#metrics = metrics;
  }

  /** @returns where it listens. @throws Error it ended before it listened */
  start(): Promise<string> {
    const worker = cluster.fork();
    const peer = peerOf(worker);
    this.#running.set(worker, peer);
    answerScrapes(peer, () => this.#peers(), this.#metrics);
    return new Promise((resolve, reject) => {
      let listening = false;
      peer.onMessage((message) => {
        if (!isListening(message)) return;
        listening = true;
        resolve(message.url);
      });
      worker.once('exit', (code, signal) => {
        this.#running.delete(worker);
        if (this.#stopping) return;
        if (!listening) reject(new Error('a worker could not start, see what it said'));
        else void this.#replace(worker, code, signal);
      });
    });
  }

  /** As `Drain.run`: all end by themselves, within their own grace. @returns whether all ended well */
  async run(): Promise<boolean> {
    this.#stopping = true;
    const codes = await Promise.all(
      [...this.#running.keys()].map(async (worker) => {
        const exited = once(worker, 'exit') as Promise<[number | null]>;
        worker.process.kill('SIGTERM');
        return (await exited)[0];
      }),
    );
    return codes.every((code) => code === 0);
  }

  async #replace(worker: Worker, code: number | null, signal: string | null): Promise<void> {
    this.#log.error({ worker: worker.process.pid, code, signal }, 'a worker died and is replaced');
    while (!this.#stopping) {
      await sleep(REPLACE_AFTER_MS);
      if (this.#stopping) return;
      try {
        await this.start();
        return;
      } catch (error) {
        this.#log.error({ err: error }, 'a worker could not be replaced, and will be tried again');
      }
    }
  }

  #peers(): Peer[] {
    return [...this.#running].filter(([worker]) => worker.isConnected()).map(([, peer]) => peer);
  }
}

function peerOf(worker: Worker): Peer {
  return {
    send: (message) => {
      if (worker.isConnected()) worker.send(message, () => {});
    },
    onMessage: (listener) => {
      worker.on('message', listener);
      return () => worker.off('message', listener);
    },
  };
}

function isListening(message: unknown): message is { url: string } {
  return (
    typeof message === 'object' &&
    message !== null &&
    'type' in message &&
    message.type === 'mayfly:listening' &&
    'url' in message &&
    typeof message.url === 'string'
  );
}
