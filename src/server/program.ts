/**
 * The program from its settings to its end: one process that serves and
 * purges, or several that serve beside one that purges (see `workers`).
 *
 * Logs are JSON lines on standard output.
 */
import cluster from 'node:cluster';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import type { Mayfly } from '../mayfly.js';
import { createMayfly } from '../mayfly.js';
import type { UrlsOptions } from '../options/options.js';
import { answerCollections, askPrimaryForMetrics } from './cluster-metrics.js';
import type { ServerOptions, SettingsOverrides } from './config.js';
import { BadSettings, FILES_ROOT, isLoopback, loadSettings, strayVariables } from './config.js';
import { letHeapGrow } from './heap.js';
import { Metrics } from './metrics.js';
import { startPurgeJob } from './purge-job.js';
import { createServer } from './server.js';
import { Drain, stopOnSignals } from './shutdown.js';
import { urlSigning } from './url-secrets.js';
import { runPrimary } from './workers.js';

/**
 * Start the program; it ends by a signal.
 * @throws BadSettings; OperationFailed or a subclass: storage or store can't be reached
 */
export async function runProgram(overrides?: SettingsOverrides): Promise<void> {
  letHeapGrow();
  const options = await loadSettings(overrides);
  const log = pino({
    level: options.log.level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
  });
  failLoudly(log);
  const variables = strayVariables();
  if (variables.length > 0 && !cluster.isWorker) log.warn({ variables }, 'variables that are no settings');
  const mayfly = openMayfly(options, { log, urls: urlSigning(options.urls) });
  await mayfly.ready();
  if (options.workers > 1 && cluster.isPrimary) await runPrimary({ mayfly, options, log });
  else await serve(mayfly, options, log);
}

/** What of a mayfly is not among the settings. */
export interface OpenOptions {
  /** How URLs are signed; null: not at all. */
  urls: UrlsOptions | null;
  log?: pino.Logger;
  /** Origin that begins the URLs where the settings have none; default none. */
  urlOrigin?: string;
}

/** The mayfly of these settings, which purges nothing by itself. */
export function openMayfly(options: ServerOptions, { urls, log, urlOrigin = '' }: OpenOptions): Mayfly {
  return createMayfly({
    storage: { ...options.storage, urlRoot: (options.publicUrl ?? urlOrigin) + FILES_ROOT },
    expirations: options.expirations,
    // The program runs the schedule itself: see purge-job.
    purge: false,
    ...(urls === null ? {} : { urls }),
    ...(log === undefined ? {} : { logger: log }),
  });
}

async function serve(mayfly: Mayfly, options: ServerOptions, log: pino.Logger): Promise<void> {
  const { isWorker } = cluster;
  const metrics = new Metrics(isWorker ? null : () => mayfly.overdue());
  if (isWorker) answerCollections(metrics);
  const exposed = isWorker
    ? {
        began: metrics.began.bind(metrics),
        ended: metrics.ended.bind(metrics),
        expose: askPrimaryForMetrics,
      }
    : metrics;
  const fileOrigins = await originsOf(mayfly, options);
  const isLeaving = (): boolean => drain.leaving;
  const server = createServer({ mayfly, options, metrics: exposed, log, fileOrigins, isLeaving });
  const drain = new Drain(server);
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const url = checkedUrl(server.address() as AddressInfo, options);
  const { schedule } = options.purge;
  const job = schedule === false || isWorker ? null : startPurgeJob(mayfly, schedule, metrics, log);
  stopOnSignals({
    drain,
    log,
    delayMs: options.stopDelay * 1000,
    close: async () => {
      await job?.stop();
      await mayfly.close();
    },
  });
  if (isWorker) process.send?.({ type: 'mayfly:listening', url });
  // Of several processes the primary says that they listen, once all of them do.
  if (isWorker) log.debug({ url }, 'worker listening');
  else log.info({ url, host: options.host, token: options.token !== null }, 'listening');
  if (process.stdout.isTTY && !isWorker) console.log(`\n  mayfly is at ${url}\n`);
}

/** Where browsers find the files when they are not here: at S3, to which they are redirected. */
async function originsOf(mayfly: Mayfly, { storage, delivery, publicUrl }: ServerOptions): Promise<string[]> {
  const own = publicUrl === null ? [] : [publicUrl];
  if (storage.type !== 's3fs' || delivery === 'proxy') return own;
  const url = await mayfly.getFilesystem('page').getUrl('file', 60);
  return URL.canParse(url) ? [...own, new URL(url).origin] : own;
}

/** Where the server is. A name that turned out to be an address for all to reach is not served without a token. */
function checkedUrl({ address, family, port }: AddressInfo, { token }: ServerOptions): string {
  if (token === null && !isLoopback(address)) {
    throw new BadSettings(`refusing to listen on ${address} without a token: set MAYFLY_TOKEN`);
  }
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/** A bug that nobody caught leaves the process in a state that nobody knows: say so and stop. */
function failLoudly(log: pino.Logger): void {
  for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
    process.on(event, (error: unknown) => {
      log.fatal({ err: error }, event);
      process.exit(1);
    });
  }
}

/** Why the program could not start, in one line for its operator. */
export function explainStart(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return `${error.message}: another program uses this port; set MAYFLY_PORT`;
  const cause =
    error.cause instanceof Error && !(error instanceof BadSettings) ? ` (${error.cause.message})` : '';
  return `${error.message}${cause}`.replaceAll('\n', ' ');
}
