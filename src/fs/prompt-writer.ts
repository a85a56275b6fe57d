/** Storing small files without waiting for anything, where a backend can. */
import type { Info } from './info.js';
import type { PublishNowOptions } from './staged-file.js';

/** Options of `PromptWriter.createNow`. */
export interface CreateNowOptions extends PublishNowOptions {
  /** As that of `StageOptions`. */
  readonly filename?: string | undefined;
}

/** What a backend that keeps no media types can do for those who store small files. Paths are canonical. */
export interface PromptWriter {
  /** What is longer, in bytes, is not stored at once. */
  readonly mostBytes: number;
  /** Whether there is any use in asking now. */
  readonly isReady: boolean;
  /**
   * Store a new file, whole or not at all, before anything else of this process happens.
   * @returns null when that can't be, whatever the reason: then nothing was done, and `write` does it or tells why not
   */
  createNow(path: string, bytes: Uint8Array, options?: CreateNowOptions): Info | null;
}
