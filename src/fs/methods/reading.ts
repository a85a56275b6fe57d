/** The methods that only read, derived from the essential ones. */
import type { Readable, Writable } from 'node:stream';
import type { GlobOptions } from '../derived/glob.js';
import { glob } from '../derived/glob.js';
import { hash } from '../derived/hash.js';
import * as reading from '../derived/read.js';
import type { TreeOptions } from '../derived/tree.js';
import { tree } from '../derived/tree.js';
import { openVersion } from '../derived/versions.js';
import type { FilterDirOptions, WalkOptions } from '../derived/walk.js';
import { filterDir, walk } from '../derived/walk.js';
import type { ReadOptions } from '../essentials.js';
import type { Info } from '../info.js';
import { FilesystemCore } from './core.js';

export abstract class ReadingMethods extends FilesystemCore {
  // ---- One resource ---------------------------------------------------------

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

  /** Bytes of the file at `path`; 0 for a directory. @throws ResourceNotFound */
  getSize(path: string): Promise<number> {
    return reading.getSize(this, path);
  }

  /** Which of the two is at `path`. @throws ResourceNotFound */
  getType(path: string): Promise<'file' | 'directory'> {
    return reading.getType(this, path);
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
    return openVersion(this, path, version, options);
  }

  /** Stream the file into `writable`, which is left open. @throws ResourceNotFound, FileExpected; OperationFailed: it has ended */
  download(path: string, writable: Writable | WritableStream<Uint8Array>): Promise<void> {
    return reading.download(this, path, writable);
  }

  /**
   * Hash of the bytes of a file, in hexadecimal; the file is streamed.
   *
   * @param algorithm any of `getHashes()` of node:crypto
   * @throws ResourceNotFound, FileExpected; Unsupported: there is no such algorithm
   * @example await fs.hash('a.iso', 'sha256')
   */
  hash(path: string, algorithm: string): Promise<string> {
    return hash(this, path, algorithm);
  }

  // ---- Directories ----------------------------------------------------------

  /** Names of the direct children, in code-point order. @throws ResourceNotFound, DirectoryExpected */
  listDir(path: string): Promise<string[]> {
    return reading.listDir(this, path);
  }

  /** Whether the directory at `path` has nothing in it. @throws ResourceNotFound, DirectoryExpected */
  isEmpty(path: string): Promise<boolean> {
    return reading.isEmpty(this, path);
  }

  /**
   * The direct children whose name passes, in code-point order. Patterns for
   * files don't hide directories, nor the other way round.
   *
   * @throws ResourceNotFound, DirectoryExpected; TypeError: patterns are no list of strings. At the first `next()`
   * @example for await (const { name } of fs.filterDir('', { files: ['*.txt'], dirs: [] })) console.log(name);
   */
  filterDir(path: string, options?: FilterDirOptions): AsyncIterable<Info> {
    return filterDir(this, path, options);
  }

  /**
   * Every file and directory below `path`, without the start itself. Links to
   * directories are given out and not entered.
   *
   * @param path where to start; default the root
   * @throws ResourceNotFound, DirectoryExpected; RangeError: `maxDepth` is no whole number from 1; TypeError. At the first `next()`
   * @example for await (const info of fs.walk('src', { filter: ['*.ts'] })) if (!info.isDir) console.log(info.path);
   */
  walk(path = '', options?: WalkOptions): AsyncIterable<Info> {
    return walk(this, path, options);
  }

  /**
   * Files and directories whose path matches. `*` and `?` don't cross a slash,
   * a component `**` stands for any number of directories, `[a-z]` and `[!a-z]`
   * for one character, `{a,b}` for one of several; names that begin with a dot
   * are no exception. With a slash at the end only directories match.
   *
   * @param pattern from the root of this filesystem
   * @throws TypeError, IllegalBackReference; RangeError: braces, and more than three stars in a component; at the first `next()`. A directory that is missing is no error
   * @example for await (const { path } of fs.glob('2026/**\/*.{png,jpg}')) console.log(path);
   */
  glob(pattern: string, options?: GlobOptions): AsyncIterable<Info> {
    return glob(this, pattern, options);
  }

  /**
   * A directory drawn as text, one entry a line, without a line end at the end;
   * empty for an empty directory. A directory further down that can't be read
   * shows the code of its error.
   *
   * @param path default the root
   * @throws ResourceNotFound, DirectoryExpected; RangeError: `maxLevels` is no whole number from 1
   */
  tree(path = '', options?: TreeOptions): Promise<string> {
    return tree(this, path, options);
  }
}
