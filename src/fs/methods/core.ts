/** What every filesystem is at bottom: the essential methods, and what it tells of itself. */
import type { Readable } from 'node:stream';
import { FilesystemClosed, NoSysPath } from '../../errors/errors.js';
import { normalizePath } from '../../path/normalize.js';
import type { Meta } from '../capabilities.js';
import { plainMeta } from '../capabilities.js';
import { scanTree } from '../derived/scan-tree.js';
import type {
  FilesystemEssentials,
  InfoChanges,
  MakeDirOptions,
  ReadOptions,
  ScanDirOptions,
  WriteOptions,
  WriteSource,
} from '../essentials.js';
import type { Info } from '../info.js';
import type { Copier, Location } from '../transfer-options.js';
import type { ScanTreeOptions } from '../tree-options.js';
import { nameMatcher } from '../wildcards.js';

export abstract class FilesystemCore implements FilesystemEssentials {
  #closed = false;

  // ---- Essential: a backend implements these --------------------------------

  /** What is known of the file or directory at `path`. @throws ResourceNotFound */
  abstract getInfo(path: string): Promise<Info>;

  /**
   * The direct children, in code-point order of name (pyfilesystem2's `scandir`).
   * @throws ResourceNotFound, DirectoryExpected; at the first `next()`
   */
  abstract scanDir(path: string, options?: ScanDirOptions): AsyncIterable<Info>;

  /**
   * Make a directory.
   * @throws DirectoryExists, also when a file is there; ResourceNotFound: the parent is missing; DirectoryExpected: it is a file
   */
  abstract makeDir(path: string, options?: MakeDirOptions): Promise<void>;

  /**
   * Open a file for reading, all of it or a range of bytes (pyfilesystem2's `openbin`).
   * @throws ResourceNotFound, FileExpected; RangeError: `start > end`
   */
  abstract openRead(path: string, options?: ReadOptions): Promise<Readable>;

  /**
   * Stream `source` into the file and publish it whole: a reader sees the old
   * file or the new one, and a write that fails leaves nothing.
   *
   * @returns what was stored; `modified` is this machine's time where the storage does not
   * tell its own (S3), which `getInfo` then may give a second or a clock's error apart
   * @throws ResourceNotFound: the parent is missing; DirectoryExpected: it is a file; FileExpected: the path is a directory; FileExists
   */
  abstract write(path: string, source: WriteSource, options?: WriteOptions): Promise<Info>;

  /** Remove a file. @throws ResourceNotFound, FileExpected */
  abstract remove(path: string): Promise<void>;

  /** Remove an empty directory. @throws ResourceNotFound, DirectoryExpected, DirectoryNotEmpty, RemoveRootError */
  abstract removeDir(path: string): Promise<void>;

  /** Set times; ignored where `getMeta().setTimes` is false. @throws ResourceNotFound */
  abstract setInfo(path: string, changes: InfoChanges): Promise<void>;

  // ---- About the filesystem -------------------------------------------------

  /** What this filesystem can do. Works after `close()`. */
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

  /**
   * Whether a name matches one of these wildcards (`*`, `?`, `[seq]`, `[!seq]`);
   * no list, or an empty one, matches every name. Case counts unless
   * `getMeta().caseInsensitive`.
   *
   * @throws TypeError `patterns` is no list of strings
   * @example fs.match(['*.png', '*.jpg'], 'photo.jpg') // true
   */
  match(patterns: readonly string[] | null | undefined, name: string): boolean {
    if (typeof name !== 'string') throw new TypeError(`name must be a string, not ${typeof name}`);
    return nameMatcher(patterns, this.getMeta().caseInsensitive)(name);
  }

  /** Whether `path` is a symbolic link that the filesystem follows; default false. @throws ResourceNotFound */
  async isLink(path: string): Promise<boolean> {
    await this.getInfo(path);
    return false;
  }

  /** A text for people: what the resource is and where. */
  desc(path: string): string {
    return `${this.validatePath(path) || '/'} on ${this.constructor.name}`;
  }

  /** Let go of what the filesystem holds. Later calls throw `FilesystemClosed`; a second close does nothing. */
  async close(): Promise<void> {
    this.#closed = true;
  }

  /** Whether the filesystem, or one that it depends on, was closed. */
  isClosed(): boolean {
    return this.#closed;
  }

  // ---- For the derived methods: a backend may override these ----------------

  /**
   * Everything below a directory, each directory right before what is in it;
   * what is in one directory may come in any order. A link to a directory is
   * given out and not entered.
   *
   * This is what `walk`, `glob`, `copyDir`, `moveDir` and `removeTree` go by. The
   * default calls `scanDir` for each directory; a backend that can list a whole
   * tree at once overrides it, and goes back to the default where `sparse` is set.
   *
   * @throws ResourceNotFound, DirectoryExpected; at the first `next()`
   */
  scanTree(path: string, options?: ScanTreeOptions): AsyncIterable<Info> {
    return scanTree(this, path, options);
  }

  /**
   * Where a path lies in the end, by which it is noticed that two filesystems
   * overlap. A wrapper answers with what its inner filesystem says.
   */
  locate(path: string): Location {
    return { storage: this, path: this.validatePath(path) };
  }

  /**
   * Where the bytes lie that `openRead` gives, for who can copy them there; null
   * when only reading gives them, which is the default. What changes bytes on
   * the way out must not answer what it stands on.
   */
  locateBytes(_path: string): Location | null {
    return null;
  }

  /**
   * A way to bring a file of the same storage to `path` that is better than
   * reading and writing it; null where there is none, which is the default.
   * What changes bytes on the way in has none.
   *
   * @param _source what the file's own filesystem answers to `locateBytes`
   */
  copierFrom(_source: Location, _path: string): Copier | null {
    return null;
  }

  /** @throws FilesystemClosed */
  protected checkOpen(): void {
    if (this.isClosed()) throw new FilesystemClosed();
  }
}
