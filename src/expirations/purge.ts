/**
 * Removes the files whose deadline has passed, then forgets their rows.
 *
 * In batches: claim what is due, remove the files, settle the claims. A file is
 * removed only while its key is held, and a row is forgotten only if it is
 * still the one that was read, so a deadline that was changed meanwhile is
 * never acted on. A batch that dies half-way leaves rows, and claims that die
 * with it: the next purge finds both and goes on.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock/clock.js';
import { FSError, MayflyError, OperationFailed } from '../errors/errors.js';
import type { Filesystem } from '../fs/filesystem.js';
import { ancestors } from '../path/parts.js';
import type { Expiration, FileKey } from './expiration.js';
import type { DuePosition, ExpirationStore, RowChange } from './expiration-store.js';
import type { KeyedMutex } from './keyed-mutex.js';
import { mutexOf } from './keyed-mutex.js';
import type { Ledger } from './ledger.js';

/** Rows claimed at a time: memory stays flat, and the next process finds work too. */
const BATCH_ROWS = 1000;
/** Removals under way at a time, each of `removeBatch` files. */
const CONCURRENCY = 8;
const MAX_FAILURES_TOLD = 100;
const DAY_MS = 86_400_000;

/** One file that could not be removed. */
export interface PurgeFailure {
  /** Namespace of the file. */
  namespace: string;
  /** Canonical path in it. */
  path: string;
  /** Why it could not be removed. */
  error: Error;
}

/** What a purge did. */
export interface PurgeReport {
  /** Files removed. */
  removed: number;
  /** Due rows whose file was not there. */
  missing: number;
  /** Files that could not be removed; their rows stay and are tried again at the next purge. */
  failed: number;
  /** Rows found due that were renewed, rewritten or removed meanwhile. */
  kept: number;
  /** How long the purge took, in milliseconds. */
  durationMs: number;
  /** The first 100 failures. */
  failures: PurgeFailure[];
}

/** Options of `expireObjects`. */
export interface PurgeOptions {
  /** Files due at this moment or before; default now. */
  now?: Date;
  /** Stops after the batch in work; the purge then resolves with its report so far. */
  signal?: AbortSignal;
  /** Called after each batch. */
  onProgress?: (report: PurgeReport) => void;
}

/** The storage that is purged. */
export interface PurgedStorage {
  /** Make sure that the storage is there and is the one the rows speak of. @throws OperationFailed */
  verify(): Promise<void>;
  /** The bare filesystem of a namespace. */
  open(namespace: string): Filesystem;
  /** Remove what killed writers left. */
  sweepStaged(before: Date): Promise<number>;
}

/** What a purge works with. */
export interface PurgeParts {
  readonly store: ExpirationStore;
  readonly ledger: Ledger;
  readonly storage: PurgedStorage;
  readonly clock: Clock;
}

export class Purge {
  readonly #parts: PurgeParts;

  constructor(parts: PurgeParts) {
    this.#parts = parts;
  }

  /**
   * Work off everything that is due at `now`.
   * @throws OperationFailed or a subclass: the storage or the store is not there; no row has been dropped for it
   */
  async run(now: number, options: Omit<PurgeOptions, 'now'> = {}): Promise<PurgeReport> {
    const started = performance.now();
    const report: PurgeReport = { removed: 0, missing: 0, failed: 0, kept: 0, durationMs: 0, failures: [] };
    const { store, storage, clock } = this.#parts;
    await storage.verify();
    await store.releaseDead();
    let after: DuePosition | null = null;
    while (options.signal?.aborted !== true) {
      const batch: Batch = new Batch(this.#parts, now, report);
      after = await batch.run(after);
      report.durationMs = performance.now() - started;
      if (after === null) break;
      options.onProgress?.({ ...report, failures: [...report.failures] });
    }
    await storage.sweepStaged(new Date(clock() - DAY_MS));
    report.durationMs = performance.now() - started;
    return report;
  }
}

class Batch {
  readonly #token = randomUUID();
  readonly #store: ExpirationStore;
  readonly #mutex: KeyedMutex;
  readonly #ledger: Ledger;
  readonly #storage: PurgedStorage;
  readonly #now: number;
  readonly #report: PurgeReport;
  readonly #changes: RowChange[] = [];
  /** Rows whose file was not there, believed only after the storage was seen to be. */
  readonly #missing: Expiration[] = [];
  readonly #filesystems = new Map<string, Filesystem>();
  /** Directories that may have become empty, by namespace. */
  readonly #emptied = new Map<string, Set<string>>();
  #failed = 0;

  constructor({ store, ledger, storage }: PurgeParts, now: number, report: PurgeReport) {
    this.#store = store;
    this.#mutex = mutexOf(store);
    this.#ledger = ledger;
    this.#storage = storage;
    this.#now = now;
    this.#report = report;
  }

  /** @returns where the next batch goes on; null when nothing was due */
  async run(after: DuePosition | null): Promise<DuePosition | null> {
    const watch = this.#mutex.watch();
    try {
      const due = await this.#store.claimDue(this.#token, this.#now, BATCH_ROWS, after);
      const last = due.at(-1);
      if (last === undefined) return null;
      try {
        await this.#removeAll(
          due.map(({ row }) => row),
          watch.touched,
        );
      } finally {
        // What has been removed is settled even when the rest went wrong.
        await this.#store.settle(this.#token, this.#changes);
      }
      return last.position;
    } finally {
      watch.stop();
    }
  }

  async #removeAll(rows: readonly Expiration[], touched: (key: FileKey) => boolean): Promise<void> {
    const chunks = this.#chunks(rows).values();
    let stopped = false;
    const worker = async (): Promise<void> => {
      // All workers take from the one iterator, oldest first.
      for (const chunk of chunks) {
        if (stopped) return;
        await this.#removeChunk(chunk, touched).catch((error: unknown) => {
          stopped = true;
          throw error;
        });
      }
    };
    // The claims are given back when this ends, so no worker may be left at work.
    const ends = await Promise.allSettled(Array.from({ length: CONCURRENCY }, worker));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    if (this.#missing.length > 0 || this.#failed > 0) await this.#storage.verify();
    for (const row of this.#missing) this.#forget(row);
    this.#report.missing += this.#missing.length;
    await this.#removeEmptied();
  }

  /** As many files of one namespace as its filesystem removes in one request. */
  #chunks(rows: readonly Expiration[]): Expiration[][] {
    const byNamespace = new Map<string, Expiration[]>();
    for (const row of rows) {
      const members = byNamespace.get(row.namespace);
      if (members === undefined) byNamespace.set(row.namespace, [row]);
      else members.push(row);
    }
    return [...byNamespace].flatMap(([namespace, members]) => {
      const size = this.#open(namespace).getMeta().removeBatch;
      return Array.from({ length: Math.ceil(members.length / size) }, (_, i) =>
        members.slice(i * size, (i + 1) * size),
      );
    });
  }

  async #removeChunk(rows: readonly Expiration[], touched: (key: FileKey) => boolean): Promise<void> {
    const releases: (() => void)[] = [];
    try {
      const held: Expiration[] = [];
      for (const row of rows) {
        // Whoever used the key since it was read has changed the row, or is about to.
        const release = touched(row) ? null : this.#mutex.tryAcquire(row);
        if (release === null) {
          this.#report.kept++;
          continue;
        }
        releases.push(release);
        try {
          if (await this.#isDue(row)) held.push(row);
        } catch (error) {
          this.#fail(
            row,
            error instanceof MayflyError ? error : new OperationFailed(row.path, { cause: error }),
          );
        }
      }
      if (held.length > 0) await this.#removeHeld(held);
    } finally {
      for (const release of releases) release();
    }
  }

  /** Whether the deadline that holds has passed; a row with another one is corrected. */
  async #isDue(row: Expiration): Promise<boolean> {
    if (row.intent === null) return true;
    const deadline = await this.#ledger.effectiveDeadline(row);
    if (deadline !== null && deadline <= this.#now) return true;
    const { namespace, path, generation: ifGeneration } = row;
    const change = { namespace, path, ifGeneration };
    this.#changes.push(
      deadline === null ? { ...change, remove: true } : { ...change, deadline, intent: null },
    );
    this.#report.kept++;
    return false;
  }

  async #removeHeld(rows: readonly Expiration[]): Promise<void> {
    const namespace = rows[0]?.namespace ?? '';
    const outcomes = await this.#open(namespace).removeMany(rows.map((row) => row.path));
    rows.forEach((row, i) => {
      const outcome = outcomes[i];
      if (outcome?.result === 'removed') {
        this.#forget(row);
        this.#report.removed++;
      } else if (outcome?.result === 'missing') {
        this.#missing.push(row);
      } else {
        this.#fail(row, outcome?.error ?? new OperationFailed(row.path));
      }
    });
  }

  #forget(row: Expiration): void {
    const { namespace, path, generation: ifGeneration } = row;
    this.#changes.push({ namespace, path, ifGeneration, remove: true });
    const emptied = this.#emptied.get(namespace) ?? new Set();
    for (const above of ancestors(path)) emptied.add(above);
    this.#emptied.set(namespace, emptied);
  }

  #fail(row: Expiration, error: Error): void {
    this.#failed++;
    this.#report.failed++;
    if (this.#report.failures.length >= MAX_FAILURES_TOLD) return;
    this.#report.failures.push({ namespace: row.namespace, path: row.path, error });
  }

  /** Deepest first, so that a directory is empty when its turn comes. One with something in it refuses, and stays. */
  async #removeEmptied(): Promise<void> {
    for (const [namespace, directories] of this.#emptied) {
      const filesystem = this.#open(namespace);
      const deepestFirst = [...directories].sort((a, b) => b.split('/').length - a.split('/').length);
      for (const directory of deepestFirst) {
        await filesystem.removeDir(directory).catch((error: unknown) => {
          if (!(error instanceof FSError)) throw error;
        });
      }
    }
  }

  #open(namespace: string): Filesystem {
    let filesystem = this.#filesystems.get(namespace);
    if (filesystem === undefined) {
      filesystem = this.#storage.open(namespace);
      this.#filesystems.set(namespace, filesystem);
    }
    return filesystem;
  }
}
