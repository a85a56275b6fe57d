/**
 * The base class of every filesystem.
 *
 * A backend extends it, implements the eight essential methods and, where it
 * can do better than the derived ones, overrides those. The methods are
 * pyfilesystem2's (`fs.base.FS`) in Node's idiom: camelCase, promises,
 * streams in place of file objects.
 */
import type { Readable, Writable } from 'node:stream';
import {
  DirectoryExpected,
  FilesystemClosed,
  FSError,
  NoSysPath,
  RemoveRootError,
} from '../errors/errors.js';
import { normalizePath } from '../path/normalize.js';
import { isWithin, joinPath } from '../path/parts.js';
import type { Meta } from './capabilities.js';
import { plainMeta } from './capabilities.js';
import * as copying from './derived/copy-move.js';
import * as directories from './derived/directories.js';
import * as reading from './derived/read.js';
import { stageInPlace } from './derived/stage.js';
import * as writing from './derived/write.js';
import type {
  FilesystemEssentials,
  InfoChanges,
  MakeDirOptions,
  PublishOptions,
  ReadOptions,
  StageOptions,
  WriteOptions,
  WriteSource,
} from './essentials.js';
import type { Info } from './info.js';
import type { Presigner } from './presigner.js';
import type { RemoveManyOptions, RemoveOutcome, StagedFile } from './staged-file.js';

/** How `copy` and `move` treat what they find. */
export interface CopyOptions {
  /** Replace a file at the destination; default false, which throws `DestinationExists`. */
  overwrite?: boolean;
  /** Give the destination the source's times, where the backend can; default false. */
  preserveTime?: boolean;
}

export abstract class Filesystem implements FilesystemEssentials {
  #closed = false;

  // ---- Essential: a backend implements these --------------------------------

  abstract getInfo(path: string): Promise<Info>;
  abstract scanDir(path: string): AsyncIterable<Info>;
  abstract makeDir(path: string, options?: MakeDirOptions): Promise<void>;
  abstract openRead(path: string, options?: ReadOptions): Promise<Readable>;
  abstract write(path: string, source: WriteSource, options?: WriteOptions): Promise<Info>;
  abstract remove(path: string): Promise<void>;
  abstract removeDir(path: string): Promise<void>;
  abstract setInfo(path: string, changes: InfoChanges): Promise<void>;

  // ---- For namespaces: a backend may override these -------------------------

  /**
   * Take in the bytes of a write without publishing them; see `StagedFile`.
   * The default writes them to a hidden file of this filesystem and moves it
   * into place.
   *
   * @param path where the file will most likely be published; checked, not touched
   */
  async stage(path: string, source: WriteSource, options: StageOptions = {}): Promise<StagedFile> {
    this.validatePath(path);
    return stageInPlace(this, source, options);
  }

  /**
   * Tell which storage this is, in a way that survives restarts, so that an
   * unmounted or exchanged directory is noticed before anyone believes that
   * its files are missing. The default only makes sure that the root answers.
   *
   * @param create set the storage up when it is not there yet; default false
   * @returns null when the storage has no identity of its own
   * @throws OperationFailed or a subclass: the storage can't be reached or isn't there
   */
  async identify(_options: { create?: boolean } = {}): Promise<string | null> {
    await this.getInfo('');
    return null;
  }

  /**
   * Remove what killed writers left behind: files that were staged and never
   * published. Those of writers known to be dead go at once, others when
   * nothing touched them since `before`.
   *
   * @returns how many were removed
   */
  async sweepStaged(_before: Date): Promise<number> {
    return 0;
  }

  /** Signs URLs that the storage itself answers; null where it has none, which is the default. */
  presigner(): Presigner | null {
    return null;
  }

  /**
   * The filesystem of one namespace. Nothing reached through it may lie
   * outside of its directory. It is made when something is written to it.
   */
  openNamespace(namespace: string): Filesystem {
    return new SubFS(this, namespace);
  }

  // ---- Derived: reading -----------------------------------------------------

  /** Whether a file or directory is at `path`. */
  exists(path: string): Promise<boolean> {
    return reading.exists(this, path);
  }

  /** Whether a directory is at `path`; false when nothing is. */
  isDir(path: string): Promise<boolean> {
    return reading.isDir(this, path);
  }

  /** Whether a file is at `path`; false when nothing is. */
  isFile(path: string): Promise<boolean> {
    return reading.isFile(this, path);
  }

  /** Whether `path` is a symbolic link that the filesystem follows; default false. @throws ResourceNotFound */
  isLink(path: string): Promise<boolean> {
    return reading.isLink(this, path);
  }

  /** Whether the directory at `path` has nothing in it. @throws ResourceNotFound, DirectoryExpected */
  isEmpty(path: string): Promise<boolean> {
    return reading.isEmpty(this, path);
  }

  /** Bytes of the file at `path`; 0 for a directory. @throws ResourceNotFound */
  getSize(path: string): Promise<number> {
    return reading.getSize(this, path);
  }

  /** @throws ResourceNotFound */
  getType(path: string): Promise<'file' | 'directory'> {
    return reading.getType(this, path);
  }

  /** Names of the direct children, in code-point order. @throws ResourceNotFound, DirectoryExpected */
  listDir(path: string): Promise<string[]> {
    return reading.listDir(this, path);
  }

  /** The whole file. @throws ResourceNotFound, FileExpected */
  readBytes(path: string): Promise<Buffer> {
    return reading.readBytes(this, path);
  }

  /** The whole file as text; default encoding UTF-8. Line ends stay as they are. @throws ResourceNotFound, FileExpected */
  readText(path: string, encoding: BufferEncoding = 'utf8'): Promise<string> {
    return reading.readText(this, path, encoding);
  }

  /**
   * Open the very version of a file that `version` tells of.
   * @param version what `getInfo` told
   * @returns null when the file has been replaced or removed since
   */
  openVersion(path: string, version: Info, options?: ReadOptions): Promise<Readable | null> {
    return reading.openVersion(this, path, version, options);
  }

  /** Stream the file into `writable`, which is left open. @throws ResourceNotFound, FileExpected */
  download(path: string, writable: Writable): Promise<void> {
    return reading.download(this, path, writable);
  }

  // ---- Derived: writing -----------------------------------------------------

  /** @throws TypeError `bytes` is not a Uint8Array; else as `write` */
  writeBytes(path: string, bytes: Uint8Array, options?: WriteOptions): Promise<Info> {
    return writing.writeBytes(this, path, bytes, options);
  }

  /** Written as UTF-8. @throws TypeError `text` is not a string; else as `write` */
  writeText(path: string, text: string, options?: WriteOptions): Promise<Info> {
    return writing.writeText(this, path, text, options);
  }

  /** Add to the end of a file, or create it. Rewrites the file, so two at once may lose one. */
  appendBytes(path: string, bytes: Uint8Array): Promise<Info> {
    return writing.appendBytes(this, path, bytes);
  }

  /** As `appendBytes`, in UTF-8. */
  appendText(path: string, text: string): Promise<Info> {
    return writing.appendText(this, path, text);
  }

  /** Write from a stream; the same as `write`, by pyfilesystem2's name. */
  upload(path: string, readable: Readable, options?: WriteOptions): Promise<Info> {
    return this.write(path, readable, options);
  }

  /** Create an empty file. With `wipe` a file that is there is emptied. @returns whether it was made or wiped */
  create(path: string, options?: { wipe?: boolean }): Promise<boolean> {
    return writing.create(this, path, options);
  }

  /** Create an empty file, or set the times of the one that is there to now. */
  touch(path: string): Promise<void> {
    return writing.touch(this, path);
  }

  // ---- Derived: copying and moving ------------------------------------------

  /**
   * Copy a file.
   * @throws DestinationExists; ResourceNotFound: the source or the destination's parent; FileExpected: the source is a directory; IllegalDestination: onto itself
   */
  copy(source: string, destination: string, options?: CopyOptions): Promise<void> {
    return copying.copy(this, source, destination, options);
  }

  /**
   * Move a file; onto itself with `overwrite` does nothing.
   * @throws DestinationExists; ResourceNotFound: the source or the destination's parent; FileExpected: the source is a directory
   */
  move(source: string, destination: string, options?: CopyOptions): Promise<void> {
    return copying.move(this, source, destination, options);
  }

  // ---- Derived: directories -------------------------------------------------

  /** Make a directory and those above it. @throws DirectoryExists; DirectoryExpected: one above it is a file */
  makeDirs(path: string, options?: MakeDirOptions): Promise<void> {
    return directories.makeDirs(this, path, options);
  }

  /** Remove a directory with all in it; the root is emptied and stays. @throws ResourceNotFound, DirectoryExpected */
  removeTree(path: string): Promise<void> {
    return directories.removeTree(this, path);
  }

  /** Remove files. Nothing is thrown for a single file: each has its outcome, in the order given. */
  removeMany(paths: readonly string[], _options?: RemoveManyOptions): Promise<RemoveOutcome[]> {
    return directories.removeMany(this, paths);
  }

  /** The directory at `path` as a filesystem of its own, which can't see out of it. @throws ResourceNotFound, DirectoryExpected */
  async openDir(path: string): Promise<Filesystem> {
    const target = this.validatePath(path);
    if (!(await this.getInfo(target)).isDir) throw new DirectoryExpected(target);
    return new SubFS(this, target);
  }

  // ---- About the filesystem -------------------------------------------------

  /** What this filesystem can do. */
  getMeta(): Meta {
    return plainMeta;
  }

  /** Path of the resource in the operating system, whether or not something is there. @throws NoSysPath */
  getSysPath(path: string): string {
    throw new NoSysPath(this.validatePath(path));
  }

  /** Whether `getSysPath` gives a path. */
  hasSysPath(path: string): boolean {
    try {
      this.getSysPath(path);
      return true;
    } catch (error) {
      if (error instanceof NoSysPath) return false;
      throw error;
    }
  }

  /**
   * The canonical form of `path`: no slash at either end, the root an empty string.
   * @throws FilesystemClosed, TypeError, InvalidPath, IllegalBackReference
   */
  validatePath(path: string): string {
    this.checkOpen();
    return normalizePath(path);
  }

  /** A text for people: what the resource is and where. */
  desc(path: string): string {
    return `${this.validatePath(path) || '/'} on ${this.constructor.name}`;
  }

  /** Let go of what the filesystem holds. Later calls throw `FilesystemClosed`; a second close does nothing. */
  async close(): Promise<void> {
    this.#closed = true;
  }

  isClosed(): boolean {
    return this.#closed;
  }

  /** @throws FilesystemClosed */
  protected checkOpen(): void {
    if (this.#closed) throw new FilesystemClosed();
  }
}

/**
 * A directory of another filesystem as a filesystem of its own
 * (pyfilesystem2's `SubFS`). Closing it leaves the other open. Paths in what
 * it returns and throws are its own.
 *
 * It stands in this file because `openDir` makes one and it is a `Filesystem`.
 */
export class SubFS extends Filesystem {
  readonly #parent: Filesystem;
  readonly #base: string;

  /** @param path canonical path of the directory in `parent` */
  constructor(parent: Filesystem, path: string) {
    super();
    this.#parent = parent;
    this.#base = path;
  }

  override getInfo(path: string): Promise<Info> {
    return this.#run(async () => this.#localInfo(await this.#parent.getInfo(this.#outer(path))));
  }

  override async *scanDir(path: string): AsyncIterable<Info> {
    try {
      for await (const info of this.#parent.scanDir(this.#outer(path))) yield this.#localInfo(info);
    } catch (error) {
      throw this.#localError(error);
    }
  }

  override makeDir(path: string, options?: MakeDirOptions): Promise<void> {
    return this.#run(() => this.#parent.makeDir(this.#outer(path), options));
  }

  override openRead(path: string, options?: ReadOptions): Promise<Readable> {
    return this.#run(() => this.#parent.openRead(this.#outer(path), options));
  }

  override openVersion(path: string, version: Info, options?: ReadOptions): Promise<Readable | null> {
    return this.#run(() => this.#parent.openVersion(this.#outer(path), version, options));
  }

  override write(path: string, source: WriteSource, options?: WriteOptions): Promise<Info> {
    return this.#run(async () =>
      this.#localInfo(await this.#parent.write(this.#outer(path), source, options)),
    );
  }

  override stage(path: string, source: WriteSource, options?: StageOptions): Promise<StagedFile> {
    return this.#run(async () => {
      const staged = await this.#parent.stage(this.#outer(path), source, options);
      return {
        size: staged.size,
        publish: (target: string, how?: PublishOptions) =>
          this.#run(async () => this.#localInfo(await staged.publish(this.#outer(target), how))),
        discard: () => staged.discard(),
      };
    });
  }

  override presigner(): Presigner | null {
    const signer = this.#parent.presigner();
    if (signer === null) return null;
    const { maxSeconds } = signer;
    return {
      maxSeconds,
      presign: (path, options) => this.#run(() => signer.presign(this.#outer(path), options)),
    };
  }

  override remove(path: string): Promise<void> {
    return this.#run(() => this.#parent.remove(this.#outer(path)));
  }

  override async removeMany(paths: readonly string[], options?: RemoveManyOptions): Promise<RemoveOutcome[]> {
    this.checkOpen();
    const invalid = new Map<string, RemoveOutcome>();
    const outer: string[] = [];
    for (const path of paths) {
      try {
        outer.push(this.#outer(path));
      } catch (error) {
        invalid.set(path, { path, result: 'failed', error: error as Error });
      }
    }
    const outcomes = (await this.#run(() => this.#parent.removeMany(outer, options))).map(
      ({ path, result, error }): RemoveOutcome => ({
        path: this.#inner(path),
        result,
        ...(error === undefined ? {} : { error: this.#localError(error) as Error }),
      }),
    );
    return paths.map((path) => invalid.get(path) ?? (outcomes.shift() as RemoveOutcome));
  }

  override removeDir(path: string): Promise<void> {
    return this.#run(() => {
      if (this.validatePath(path) === '') throw new RemoveRootError();
      return this.#parent.removeDir(this.#outer(path));
    });
  }

  override setInfo(path: string, changes: InfoChanges): Promise<void> {
    return this.#run(() => this.#parent.setInfo(this.#outer(path), changes));
  }

  override copy(source: string, destination: string, options?: CopyOptions): Promise<void> {
    return this.#run(() => this.#parent.copy(this.#outer(source), this.#outer(destination), options));
  }

  override move(source: string, destination: string, options?: CopyOptions): Promise<void> {
    return this.#run(() => this.#parent.move(this.#outer(source), this.#outer(destination), options));
  }

  override isLink(path: string): Promise<boolean> {
    return this.#run(() => this.#parent.isLink(this.#outer(path)));
  }

  override getMeta(): Meta {
    return this.#parent.getMeta();
  }

  override getSysPath(path: string): string {
    return this.#parent.getSysPath(this.#outer(path));
  }

  override validatePath(path: string): string {
    const local = super.validatePath(path);
    try {
      this.#parent.validatePath(joinPath(this.#base, local));
    } catch (error) {
      throw this.#localError(error);
    }
    return local;
  }

  override desc(path: string): string {
    return this.#parent.desc(this.#outer(path));
  }

  #outer(path: string): string {
    return joinPath(this.#base, this.validatePath(path));
  }

  #inner(path: string): string {
    if (this.#base === '' || !isWithin(this.#base, path)) return path;
    return path.slice(this.#base.length + 1);
  }

  #localInfo(info: Info): Info {
    const path = this.#inner(info.path);
    return { ...info, path, name: path === '' ? '' : info.name };
  }

  async #run<T>(operation: () => T | Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      throw this.#localError(error);
    }
  }

  #localError(error: unknown): unknown {
    if (!(error instanceof FSError) || error.path === undefined) return error;
    const path = this.#inner(error.path);
    return path === error.path ? error : error.relocated(path);
  }
}
