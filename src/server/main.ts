/**
 * The program: `node dist/server/main.js`, or `npm start`.
 *
 * Logs are JSON lines on standard output. What keeps it from starting is one
 * plain line on standard error and exit code 1.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { createMayfly } from '../mayfly.js';
import type { ServerOptions } from './config.js';
import { BadSettings, FILES_ROOT, isLoopback, loadSettings } from './config.js';
import { Metrics } from './metrics.js';
import { startPurgeJob } from './purge-job.js';
import { createServer } from './server.js';
import { Drain, stopOnSignals } from './shutdown.js';

async function main(): Promise<void> {
  const options = await loadSettings();
  const log = pino({
    level: options.log.level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
  });
  failLoudly(log);
  const mayfly = createMayfly({
    storage: { ...options.storage, urlRoot: (options.publicUrl ?? '') + FILES_ROOT },
    expirations: options.expirations,
    // The program runs the schedule itself: see purge-job.
    purge: false,
    logger: log,
  });
  await mayfly.ready();
  const metrics = new Metrics(() => mayfly.overdue());
  const server = createServer({ mayfly, options, metrics, log });
  const drain = new Drain(server);
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const url = checkedUrl(server.address() as AddressInfo, options);
  const { schedule } = options.purge;
  const job = schedule === false ? null : startPurgeJob(mayfly, schedule, metrics, log);
  stopOnSignals({
    drain,
    log,
    close: async () => {
      await job?.stop();
      await mayfly.close();
    },
  });
  log.info({ url, host: options.host, token: options.token !== null }, 'listening');
  if (process.stdout.isTTY) console.log(`\n  mayfly is at ${url}\n`);
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

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return `${error.message}: another program uses this port; set MAYFLY_PORT`;
  const cause =
    error.cause instanceof Error && !(error instanceof BadSettings) ? ` (${error.cause.message})` : '';
  return `${error.message}${cause}`;
}

main().catch((error: unknown) => {
  process.stderr.write(`mayfly could not start: ${explain(error).replaceAll('\n', ' ')}\n`);
  process.exit(1);
});
