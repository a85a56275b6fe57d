/** The composition root: from options to a working whole. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Router } from 'express';
import { OSFS } from './backends/disk/disk-filesystem.js';
import { MemoryFS } from './backends/memory/memory-filesystem.js';
import { S3FS } from './backends/s3/s3-filesystem.js';
import { FilesystemClosed } from './errors/errors.js';
import { Check } from './expirations/check.js';
import type { CheckOptions, CheckReport } from './expirations/check-report.js';
import type { ExpirationStore } from './expirations/expiration-store.js';
import { Ledger } from './expirations/ledger.js';
import { Purge } from './expirations/purge.js';
import { checkPurgeOptions } from './expirations/purge-options.js';
import type { PurgeOptions, PurgeReport } from './expirations/purge-report.js';
import { PurgeSchedule } from './expirations/purge-schedule.js';
import { PostgresExpirationStore } from './expirations/sql/postgres-expiration-store.js';
import { SqliteExpirationStore } from './expirations/sql/sqlite-expiration-store.js';
import type { Filesystem } from './fs/filesystem.js';
import { createHandler } from './http/handler.js';
import { LookUps } from './http/look-ups.js';
import type { RouterOptions } from './http/options.js';
import { createRouter } from './http/router.js';
import type { HttpService } from './http/service.js';
import { UsageBook } from './http/usage.js';
import type { Logger } from './logger/logger.js';
import { unfailing } from './logger/logger.js';
import { NamespaceFS } from './namespaces/namespace-filesystem.js';
import type { NamespaceHost } from './namespaces/scope.js';
import { Storage } from './namespaces/storage.js';
import type { MayflyOptions, ResolvedOptions, StorageOptions } from './options/options.js';
import { resolveOptions } from './options/resolve.js';
import { checkNamespaceName } from './path/namespace-name.js';
import type { UrlSigning } from './urls/signing-key.js';
import { SigningKeys } from './urls/signing-key.js';
import { mountPath } from './urls/url-root.js';

/** A listener of node:http, and middleware where there is a `next`. */
export type RequestHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  next?: (error?: unknown) => void,
) => void;

/** Namespaces kept at hand for requests; their names come from outside, so their number is bounded. */
const MAX_SERVED_NAMESPACES = 1000;

/** What is past its deadline. */
export interface OverdueFiles {
  /** Counted up to 10 000. */
  count: number;
  /** The earliest deadline among them; null: none is overdue. */
  oldest: Date | null;
}

/** Namespaced filesystems with URLs and deadlines over one storage. */
export interface Mayfly {
  /** Path part of `storage.urlRoot`, for `app.use`; `/` when there is none. */
  readonly urlRoot: string;

  /**
   * The filesystem of a namespace; nothing is made on the storage until something is written.
   * @throws InvalidNamespace, FilesystemClosed
   */
  getFilesystem(namespace: string): NamespaceFS;

  /**
   * A router of Express 5 to mount at `urlRoot`. An app of Express 4 takes it as well; to its types it is a
   * `RequestHandler`.
   * @throws InvalidOptions
   * @example app.use(mayfly.urlRoot, mayfly.router())
   */
  router(options?: RouterOptions): Router & RequestHandler;

  /**
   * The same service on bare node:http, under `urlRoot`.
   * @throws InvalidOptions
   * @example http.createServer(mayfly.handler())
   */
  handler(options?: RouterOptions): RequestHandler;

  /**
   * Remove every file whose deadline has passed. Any number of processes may do so at once.
   *
   * @throws OperationFailed or a subclass: storage or store can't be reached; nothing has been forgotten for it
   * @throws FilesystemClosed, TypeError; RangeError: `now` is an invalid Date
   */
  expireObjects(options?: PurgeOptions): Promise<PurgeReport>;

  /**
   * How many files are past their deadline now, and since when: for those who watch over the purge. Cheap.
   * @throws OperationFailed or a subclass: the store can't be reached
   */
  overdue(): Promise<OverdueFiles>;

  /**
   * Compare deadlines with files: what other programs have removed, what killed writers have left.
   * Reads all rows, page by page; it may run while everybody works.
   * @throws OperationFailed or a subclass: storage or store can't be reached
   * @throws FilesystemClosed
   */
  check(options?: CheckOptions): Promise<CheckReport>;

  /**
   * Names of the namespaces that there are, in code-point order: an empty one too, where directories are things of their own.
   * @throws OperationFailed or a subclass: the storage can't be reached
   * @throws FilesystemClosed
   */
  namespaces(): AsyncIterable<string>;

  /** Make sure that storage and store answer. May be called any number of times. @throws OperationFailed or a subclass */
  ready(): Promise<void>;

  /**
   * Stop the job, wait for the purge in flight, close connections. A second close does nothing.
   * The job's own purge ends after its batch, one by `expireObjects` when all is done or its signal aborts.
   * A filesystem or a store that was passed in stays open: it is its owner's.
   */
  close(): Promise<void>;
}

/**
 * Set up namespaced filesystems. Synchronous: files and connections are opened at first use, or by `ready()`.
 *
 * @throws InvalidOptions with one message that names every bad key
 * @example
 * const mayfly = createMayfly({
 *   storage: { type: 'osfs', directoryRoot: 'var/files', urlRoot: '/files' },
 *   expirations: { type: 'sqlite', path: 'var/expirations.db' },
 * });
 */
export function createMayfly(options: MayflyOptions): Mayfly {
  return new ComposedMayfly(resolveOptions(options));
}

class ComposedMayfly implements Mayfly {
  readonly urlRoot: string;
  readonly #options: ResolvedOptions;
  readonly #logger: Logger;
  readonly #store: ExpirationStore;
  readonly #filesystem: Filesystem;
  readonly #storage: Storage;
  readonly #host: NamespaceHost;
  readonly #urls: UrlSigning | null;
  readonly #usage = new UsageBook();
  readonly #purge: Purge;
  readonly #schedule: PurgeSchedule | null;
  /** Purges in flight, which `close` waits for. */
  readonly #purges = new Set<Promise<unknown>>();
  #closed: Promise<void> | null = null;

  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.#logger = unfailing(options.logger);
    this.urlRoot = mountPath(options.storage.urlRoot ?? '');
    this.#store = openStore(options);
    this.#filesystem = openFilesystem(options.storage);
    this.#storage = new Storage(this.#filesystem, this.#store);
    const ledger = new Ledger(
      this.#store,
      options.clock,
      (key) => this.#storage.validatorOf(key),
      (key) => this.#storage.isFreeNow(key),
    );
    this.#urls =
      options.urls === null
        ? null
        : { keys: new SigningKeys(options.urls.secrets), required: options.urls.required };
    this.#host = {
      storage: this.#storage,
      ledger,
      clock: options.clock,
      urlRoot: options.storage.urlRoot ?? null,
      urls: this.#urls,
      findBelow: (...place) => this.#store.findBelow(...place),
    };
    this.#purge = new Purge({
      store: this.#store,
      ledger,
      storage: this.#storage,
      clock: options.clock,
      onSweepFailed: (error) =>
        this.#logger.warn({ err: error }, 'leftovers of killed writers could not be swept'),
    });
    this.#schedule =
      options.purge === false
        ? null
        : new PurgeSchedule(options.purge.schedule, (signal) => this.#runScheduledPurge(signal));
  }

  getFilesystem(namespace: string): NamespaceFS {
    this.#storage.checkOpen();
    checkNamespaceName(namespace);
    return new NamespaceFS(this.#host, namespace);
  }

  router(options?: RouterOptions): Router & RequestHandler {
    // A router needs nothing of a request but what node:http gives it; its types claim more.
    return createRouter(this.#service(), options) as Router & RequestHandler;
  }

  handler(options?: RouterOptions): RequestHandler {
    return createHandler(this.#service(), options);
  }

  async expireObjects(options: PurgeOptions = {}): Promise<PurgeReport> {
    if (this.#closed !== null) throw new FilesystemClosed();
    checkPurgeOptions(options);
    const { now, signal, onProgress, retries } = options;
    const purge = this.#purge.run(now?.getTime() ?? this.#options.clock(), {
      isAborted: () => signal?.aborted === true,
      ...(onProgress === undefined ? {} : { onProgress }),
      ...(retries === undefined ? {} : { retries }),
    });
    this.#purges.add(purge);
    try {
      return await purge;
    } finally {
      this.#purges.delete(purge);
    }
  }

  async overdue(): Promise<OverdueFiles> {
    this.#storage.checkOpen();
    const { count, oldest } = await this.#store.overdue(this.#options.clock());
    return { count, oldest: oldest === null ? null : new Date(oldest) };
  }

  async check(options: CheckOptions = {}): Promise<CheckReport> {
    this.#storage.checkOpen();
    const parts = {
      store: this.#store,
      ledger: this.#host.ledger,
      storage: this.#storage,
      clock: this.#options.clock,
      namespaces: () => this.#storage.namespaces(),
      checkPresent: () => this.#storage.checkPresent(),
    };
    return new Check(parts, options).run();
  }

  namespaces(): AsyncIterable<string> {
    this.#storage.checkOpen();
    return this.#storage.namespaces();
  }

  ready(): Promise<void> {
    return this.#storage.verify();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#schedule?.stop();
    await Promise.allSettled(this.#purges);
    this.#storage.close();
    await this.#host.ledger.idle();
    // What was passed in belongs to who opened it, and may be in use elsewhere.
    const { storage, expirations } = this.#options;
    if (!('filesystem' in storage)) await this.#filesystem.close();
    if (expirations === null || !('store' in expirations)) await this.#store.close();
  }

  async #runScheduledPurge(signal: AbortSignal): Promise<void> {
    const logger = this.#logger;
    try {
      const { failures, ...counts } = await this.expireObjects({ signal, retries: 'ripe' });
      const some = counts.removed + counts.missing + counts.failed + counts.kept > 0;
      if (some) logger.info(counts, 'purged expired files');
      for (const { namespace, path, error } of failures) {
        logger.warn(
          { namespace, path, err: error },
          'an expired file could not be removed and will be tried again',
        );
      }
    } catch (error) {
      if (!signal.aborted) logger.error({ err: error }, 'the purge failed and will be tried again');
    }
  }

  #service(): HttpService {
    const { clock } = this.#options;
    const known = new Map<string, NamespaceFS>();
    return {
      getFilesystem: (namespace) => {
        let filesystem = known.get(namespace);
        if (filesystem === undefined) {
          filesystem = this.getFilesystem(namespace);
          if (known.size >= MAX_SERVED_NAMESPACES) known.clear();
          known.set(namespace, filesystem);
        }
        return filesystem;
      },
      urlRoot: this.urlRoot,
      presigns: this.#filesystem.presigner() !== null,
      lookUps: new LookUps(),
      urls: this.#urls,
      usage: this.#usage,
      clock,
      logger: this.#logger,
    };
  }
}

function openFilesystem(storage: StorageOptions): Filesystem {
  if ('filesystem' in storage) return storage.filesystem;
  if (storage.type === 'memoryfs') return new MemoryFS();
  if (storage.type === 's3fs') return new S3FS(storage);
  const { directoryRoot, durable = true, cacheBytes } = storage;
  return new OSFS(directoryRoot, { durable, ...(cacheBytes === undefined ? {} : { cacheBytes }) });
}

function openStore({ expirations, storage }: ResolvedOptions): ExpirationStore {
  if (expirations === null) {
    if ('type' in storage && storage.type !== 'memoryfs') {
      process.emitWarning(
        "deadlines are kept in memory and forgotten at exit, while the files stay: set expirations: { type: 'sqlite', path: … }",
        { code: 'MAYFLY_DEADLINES_IN_MEMORY' },
      );
    }
    return new SqliteExpirationStore(':memory:');
  }
  if ('store' in expirations) return expirations.store;
  return expirations.type === 'postgres'
    ? new PostgresExpirationStore(expirations.connectionString)
    : new SqliteExpirationStore(expirations.path);
}
