import type { Moment } from '../clock/moment.js';
import type { PublishOptions, WriteSource } from './essentials.js';
import type { Info } from './info.js';

/**
 * Bytes that have arrived whole but are not visible yet: the first half of a
 * write. The second half is short, so a caller can do something else in the
 * same breath (choose a free name, record a deadline).
 *
 * Exactly one of `publish` and `discard` must succeed in the end. A publish
 * that throws leaves the file staged: try another path, or discard.
 */
export interface StagedFile {
  /** Bytes staged. */
  readonly size: number;
  /**
   * Rejects when the bytes could not be kept after all, such as for want of
   * space; absent where that shows before a file counts as staged. `publish`
   * waits for it. Who removes something to make room for the file awaits it
   * before.
   */
  readonly synced?: Promise<void>;
  /**
   * Make the file visible at `path`, atomically. Errors as `write`.
   * @throws FileExists with `overwrite: false`
   */
  publish(path: string, options?: PublishOptions): Promise<Info>;
  /**
   * As `publish` with `overwrite: false`, before anything else of this process happens; absent where that can never be.
   * @param path canonical
   * @returns null when it can't be, whatever the reason: nothing was done, and `publish` does it or tells why not
   */
  publishNow?(path: string, options?: PublishNowOptions): Info | null;
  /**
   * The bytes, from the beginning. There only where a subclass has another `write` than that which `publish` belongs to:
   * who stages for others has that one publish them.
   */
  content?(): WriteSource;
  /** Forget the bytes; idempotent, and does nothing once published. */
  discard(): Promise<void>;
}

/** Options of `StagedFile.publishNow`. */
export interface PublishNowOptions {
  /** Directories on the way are looked at once in each; undefined: for this file alone. */
  readonly moment?: Moment | undefined;
}

/** Options of `removeMany`. */
export interface RemoveManyOptions {
  /**
   * The caller knows of a file at each path, so none is looked for where
   * looking is a request of its own (see `Meta.removeTellsMissing`): what turns
   * out to be missing after all is then told as removed. Default false.
   */
  assumePresent?: boolean;
}

/** What happened to one file of a `removeMany`. */
export interface RemoveOutcome {
  /** The path as it was given. */
  readonly path: string;
  /** `removed`, `missing` when nothing was there, or `failed` with an error. */
  readonly result: 'removed' | 'missing' | 'failed';
  /** Why it failed; only then. */
  readonly error?: Error;
}

/** Options of `sweepStaged`. */
export interface SweepOptions {
  /** Remove nothing, only count what would be; default false. */
  dryRun?: boolean;
}
