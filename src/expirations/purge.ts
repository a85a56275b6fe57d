/**
 * Removes the files whose deadline has passed, then forgets their rows.
 *
 * A pipeline of batches (see `purge-batch`): while one is being claimed, others
 * have their files removed and one is settled. Their number is bounded, so
 * memory is, and nobody claims far ahead of what he can remove.
 *
 * Files that could not be removed before come last, in batches of their own:
 * however many they are, the others don't wait for them.
 */

import { Limiter } from '../fs/derived/concurrency.js';
import type { DuePosition, DueSelection } from './expiration-store.js';
import { PurgeBatch } from './purge-batch.js';
import type { PurgeParts, PurgeReport, PurgeRunOptions } from './purge-report.js';

/** Batches of up to 1000 rows under way at a time, where each is a request or two: S3 takes 3,500 objects a second. */
const BATCHES = 4;
const FEW_REMOVALS = 2;
/** The same where a batch is many calls: one is settled while the next is removed. */
const BATCHES_OF_MANY = 2;
/** Removals under way at a time, each of `removeBatch` files. */
const REMOVALS = 8;
const DAY_MS = 86_400_000;

export class Purge {
  readonly #parts: PurgeParts;

  constructor(parts: PurgeParts) {
    this.#parts = parts;
  }

  /**
   * Work off everything that is due at `now`.
   * @throws OperationFailed or a subclass: the storage or the store is not there; no row has been dropped for it
   */
  async run(now: number, options: PurgeRunOptions = {}): Promise<PurgeReport> {
    const { store, storage } = this.#parts;
    const run = new Run(this.#parts, now, options);
    await storage.verify();
    await store.releaseDead();
    // What fails in this purge gets a newer generation, and is not tried a second time in it.
    const failedUpTo = await store.newestGeneration();
    await run.workOff('fresh');
    await run.workOff(options.retries === 'ripe' ? 'ripe' : { failedUpTo });
    if (options.isAborted?.() !== true) await this.#sweep();
    return run.reportSoFar();
  }

  /** What is done is done: that leftovers of killed writers can't be removed takes nothing from it. */
  async #sweep(): Promise<void> {
    const { storage, clock, onSweepFailed } = this.#parts;
    try {
      await storage.sweepStaged(new Date(clock() - DAY_MS));
    } catch (error) {
      onSweepFailed?.(error);
    }
  }
}

/** One purge. */
class Run {
  readonly #parts: PurgeParts;
  readonly #now: number;
  readonly #startedAt: number;
  readonly #options: PurgeRunOptions;
  readonly #started = performance.now();
  readonly #removals = new Limiter(REMOVALS);
  readonly #report: PurgeReport = { removed: 0, missing: 0, failed: 0, kept: 0, durationMs: 0, failures: [] };
  /** What went wrong first; no other batch begins then. */
  #error: { reason: unknown } | null = null;

  constructor(parts: PurgeParts, now: number, options: PurgeRunOptions) {
    this.#parts = parts;
    this.#now = now;
    this.#startedAt = parts.clock();
    this.#options = options;
  }

  reportSoFar(): PurgeReport {
    const durationMs = performance.now() - this.#started;
    return { ...this.#report, failures: [...this.#report.failures], durationMs };
  }

  /** Work off what is due of a selection. Nothing is left at work when it ends; the first error is thrown then. */
  async workOff(selection: DueSelection): Promise<void> {
    const underWay = new Set<Promise<void>>();
    let after: DuePosition | null = null;
    let previous: Promise<void> = Promise.resolve();
    while (!this.#stopped()) {
      const batch: PurgeBatch = new PurgeBatch(this.#parts, this.#nowFor(selection), selection);
      after = await batch.claim(after).catch((error: unknown) => this.#fail(error));
      if (after === null) break;
      const work: Promise<void> = this.#work(batch, previous).finally(() => underWay.delete(work));
      underWay.add(work);
      previous = work;
      if (underWay.size >= (batch.removals <= FEW_REMOVALS ? BATCHES : BATCHES_OF_MANY))
        await Promise.race(underWay);
    }
    await Promise.all(underWay);
    if (this.#error !== null) throw this.#error.reason;
  }

  /** Never rejects. Settled in the order of being claimed, even what was stopped half-way: what is removed is removed. */
  async #work(batch: PurgeBatch, previous: Promise<void>): Promise<void> {
    await batch
      .removeFiles(this.#removals, () => this.#stopped())
      .catch((error: unknown) => this.#fail(error));
    await previous;
    try {
      await batch.settle(this.#report);
      this.#options.onProgress?.(this.reportSoFar());
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Pauses are by the clock, also in a purge of what is due at some later time. */
  #nowFor(selection: DueSelection): number {
    return selection === 'ripe' ? Math.min(this.#now, this.#startedAt) : this.#now;
  }

  #stopped(): boolean {
    return this.#error !== null || this.#options.isAborted?.() === true;
  }

  #fail(reason: unknown): null {
    this.#error ??= { reason };
    return null;
  }
}
