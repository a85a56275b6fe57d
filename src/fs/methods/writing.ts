/** The methods that change something, derived from the essential ones. */
import type { Readable } from 'node:stream';
import * as copying from '../derived/copy-move.js';
import * as treeCopying from '../derived/copy-move-dir.js';
import * as directories from '../derived/directories.js';
import { checkRemoveManyOptions, checkStageOptions } from '../derived/option-types.js';
import { beforeReading, guardSource } from '../derived/source.js';
import { stageInPlace } from '../derived/stage.js';
import { removeVersion } from '../derived/versions.js';
import * as writing from '../derived/write.js';
import type { MakeDirOptions, StageOptions, WriteOptions, WriteSource } from '../essentials.js';
import type { Info } from '../info.js';
import type { RemoveManyOptions, RemoveOutcome, StagedFile } from '../staged-file.js';
import type { CopyDirOptions, CopyOptions } from '../transfer-options.js';
import { ReadingMethods } from './reading.js';

export type { CopyOptions } from '../transfer-options.js';

export abstract class WritingMethods extends ReadingMethods {
  // ---- Files ----------------------------------------------------------------

  /** Write bytes. @throws TypeError `bytes` is not a Uint8Array; else as `write` */
  writeBytes(path: string, bytes: Uint8Array, options?: WriteOptions): Promise<Info> {
    return writing.writeBytes(this, path, bytes, options);
  }

  /** Write text, as UTF-8. @throws TypeError `text` is not a string; else as `write` */
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
    guardSource(readable);
    return this.write(path, readable, options);
  }

  /**
   * Create an empty file, unless something is there. With `wipe` a file that is there is emptied.
   * @returns whether it was made or wiped
   * @throws FileExpected with `wipe`, a directory is there; else as `write`
   */
  create(path: string, options?: { wipe?: boolean }): Promise<boolean> {
    return writing.create(this, path, options);
  }

  /** Create an empty file, or set the times of the file or directory that is there to now, where the backend can. */
  touch(path: string): Promise<void> {
    return writing.touch(this, path);
  }

  /** Remove files. Nothing is thrown for a single file: each has its outcome, in the order given. @throws TypeError `paths` is no list of strings */
  async removeMany(paths: readonly string[], options?: RemoveManyOptions): Promise<RemoveOutcome[]> {
    this.checkOpen();
    checkRemoveManyOptions(options);
    return directories.removeMany(this, paths);
  }

  /**
   * Remove the very version of a file that `version` tells of. Who replaces it just then is held off by
   * namespaces; elsewhere the file is looked at right before.
   * @param version what `getInfo` told
   * @returns false, and nothing is removed, when the file has been replaced or removed since
   */
  removeVersion(path: string, version: Info): Promise<boolean> {
    return removeVersion(this, path, version);
  }

  // ---- Copying and moving ---------------------------------------------------

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

  /**
   * Copy a directory with all in it. What is at the destination is merged with;
   * files of the same name are replaced, each in one step. A link to a file is
   * copied as the file, one to a directory is left out. Into a directory above
   * goes what was there at the start, also where copies replace it: of `b`
   * copied to the root, `b/b/f` becomes `b/f`, and `b/f` as it was becomes `f`.
   *
   * @throws ResourceNotFound: the source; the destination, unless `create`; the parent of the destination
   * @throws DirectoryExpected, FileExpected: one is a file where the other is a directory. Nothing is done yet when that is one that holds the file
   * @throws IllegalDestination: onto itself, or below itself
   */
  copyDir(source: string, destination: string, options?: CopyDirOptions): Promise<void> {
    return treeCopying.copyDir(this, source, destination, options);
  }

  /**
   * Move a directory with all in it. What is at the destination is merged with;
   * files of the same name are replaced. Onto itself does nothing. A move that
   * fails halfway is completed by doing it again. Where the whole directory is
   * renamed at once, the first names of its files (`Info.filename`) are lost.
   *
   * Into a directory above it may put things into itself: of `b` moved to the
   * root, `b/f` becomes `f`, then `b/b/f` becomes `b/f`. It does so last; from
   * then on do what is left by itself (`b/b` to `b`), as doing all again would
   * move what has come to `b` as well.
   *
   * @throws as `copyDir`; DirectoryNotEmpty: somebody added to the source meanwhile, or links to directories stay there
   */
  moveDir(source: string, destination: string, options?: CopyDirOptions): Promise<void> {
    return treeCopying.moveDir(this, source, destination, options);
  }

  // ---- Directories ----------------------------------------------------------

  /** Make a directory and those above it. @throws DirectoryExists; DirectoryExpected: one above it is a file */
  makeDirs(path: string, options?: MakeDirOptions): Promise<void> {
    return directories.makeDirs(this, path, options);
  }

  /** Remove a directory with all in it; the root is emptied and stays. @throws ResourceNotFound, DirectoryExpected */
  removeTree(path: string): Promise<void> {
    return directories.removeTree(this, path);
  }

  // ---- For namespaces: a backend may override these -------------------------

  /**
   * Take in the bytes of a write without publishing them; see `StagedFile`.
   * The default writes them to a hidden file of this filesystem and moves it
   * into place.
   *
   * @param path where the file will most likely be published; checked, not touched
   */
  async stage(path: string, source: WriteSource, options: StageOptions = {}): Promise<StagedFile> {
    const prepare = () => {
      checkStageOptions(options);
      this.validatePath(path);
    };
    await beforeReading(source, prepare, options?.signal);
    return stageInPlace(this, source, options);
  }
}
