/**
 * The numbers that Prometheus scrapes.
 *
 * Labels come from closed sets (a route class, a known method, a status), never
 * from a path or a name that a client chose, so the number of series is bounded.
 */
import type { MetricObjectWithValues, MetricValue } from 'prom-client';
import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { PurgeReport } from '../expirations/purge-report.js';
import type { OverdueFiles } from '../mayfly.js';

/** The parts of the server that are told apart in logs and metrics. */
export type Route =
  | 'files'
  | 'links'
  | 'namespaces'
  | 'page'
  | 'openapi.json'
  | 'healthz'
  | 'readyz'
  | 'metrics';

/** One request, answered or given up. */
export interface ServedRequest {
  route: Route;
  method: string;
  /** 499 when the client went away before the answer was complete. */
  status: number;
  seconds: number;
  bytesIn: number;
  bytesOut: number;
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const OUTCOMES = ['removed', 'missing', 'failed', 'kept'] as const;

/** All metrics of one server, in a registry of their own. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #own = { registers: [this.#registry] };
  readonly #requests = new Counter({
    name: 'mayfly_http_requests_total',
    help: 'Requests by route class, method and status; 499 is a client that went away.',
    labelNames: ['route', 'method', 'status'] as const,
    ...this.#own,
  });
  readonly #durations = new Histogram({
    name: 'mayfly_http_request_duration_seconds',
    help: 'Time from the head of a request to the end of its answer.',
    labelNames: ['route', 'method'] as const,
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60, 600],
    ...this.#own,
  });
  readonly #inFlight = new Gauge({
    name: 'mayfly_http_requests_in_flight',
    help: 'Requests being served now.',
    ...this.#own,
  });
  readonly #uploads = new Gauge({
    name: 'mayfly_uploads_in_flight',
    help: 'Uploads being received now.',
    ...this.#own,
  });
  readonly #received = new Counter({
    name: 'mayfly_http_received_bytes_total',
    help: 'Bytes received.',
    ...this.#own,
  });
  readonly #sent = new Counter({ name: 'mayfly_http_sent_bytes_total', help: 'Bytes sent.', ...this.#own });
  readonly #purges = new Counter({
    name: 'mayfly_purges_total',
    help: 'Purges of this process; failed: the storage or the expiration store was not there.',
    labelNames: ['result'] as const,
    ...this.#own,
  });
  readonly #purged = new Counter({
    name: 'mayfly_purged_files_total',
    help: 'Due files by what became of them.',
    labelNames: ['outcome'] as const,
    ...this.#own,
  });
  readonly #purgeSeconds = new Counter({
    name: 'mayfly_purge_seconds_total',
    help: 'Time spent in purges.',
    ...this.#own,
  });

  readonly #removed = new Counter({
    name: 'mayfly_purged_total',
    help: 'Files removed because their deadline had passed.',
    ...this.#own,
  });
  readonly #failures = new Counter({
    name: 'mayfly_purge_failures_total',
    help: 'Times that a due file could not be removed; it is tried again.',
    ...this.#own,
  });
  readonly #lastPurge = new Gauge({
    name: 'mayfly_purge_last_run_timestamp_seconds',
    help: 'When a purge of this process was last done, whatever became of single files.',
    aggregator: 'max',
    ...this.#own,
  });
  readonly #overdue: OverdueGauges | null;

  /** @param askOverdue is asked at each scrape; null in a process that leaves it to another */
  constructor(askOverdue: (() => Promise<OverdueFiles>) | null) {
    this.#overdue = askOverdue === null ? null : new OverdueGauges(this.#registry, askOverdue);
    collectDefaultMetrics({ register: this.#registry });
    // A series that is there from the start can be alerted on; one that appears with the first failure can't.
    for (const outcome of OUTCOMES) this.#purged.inc({ outcome }, 0);
    for (const result of ['done', 'failed']) this.#purges.inc({ result }, 0);
  }

  /** A request has begun. */
  began(route: Route, method: string): void {
    this.#inFlight.inc();
    if (isUpload(route, method)) this.#uploads.inc();
  }

  /** A request has ended, one way or the other. */
  ended({ route, method, status, seconds, bytesIn, bytesOut }: ServedRequest): void {
    const known = METHODS.has(method) ? method : 'other';
    this.#inFlight.dec();
    if (isUpload(route, method)) this.#uploads.dec();
    this.#requests.inc({ route, method: known, status });
    this.#durations.observe({ route, method: known }, seconds);
    this.#received.inc(bytesIn);
    this.#sent.inc(bytesOut);
  }

  /** A purge has ended with a report. */
  purged(report: PurgeReport): void {
    this.#purges.inc({ result: 'done' });
    this.#purgeSeconds.inc(report.durationMs / 1000);
    for (const outcome of OUTCOMES) this.#purged.inc({ outcome }, report[outcome]);
    this.#removed.inc(report.removed);
    this.#failures.inc(report.failed);
    this.#lastPurge.setToCurrentTime();
  }

  /** A purge could not be done. */
  purgeFailed(): void {
    this.#purges.inc({ result: 'failed' });
  }

  /** The text that Prometheus reads, and its media type. */
  async expose(): Promise<Exposition> {
    await this.#overdue?.look();
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  /** The same as data, to be added to that of other processes. */
  async snapshot(): Promise<MetricsSnapshot> {
    await this.#overdue?.look();
    return this.#registry.getMetricsAsJSON();
  }
}

/** Numbers of one process. */
export type MetricsSnapshot = MetricObjectWithValues<MetricValue<string>>[];

/** What a scrape is answered. */
export interface Exposition {
  contentType: string;
  body: string;
}

/** The numbers of several processes as one. */
export async function exposeTogether(snapshots: readonly MetricsSnapshot[]): Promise<Exposition> {
  const registry = AggregatorRegistry.aggregate([...snapshots]);
  return { contentType: registry.contentType, body: await registry.metrics() };
}

function isUpload(route: Route, method: string): boolean {
  return route === 'files' && (method === 'POST' || method === 'PUT');
}

/** What the expiration store says of files past their deadline. */
class OverdueGauges {
  readonly #ask: () => Promise<OverdueFiles>;
  readonly #files: Gauge;
  readonly #oldest: Gauge;

  constructor(registry: Registry, ask: () => Promise<OverdueFiles>) {
    this.#ask = ask;
    this.#files = new Gauge({
      name: 'mayfly_overdue_files',
      help: 'Files past their deadline and not purged, counted up to 10000; NaN: the expiration store does not answer.',
      registers: [registry],
    });
    this.#oldest = new Gauge({
      name: 'mayfly_oldest_overdue_seconds',
      help: 'How long the oldest of them is past its deadline; 0: there is none.',
      registers: [registry],
    });
  }

  /** A store that does not answer must not take the other metrics with it. */
  async look(): Promise<void> {
    try {
      const { count, oldest } = await this.#ask();
      this.#files.set(count);
      this.#oldest.set(oldest === null ? 0 : Math.max(0, (Date.now() - oldest.getTime()) / 1000));
    } catch {
      this.#files.set(Number.NaN);
      this.#oldest.set(Number.NaN);
    }
  }
}
