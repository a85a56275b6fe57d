/** How files are copied between two filesystems. */
import type { PublishOptions } from './essentials.js';

/**
 * Which files are copied. `newer`, `older`: those modified after, or before, what
 * is at the destination, and those missing there. `exists`: those that are at the
 * destination. `not-exists`: those that aren't. `always`: all.
 */
export type CopyCondition = 'always' | 'newer' | 'older' | 'exists' | 'not-exists';

/** What a copy has done so far. */
export interface TransferProgress {
  /** Path in the source of the file that this is about. */
  readonly source: string;
  /** Its path in the destination. */
  readonly destination: string;
  /** Whether it was brought over, or skipped by the condition. */
  readonly copied: boolean;
  /** Files brought over so far. */
  readonly files: number;
  /** Files skipped so far. */
  readonly skipped: number;
  /** Bytes of the files brought over so far. */
  readonly bytes: number;
}

/** Options of `moveFile`, `moveDir` and `moveFS`. */
export interface MoveTransferOptions {
  /** Give the files the times that they have at the source, where the destination can; default false for copies, true for moves. */
  preserveTime?: boolean;
  /** Files under way at once; default 4, and 32 when one of the filesystems is reached over a network. */
  concurrency?: number;
  /** Aborting it makes the call reject with the signal's reason. What is whole by then stays. */
  signal?: AbortSignal;
  /** Called after each file. What it throws ends the transfer. */
  onProgress?: (progress: TransferProgress) => void;
}

/** Options of `copyFile`, `copyDir` and `copyFS`. */
export interface TransferOptions extends MoveTransferOptions {
  /** Default `always`. */
  condition?: CopyCondition;
}

/** How `copy` and `move` treat what they find. */
export interface CopyOptions {
  /** Replace a file at the destination; default false, which throws `DestinationExists`. */
  overwrite?: boolean;
  /** Give the destination the source's times, where the backend can; default false for a copy, true for a move. */
  preserveTime?: boolean;
}

/** How `copyDir` and `moveDir` of one filesystem treat what they find. */
export interface CopyDirOptions {
  /** Make the destination when it is missing; default false, which throws `ResourceNotFound`. */
  create?: boolean;
  /** Give the files the times that they have at the source, where the filesystem can; default false for a copy, true for a move. */
  preserveTime?: boolean;
}

/**
 * Puts a copy of one certain file at one certain path, replacing what is there,
 * without its bytes passing through here.
 * @throws ResourceNotFound: the file, or the directory that it goes to; else as `write`
 */
export type Copier = (options?: Pick<PublishOptions, 'assumeClear'>) => Promise<void>;

/** Where something lies in the end: the same storage and path mean the same thing. */
export interface Location {
  /** Anything that is equal (`===`) for filesystems over one storage. */
  readonly storage: unknown;
  /** Canonical path in that storage. */
  readonly path: string;
}
