/** What a purge is told, works with, and tells. */

import type { Clock } from '../clock/clock.js';
import type { Filesystem } from '../fs/filesystem.js';
import type { SweepOptions } from '../fs/staged-file.js';
import type { ExpirationStore } from './expiration-store.js';
import type { Ledger } from './ledger.js';

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
  /** Files that could not be removed; their rows stay and are tried again at later purges. */
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
  /** Begins no further removal; the purge then resolves with its report so far. */
  signal?: AbortSignal;
  /** Called after each batch. */
  onProgress?: (report: PurgeReport) => void;
  /**
   * Which of the files that earlier purges could not remove are tried again,
   * after all others: `all` of them (default), or those that are `ripe`: each
   * failure doubles the pause, from a second to an hour. The scheduled purge
   * takes the ripe ones.
   */
  retries?: 'all' | 'ripe';
}

/** What a purge under way goes by. */
export interface PurgeRunOptions extends Omit<PurgeOptions, 'now' | 'signal'> {
  /** Asked before each removal: true begins no further one. Asking hears every signal, also a polyfill's. */
  isAborted?: () => boolean;
}

/** The storage that is purged. */
export interface PurgedStorage {
  /** Make sure that the storage is there and is the one the rows speak of. @throws OperationFailed */
  verify(): Promise<void>;
  /** The bare filesystem of a namespace. */
  open(namespace: string): Filesystem;
  /** Remove what killed writers left. */
  sweepStaged(before: Date, options?: SweepOptions): Promise<number>;
}

/** What a purge works with. */
export interface PurgeParts {
  readonly store: ExpirationStore;
  readonly ledger: Ledger;
  readonly storage: PurgedStorage;
  readonly clock: Clock;
  /** Told when leftovers of killed writers could not be swept, which is tried again by the next purge. */
  readonly onSweepFailed?: (error: unknown) => void;
}
