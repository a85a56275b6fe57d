/**
 * The base class of every filesystem.
 *
 * A backend extends it, implements the eight essential methods and, where it
 * can do better than the derived ones, overrides those. The methods are
 * pyfilesystem2's (`fs.base.FS`) in Node's idiom: camelCase, promises,
 * streams in place of file objects. They stand in `methods/`, by topic.
 */

import type { Readable } from 'node:stream';
import { DirectoryExpected, FileExpected, FSError, RemoveRootError } from '../errors/errors.js';
import { checkNamespaceName } from '../path/namespace-name.js';
import { isWithin, joinPath } from '../path/parts.js';
import type { Meta } from './capabilities.js';
import { removeEmptyDirs } from './derived/directories.js';
import { checkScanTreeOptions } from './derived/option-types.js';
import { publishedByWrite } from './derived/overrides.js';
import { removeValid } from './derived/remove-many.js';
import { beforeReading } from './derived/source.js';
import { sweepInPlace } from './derived/stage.js';
import { isOfSource } from './derived/transfer-error.js';
import type {
  InfoChanges,
  MakeDirOptions,
  PublishOptions,
  ReadOptions,
  ScanDirOptions,
  StageOptions,
  WriteOptions,
  WriteSource,
} from './essentials.js';
import type { Info } from './info.js';
import { type CopyOptions, WritingMethods } from './methods/writing.js';
import { isOpenedDirectory } from './opened-directories.js';
import type { Presigner } from './presigner.js';
import type { PromptWriter } from './prompt-writer.js';
import type { Servable } from './servable.js';
import type { RemoveManyOptions, RemoveOutcome, StagedFile, SweepOptions } from './staged-file.js';
import type { Copier, CopyDirOptions, Location } from './transfer-options.js';
import type { ScanTreeOptions } from './tree-options.js';

export type { CopyOptions } from './methods/writing.js';

/** Where a file arrives in the end; see `Filesystem.landing`. */
export interface Landing {
  /** The filesystem that stores it. */
  readonly fs: Filesystem;
  /** Canonical path in `fs`. */
  readonly path: string;
}

/** A tree of files and directories by path: the interface that all backends share, and the base of one of your own. */
export abstract class Filesystem extends WritingMethods {
  /** The directory at `path` as a filesystem of its own, a `SubFS`, which can't see out of it. @throws ResourceNotFound, DirectoryExpected */
  async openDir(path: string): Promise<Filesystem> {
    const target = this.validatePath(path);
    if (!(await this.getInfo(target)).isDir) throw new DirectoryExpected(target);
    return new SubFS(this, target);
  }

  // ---- For namespaces: a backend may override these -------------------------

  /**
   * The filesystem of one namespace. Nothing reached through it may lie
   * outside of its directory. It is made when something is written to it.
   * @throws InvalidNamespace
   */
  openNamespace(namespace: string): Filesystem {
    this.checkOpen();
    checkNamespaceName(namespace);
    return new SubFS(this, namespace);
  }

  /**
   * Tell which storage this is, in a way that survives restarts, so that an
   * unmounted or exchanged directory is noticed before anyone believes that
   * its files are missing. The default only makes sure that the root answers.
   *
   * @param _options.create set the storage up when it is not there yet; default false
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
   * nothing touched them since `before`. The default sweeps what the default of
   * `stage` leaves, by its times, and nothing where `stage` is another.
   *
   * @param options.dryRun only count what would be removed; default false
   * @returns how many were removed
   */
  async sweepStaged(before: Date, options: SweepOptions = {}): Promise<number> {
    this.checkOpen();
    return this.stage === WritingMethods.prototype.stage ? sweepInPlace(this, before, options) : 0;
  }

  /**
   * Remove those of these directories that have nothing in them. What can't be
   * removed stays, and nothing is thrown for it. Where directories are not
   * real, one that stays may be there from now on only for what is in it.
   */
  removeEmptyDirs(paths: readonly string[]): Promise<void> {
    return removeEmptyDirs(this, paths);
  }

  /** Signs URLs that the storage itself answers; null where it has none, which is the default. */
  presigner(): Presigner | null {
    return null;
  }

  /** Gives files to those who serve them faster than the other methods could; null, which is the default: it can't. */
  servable(): Servable | null {
    return null;
  }

  /** Stores small files for those who have them in memory faster than `write` could; null, which is the default: it can't. */
  promptWriter(): PromptWriter | null {
    return null;
  }

  /**
   * Whether it is certain, without waiting for anything, that nothing is at a path. It is also asked while the
   * expiration store keeps everybody else from writing, so it must be fast, and must ask nothing of that store.
   * @param _path canonical
   * @param _identity which storage it has to be; see `identify`
   * @returns false where something is, and where it would take longer to tell, which is the default
   * @throws whatever stands against a look; to the caller that is the same as false
   */
  isFreeNow(_path: string, _identity: string): boolean {
    return false;
  }

  /**
   * Move a file to another filesystem in a way that is better than copying and
   * removing it: cheaper, or with more than its bytes. Whether there is one is
   * up to where it comes to, which `landing` of the destination tells.
   *
   * @returns false, and nothing is done, when there is no such way; the default
   * @throws as `move`; what arrives at the destination meanwhile is not replaced either, unless `overwrite`
   */
  async moveInto(
    _destination: Filesystem,
    _path: string,
    _destinationPath: string,
    _options?: CopyOptions,
  ): Promise<boolean> {
    return false;
  }

  /**
   * In which filesystem, and there at which path, a file arrives that is written
   * to `path`; itself, which is the default. A wrapper answers with what its
   * inner filesystem says, unless it changes what is written, or refuses it.
   */
  landing(path: string): Landing {
    return { fs: this, path: this.validatePath(path) };
  }
}

/**
 * A directory of another filesystem as a filesystem of its own
 * (pyfilesystem2's `SubFS`). Closing it leaves the other open, and closing the
 * other closes it. Paths in what it returns and throws are its own. It is also
 * the base for wrappers, over the path ''.
 *
 * Where a directory of a filesystem is better shown by one of its own kind,
 * `openDir` gives such a one. It is an instance of this class too, as
 * `instanceof` says, so that whoever has a filesystem can tell that it is only
 * a directory of another; it need not come from this class.
 *
 * It stands in this file because `openDir` makes one and it is a `Filesystem`.
 */
export class SubFS extends Filesystem {
  readonly #parent: Filesystem;
  readonly #base: string;

  /** Whether it is a directory of another filesystem, by whatever class. Of classes that extend this one, as usual. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: the class that was asked for may be one that extends this one.
    return SubFS.#isInstance(this, value);
  }

  static #isInstance(asked: unknown, value: unknown): boolean {
    if (Function.prototype[Symbol.hasInstance].call(asked, value)) return true;
    return asked === SubFS && isOpenedDirectory(value);
  }

  /** @param path canonical path of the directory in `parent` */
  constructor(parent: Filesystem, path: string) {
    super();
    if (!(parent instanceof Filesystem)) throw new TypeError('a directory is one of a Filesystem');
    this.#parent = parent;
    this.#base = path;
  }

  override getInfo(path: string): Promise<Info> {
    return this.#at(path, async (outer) => this.#localInfo(await this.#parent.getInfo(outer)));
  }

  override scanDir(path: string, options?: ScanDirOptions): AsyncIterable<Info> {
    return this.#entries(path, (outer) => this.#parent.scanDir(outer, options));
  }

  override scanTree(path: string, options: ScanTreeOptions = {}): AsyncIterable<Info> {
    return this.#entries(path, (outer) => {
      checkScanTreeOptions(options);
      const { enter, tolerate, ...rest } = options;
      return this.#parent.scanTree(outer, {
        ...rest,
        ...(enter && { enter: (directory) => enter(this.#localInfo(directory)) }),
        ...(tolerate && { tolerate: (at, error) => tolerate(this.#inner(at), this.#localError(error)) }),
      });
    });
  }

  override listDir(path: string): Promise<string[]> {
    return this.#at(path, (outer) => this.#parent.listDir(outer));
  }

  override isEmpty(path: string): Promise<boolean> {
    return this.#at(path, (outer) => this.#parent.isEmpty(outer));
  }

  override makeDir(path: string, options?: MakeDirOptions): Promise<void> {
    return this.#at(path, (outer) => this.#parent.makeDir(outer, options));
  }

  override openRead(path: string, options?: ReadOptions): Promise<Readable> {
    return this.#at(path, (outer) => this.#parent.openRead(outer, options));
  }

  override openVersion(path: string, version: Info, options?: ReadOptions): Promise<Readable | null> {
    return this.#at(path, (outer) => this.#parent.openVersion(outer, version, options));
  }

  override async write(path: string, source: WriteSource, options?: WriteOptions): Promise<Info> {
    const outer = await beforeReading(source, () => this.#outerFile(path), options?.signal);
    return this.#run(async () => this.#localInfo(await this.#parent.write(outer, source, options)));
  }

  override async stage(path: string, source: WriteSource, options?: StageOptions): Promise<StagedFile> {
    const outer = await beforeReading(source, () => this.#outer(path), options?.signal);
    const staged = await this.#run(async () =>
      publishedByWrite(this.#parent, await this.#parent.stage(outer, source, options), options),
    );
    return {
      size: staged.size,
      ...(staged.synced && { synced: staged.synced }),
      publish: async (target: string, how?: PublishOptions) => {
        const place = this.#outerFile(target);
        return this.#run(async () => this.#localInfo(await staged.publish(place, how)));
      },
      discard: () => staged.discard(),
    };
  }

  /** Where `stage` leaves them: in the filesystem of which this is a directory. */
  override async sweepStaged(before: Date, options?: SweepOptions): Promise<number> {
    this.checkOpen();
    return this.#run(() => this.#parent.sweepStaged(before, options));
  }

  /** What the other filesystem says, and which of its directories this is. */
  override async identify(options?: { create?: boolean }): Promise<string | null> {
    this.checkOpen();
    const identity = await this.#run(() => this.#parent.identify(options));
    if (identity === null) return super.identify();
    return this.#base === '' ? identity : `${identity}/${this.#base}`;
  }

  override async removeEmptyDirs(paths: readonly string[]): Promise<void> {
    const outer = paths.map((path) => this.#outer(path));
    return this.#run(() => this.#parent.removeEmptyDirs(outer));
  }

  override presigner(): Presigner | null {
    const signer = this.#parent.presigner();
    if (signer === null) return null;
    const { maxSeconds } = signer;
    const presignPost = signer.presignPost?.bind(signer);
    return {
      maxSeconds,
      presign: (path, options) => this.#at(path, (outer) => signer.presign(outer, options)),
      ...(presignPost === undefined
        ? {}
        : { presignPost: (path, options) => this.#at(path, (outer) => presignPost(outer, options)) }),
    };
  }

  override remove(path: string): Promise<void> {
    return this.#at(path, (outer) => this.#parent.remove(outer));
  }

  /** As in any filesystem for a wrapper that removes, or tells of files, in its own way. */
  override removeVersion(path: string, version: Info): Promise<boolean> {
    const { getInfo, remove } = SubFS.prototype;
    if (this.remove !== remove || this.getInfo !== getInfo) return super.removeVersion(path, version);
    return this.#at(path, (outer) => this.#parent.removeVersion(outer, version));
  }

  override async removeMany(paths: readonly string[], options?: RemoveManyOptions): Promise<RemoveOutcome[]> {
    this.checkOpen();
    return removeValid(
      paths,
      (path) => this.#outer(path),
      async (outer) => {
        const outcomes = await this.#run(() => this.#parent.removeMany(outer, options));
        return outcomes.map((outcome) => this.#localOutcome(outcome));
      },
    );
  }

  override async removeDir(path: string): Promise<void> {
    if (this.validatePath(path) === '') throw new RemoveRootError();
    return this.#at(path, (outer) => this.#parent.removeDir(outer));
  }

  override async removeTree(path: string): Promise<void> {
    // Emptied, and not removed.
    if (this.validatePath(path) === '') return super.removeTree('');
    return this.#at(path, (outer) => this.#parent.removeTree(outer));
  }

  override setInfo(path: string, changes: InfoChanges): Promise<void> {
    return this.#at(path, (outer) => this.#parent.setInfo(outer, changes));
  }

  override copy(source: string, destination: string, options?: CopyOptions): Promise<void> {
    return this.#between(source, destination, (from, to) => this.#parent.copy(from, to, options));
  }

  override move(source: string, destination: string, options?: CopyOptions): Promise<void> {
    return this.#between(source, destination, (from, to) => this.#parent.move(from, to, options));
  }

  override copyDir(source: string, destination: string, options?: CopyDirOptions): Promise<void> {
    return this.#between(source, destination, (from, to) => this.#parent.copyDir(from, to, options));
  }

  override moveDir(source: string, destination: string, options?: CopyDirOptions): Promise<void> {
    return this.#between(source, destination, (from, to) => this.#parent.moveDir(from, to, options));
  }

  /** Null for a wrapper that reads in its own way. */
  override locateBytes(path: string): Location | null {
    if (this.openRead !== SubFS.prototype.openRead) return null;
    return this.#parent.locateBytes(this.#outer(path));
  }

  /** Null for a wrapper that writes in its own way, and at '', which `write` refuses. */
  override copierFrom(source: Location, path: string): Copier | null {
    if (this.write !== SubFS.prototype.write || this.validatePath(path) === '') return null;
    const copier = this.#parent.copierFrom(source, this.#outer(path));
    return copier && ((options) => this.#run(() => copier(options)));
  }

  /** False for a wrapper that reads in its own way. Only the paths of the source are its own: the destination is told of as it knows them. */
  override async moveInto(
    destination: Filesystem,
    path: string,
    destinationPath: string,
    options?: CopyOptions,
  ): Promise<boolean> {
    const from = { fs: this.#parent, inner: this.#outer(path) };
    const to = destination.validatePath(destinationPath);
    if (this.openRead !== SubFS.prototype.openRead) return false;
    try {
      return await from.fs.moveInto(destination, from.inner, to, options);
    } catch (error) {
      throw (await isOfSource(error, from, to)) ? this.#localError(error) : error;
    }
  }

  /** Itself for a wrapper that writes in its own way, and at '', which `write` refuses. */
  override landing(path: string): Landing {
    if (this.write !== SubFS.prototype.write || this.validatePath(path) === '') return super.landing(path);
    return this.#parent.landing(this.#outer(path));
  }

  override locate(path: string): Location {
    return this.#parent.locate(this.#outer(path));
  }

  override isLink(path: string): Promise<boolean> {
    return this.#at(path, (outer) => this.#parent.isLink(outer));
  }

  override getMeta(): Meta {
    return this.#parent.getMeta();
  }

  override getSysPath(path: string): string {
    const outer = this.#outer(path);
    try {
      return this.#parent.getSysPath(outer);
    } catch (error) {
      throw this.#localError(error);
    }
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

  override isClosed(): boolean {
    return super.isClosed() || this.#parent.isClosed();
  }

  override desc(path: string): string {
    return this.#parent.desc(this.#outer(path));
  }

  async *#entries(path: string, open: (outer: string) => AsyncIterable<Info>): AsyncGenerator<Info> {
    const outer = this.#outer(path);
    try {
      for await (const info of open(outer)) yield this.#localInfo(info);
    } catch (error) {
      throw this.#localError(error);
    }
  }

  #outer(path: string): string {
    return joinPath(this.#base, this.validatePath(path));
  }

  /** Where a file may be: what is at '' is a directory, also while it is gone. */
  #outerFile(path: string): string {
    if (this.validatePath(path) === '') throw new FileExpected('');
    return this.#outer(path);
  }

  #inner(path: string): string {
    if (this.#base === '' || !isWithin(this.#base, path)) return path;
    return path.slice(this.#base.length + 1);
  }

  #localInfo(info: Info): Info {
    const path = this.#inner(info.path);
    return { ...info, path, name: path === '' ? '' : info.name };
  }

  #localOutcome({ path, result, error }: RemoveOutcome): RemoveOutcome {
    const local = { path: this.#inner(path), result };
    return error === undefined ? local : { ...local, error: this.#localError(error) as Error };
  }

  async #at<T>(path: string, work: (outer: string) => T | Promise<T>): Promise<T> {
    const outer = this.#outer(path);
    return this.#run(() => work(outer));
  }

  async #between<T>(
    source: string,
    destination: string,
    work: (from: string, to: string) => Promise<T>,
  ): Promise<T> {
    const [from, to] = [this.#outer(source), this.#outer(destination)];
    return this.#run(() => work(from, to));
  }

  /** `operation` of the other filesystem; its errors are told by the paths of this one. What this one refuses by itself stays outside. */
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
