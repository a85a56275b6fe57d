/**
 * What a backend owes. Everything else of the filesystem interface is derived
 * from these (`derived/`), and may be overridden where a backend can do better.
 *
 * Every path that arrives here may be any spelling: implementations begin with
 * `validatePath`.
 */
import type { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { Info } from './info.js';

/** Where the bytes of a write come from. Strings are written as UTF-8. */
export type WriteSource =
  | string
  | Uint8Array
  | Readable
  | AsyncIterable<Uint8Array>
  | ReadableStream<Uint8Array>
  | Blob;

/** Options of `stage`. */
export interface StageOptions {
  /** Media type to keep, where the backend keeps one; default none. What is no media type, such as `png`, is a TypeError. */
  contentType?: string;
  /**
   * Name that clients are to save the file under, where it is another than the
   * last component of its path, such as the one that an upload had at first.
   * Kept where the backend keeps one (`Meta.filename`), reduced to a last
   * component of at most 255 bytes without control characters; default none.
   */
  filename?: string;
  /** Aborting it makes the write reject with the signal's reason and leave nothing. */
  signal?: AbortSignal;
  /**
   * The bytes will be published at the path that they are staged for, or
   * discarded. A backend may then bring them there at once, still invisible.
   * Default false.
   */
  final?: boolean;
}

/** How a staged file is published. */
export interface PublishOptions {
  /** Replace a file that is there; default true. With false the write throws `FileExists`, and of two at once one wins. */
  overwrite?: boolean;
  /**
   * The caller knows that the directory above is there and that no directory is
   * at the path, so a backend that would have to ask for it need not; default
   * false. Who is wrong may get a file where a directory is.
   */
  assumeClear?: boolean;
}

/** Options of `write`, and of the methods that end in it. */
export interface WriteOptions extends StageOptions, PublishOptions {}

/** Which bytes `openRead` gives. */
export interface ReadOptions {
  /** First byte, from 0; default 0. At or past the end the stream is empty. */
  start?: number;
  /** Last byte, inclusive; default the end of the file. */
  end?: number;
}

/** Options of `makeDir` and `makeDirs`. */
export interface MakeDirOptions {
  /** Accept a directory that is there; default false, which throws `DirectoryExists`. */
  recreate?: boolean;
  /** The caller knows that the directory above is there and that nothing is at the path; as for `write`. Default false. */
  assumeClear?: boolean;
}

/** Times to set; those left out stay. */
export interface InfoChanges {
  /** When the content was last changed. */
  modified?: Date;
  /** When the content was last read. */
  accessed?: Date;
}

/** A hint to `scanDir`. */
export interface ScanDirOptions {
  /**
   * The caller throws away every entry up to this name, in code-point order. A
   * backend may leave them out, where that is cheaper, or give them all the same.
   */
  after?: string;
}

/** The eight methods that a backend implements. */
export interface FilesystemEssentials {
  /** @throws ResourceNotFound */
  getInfo(path: string): Promise<Info>;
  /**
   * The direct children, in code-point order of name.
   * @throws ResourceNotFound, DirectoryExpected; at the first `next()`
   */
  scanDir(path: string, options?: ScanDirOptions): AsyncIterable<Info>;
  /** @throws DirectoryExists, also when a file is there; ResourceNotFound: the parent is missing; DirectoryExpected: it is a file */
  makeDir(path: string, options?: MakeDirOptions): Promise<void>;
  /** @throws ResourceNotFound, FileExpected, RangeError when `start > end` */
  openRead(path: string, options?: ReadOptions): Promise<Readable>;
  /**
   * Stream `source` into the file and publish it whole: a reader sees the old
   * file or the new one, and a write that fails leaves nothing.
   *
   * @returns what was stored; `modified` is this machine's time where the storage does not
   * tell its own (S3), which `getInfo` then may give a second or a clock's error apart
   * @throws ResourceNotFound: the parent is missing; DirectoryExpected: it is a file; FileExpected: the path is a directory; FileExists
   */
  write(path: string, source: WriteSource, options?: WriteOptions): Promise<Info>;
  /** @throws ResourceNotFound, FileExpected */
  remove(path: string): Promise<void>;
  /** @throws ResourceNotFound, DirectoryExpected, DirectoryNotEmpty, RemoveRootError */
  removeDir(path: string): Promise<void>;
  /** Set times; ignored where `getMeta().setTimes` is false. @throws ResourceNotFound */
  setInfo(path: string, changes: InfoChanges): Promise<void>;
}
