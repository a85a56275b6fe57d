/**
 * Filesystems put together under the paths of one; pyfilesystem2's `MountFS`.
 *
 * A path belongs to the mount with the longest prefix of it. What lies under no
 * mount is a `MemoryFS`, as in the original. Directories that lead to a mount
 * point are there even if the filesystem that they belong to has none (here:
 * *implied*); they are made in it as soon as something is written there.
 */

import type { Readable } from 'node:stream';
import { MemoryFS } from '../backends/memory/memory-filesystem.js';
import {
  DirectoryExists,
  DirectoryNotEmpty,
  FileExpected,
  RemoveRootError,
  Unsupported,
} from '../errors/errors.js';
import type { Meta } from '../fs/capabilities.js';
import { isSamePlace } from '../fs/derived/copy-move.js';
import {
  checkCopyOptions,
  checkRemoveManyOptions,
  checkScanTreeOptions,
  optionsChecker,
} from '../fs/derived/option-types.js';
import { publishedByWrite } from '../fs/derived/overrides.js';
import { findInfo } from '../fs/derived/read.js';
import { removeValid } from '../fs/derived/remove-many.js';
import { abandonSource, beforeReading, guardSource } from '../fs/derived/source.js';
import type {
  InfoChanges,
  MakeDirOptions,
  ReadOptions,
  StageOptions,
  WriteOptions,
  WriteSource,
} from '../fs/essentials.js';
import { type CopyOptions, Filesystem, type Landing } from '../fs/filesystem.js';
import type { Info } from '../fs/info.js';
import type { RemoveManyOptions, RemoveOutcome, StagedFile, SweepOptions } from '../fs/staged-file.js';
import type { Copier, CopyDirOptions, Location } from '../fs/transfer-options.js';
import type { ScanTreeOptions } from '../fs/tree-options.js';
import { basename, compareCodePoints, dirname, isWithin, joinPath } from '../path/parts.js';
import { commonMeta } from './common-meta.js';
import { removeFromMounts } from './mount-removal.js';
import type { Spot } from './mount-table.js';
import { closeAll, localError, localInfo, MountTable, mountedError } from './mount-table.js';
import { localTransferError, moveOver, withinOne } from './mount-transfer.js';

/** Options of `MountFS`. */
export interface MountFSOptions {
  /** Closing it closes what is mounted; default true. With false that is left to whoever opened it. */
  autoClose?: boolean;
}

const checkOptions = optionsChecker<MountFSOptions>({ autoClose: 'boolean' });

/**
 * Several filesystems as one tree. Closing it closes the mounted ones too, unless
 * it is told not to.
 *
 * @example
 * const all = new MountFS();
 * all.mount('photos', new OSFS('/var/lib/photos'));
 * all.mount('cache', new MemoryFS());
 * await all.copy('photos/1.jpg', 'cache/1.jpg');
 */
export class MountFS extends Filesystem {
  readonly #rest = new MemoryFS();
  readonly #mounts = new MountTable(this.#rest);
  readonly #mounted = new Date();
  readonly #autoClose: boolean;

  /** @throws TypeError */
  constructor(options: MountFSOptions = {}) {
    super();
    checkOptions(options);
    this.#autoClose = options.autoClose !== false;
  }

  /**
   * Show a filesystem at a path. It hides what is there, and may lie below another mount.
   * @throws DirectoryExists: something is mounted at that very path; TypeError: no filesystem, or this one
   */
  mount(path: string, fs: Filesystem): void {
    const target = this.validatePath(path);
    if (!(fs instanceof Filesystem)) throw new TypeError('only a Filesystem can be mounted');
    if (fs === this) throw new TypeError('a MountFS can not be mounted in itself');
    if (this.#mounts.has(target)) {
      throw new DirectoryExists(target, { message: `something is mounted at "${target}" already` });
    }
    this.#mounts.set(target, fs);
  }

  override async getInfo(path: string): Promise<Info> {
    const target = this.validatePath(path);
    const implied = this.#mounts.isImplied(target);
    const info = await this.#run(target, ({ fs, inner }) =>
      implied ? findInfo(fs, inner) : fs.getInfo(inner),
    );
    if (info?.isDir || (info !== null && !implied)) return localInfo(info, this.#mounts.spot(target).mount);
    return { name: basename(target), path: target, isDir: true, size: 0, modified: this.#mounted };
  }

  override async *scanDir(path: string): AsyncIterable<Info> {
    const target = this.validatePath(path);
    const waiting = this.#mounts.impliedIn(target);
    const { fs, mount, inner } = this.#mounts.spot(target);
    const isOnlyImplied = this.#mounts.isImplied(target) && (await findInfo(fs, inner))?.isDir !== true;
    for await (const info of isOnlyImplied ? [] : this.#entries(mount, () => fs.scanDir(inner))) {
      while (waiting[0] !== undefined && compareCodePoints(waiting[0], info.name) < 0) {
        yield await this.getInfo(joinPath(target, waiting.shift() as string));
      }
      if (waiting[0] !== info.name) yield info;
    }
    for (const name of waiting) yield await this.getInfo(joinPath(target, name));
  }

  override async *scanTree(path: string, options: ScanTreeOptions = {}): AsyncIterable<Info> {
    checkScanTreeOptions(options);
    const target = this.validatePath(path);
    if (this.#mounts.hasBelow(target)) {
      yield* super.scanTree(target, options);
      return;
    }
    const { fs, mount, inner } = this.#mounts.spot(target);
    const { enter, tolerate, ...rest } = options;
    yield* this.#entries(mount, () =>
      fs.scanTree(inner, {
        ...rest,
        ...(enter && { enter: (directory) => enter(localInfo(directory, mount)) }),
        ...(tolerate && { tolerate: (at, error) => tolerate(joinPath(mount, at), localError(error, mount)) }),
      }),
    );
  }

  override async makeDir(path: string, options?: MakeDirOptions): Promise<void> {
    await this.#change(path, ({ fs, inner }) => fs.makeDir(inner, options));
  }

  override async openRead(path: string, options?: ReadOptions): Promise<Readable> {
    const target = this.validatePath(path);
    if (this.#mounts.isImplied(target)) throw new FileExpected(target);
    return this.#run(target, ({ fs, inner }) => fs.openRead(inner, options));
  }

  override async write(path: string, source: WriteSource, options?: WriteOptions): Promise<Info> {
    let begun = false;
    guardSource(source);
    try {
      return await this.#change(path, async ({ fs, mount, inner }) => {
        begun = true;
        return localInfo(await fs.write(inner, source, options), mount);
      });
    } catch (error) {
      if (!begun) abandonSource(source);
      throw error;
    }
  }

  override locateBytes(path: string): Location | null {
    const { fs, inner } = this.#mounts.spot(this.validatePath(path));
    return fs.locateBytes(inner);
  }

  override copierFrom(source: Location, path: string): Copier | null {
    const { fs, inner } = this.#mounts.spot(this.validatePath(path));
    const copier = fs.copierFrom(source, inner);
    return copier && ((options) => this.#change(path, () => copier(options)));
  }

  override async stage(path: string, source: WriteSource, options?: StageOptions): Promise<StagedFile> {
    const target = await beforeReading(source, () => this.validatePath(path), options?.signal);
    const { fs } = this.#mounts.spot(target);
    const staged = await this.#run(target, async ({ inner }) =>
      publishedByWrite(fs, await fs.stage(inner, source, options), options),
    );
    return {
      size: staged.size,
      ...(staged.synced && { synced: staged.synced }),
      publish: (target, how) =>
        this.#change(target, async ({ fs: owner, mount, inner }) => {
          if (owner === fs) return localInfo(await staged.publish(inner, how), mount);
          throw new Unsupported(inner, {
            message: 'what is staged for one mount can not be published in another',
          });
        }),
      discard: () => staged.discard(),
    };
  }

  override async remove(path: string): Promise<void> {
    const target = this.validatePath(path);
    if (this.#mounts.isImplied(target)) throw new FileExpected(target);
    await this.#run(target, ({ fs, inner }) => fs.remove(inner));
  }

  override async removeVersion(path: string, version: Info): Promise<boolean> {
    const target = this.validatePath(path);
    const { getInfo, remove } = MountFS.prototype;
    if (this.remove !== remove || this.getInfo !== getInfo || this.#mounts.isImplied(target))
      return super.removeVersion(path, version);
    return this.#run(target, ({ fs, inner }) => fs.removeVersion(inner, version));
  }

  /** In one call for each mount. */
  override async removeMany(paths: readonly string[], options?: RemoveManyOptions): Promise<RemoveOutcome[]> {
    this.checkOpen();
    checkRemoveManyOptions(options);
    return removeValid(
      paths,
      (path) => this.validatePath(path),
      (valid) => removeFromMounts(this.#mounts, valid, options),
    );
  }

  /** @throws RemoveRootError a mount point; else as in any filesystem */
  override async removeDir(path: string): Promise<void> {
    const target = this.validatePath(path);
    if (target === '') throw new RemoveRootError();
    if (this.#mounts.has(target)) throw mountedError(target);
    if (this.#mounts.isImplied(target)) throw new DirectoryNotEmpty(target);
    await this.#run(target, ({ fs, inner }) => fs.removeDir(inner));
  }

  /** @throws RemoveRootError a mount point is there or below: nothing is removed, as it would be gone from the mounted filesystem */
  override async removeTree(path: string): Promise<void> {
    const target = this.validatePath(path);
    this.#refuseMounts(target);
    await this.#run(target, ({ fs, inner }) => fs.removeTree(inner));
  }

  override async setInfo(path: string, changes: InfoChanges): Promise<void> {
    await this.#change(path, ({ fs, inner }) => fs.setInfo(inner, changes));
  }

  override async copy(source: string, destination: string, options?: CopyOptions): Promise<void> {
    checkCopyOptions(options);
    const [from, to] = [this.validatePath(source), this.validatePath(destination)];
    await this.#imply(to);
    if (await withinOne(this.#mounts, from, to, (fs, a, b) => fs.copy(a, b, options))) return;
    await super.copy(from, to, options);
  }

  override async move(source: string, destination: string, options?: CopyOptions): Promise<void> {
    checkCopyOptions(options);
    const [from, to] = [this.validatePath(source), this.validatePath(destination)];
    await this.#imply(to);
    if (await withinOne(this.#mounts, from, to, (fs, a, b) => fs.move(a, b, options))) return;
    if (!isSamePlace(this, from, to) && (await moveOver(this.#mounts, from, to, options))) return;
    await super.move(from, to, options);
  }

  override async moveInto(
    destination: Filesystem,
    path: string,
    destinationPath: string,
    options?: CopyOptions,
  ): Promise<boolean> {
    const from = this.#mounts.spot(this.validatePath(path));
    const to = { mount: '', inner: destination.validatePath(destinationPath) };
    try {
      return await from.fs.moveInto(destination, from.inner, to.inner, options);
    } catch (error) {
      throw await localTransferError(error, from, to);
    }
  }

  /** Itself at a directory that leads to a mount point, which `write` refuses. */
  override landing(path: string): Landing {
    const target = this.validatePath(path);
    if (this.#mounts.isImplied(target)) return super.landing(target);
    const { fs, inner } = this.#mounts.spot(target);
    return fs.landing(inner);
  }

  override async copyDir(source: string, destination: string, options?: CopyDirOptions): Promise<void> {
    const [from, to] = [this.validatePath(source), this.validatePath(destination)];
    await this.#imply(to);
    const isWhole = !this.#mounts.hasBelow(from) && !this.#mounts.hasBelow(to);
    if (isWhole && (await withinOne(this.#mounts, from, to, (fs, a, b) => fs.copyDir(a, b, options)))) return;
    await super.copyDir(from, to, options);
  }

  /** @throws RemoveRootError a mount point is at the source, or below it */
  override async moveDir(source: string, destination: string, options?: CopyDirOptions): Promise<void> {
    const [from, to] = [this.validatePath(source), this.validatePath(destination)];
    if (from !== to && !isWithin(from, to)) this.#refuseMounts(from);
    await this.#imply(to);
    const isWhole = !this.#mounts.hasBelow(from) && !this.#mounts.hasBelow(to);
    if (isWhole && (await withinOne(this.#mounts, from, to, (fs, a, b) => fs.moveDir(a, b, options)))) return;
    await super.moveDir(from, to, options);
  }

  override async isLink(path: string): Promise<boolean> {
    const target = this.validatePath(path);
    if (this.#mounts.has(target) || this.#mounts.isImplied(target)) return false;
    return this.#run(target, ({ fs, inner }) => fs.isLink(inner));
  }

  /** What the mounted ones answer, each with where it is mounted: one that is exchanged, or not there, is noticed. */
  override async identify(options: { create?: boolean } = {}): Promise<string | null> {
    this.checkOpen();
    return this.#mounts.identify(options);
  }

  override async sweepStaged(before: Date, options?: SweepOptions): Promise<number> {
    this.checkOpen();
    let removed = 0;
    for (const fs of this.#mounts.values()) removed += await fs.sweepStaged(before, options);
    return removed;
  }

  /** What all that can be reached have in common. */
  override getMeta(): Meta {
    const reachable = this.#mounts.has('') ? [] : [this.#rest];
    return commonMeta([...reachable, ...this.#mounts.values()].map((fs) => fs.getMeta()));
  }

  override getSysPath(path: string): string {
    const target = this.validatePath(path);
    const { fs, mount, inner } = this.#mounts.spot(target);
    try {
      return fs.getSysPath(inner);
    } catch (error) {
      throw localError(error, mount);
    }
  }

  override locate(path: string): Location {
    const { fs, inner } = this.#mounts.spot(this.validatePath(path));
    return fs.locate(inner);
  }

  override validatePath(path: string): string {
    const target = super.validatePath(path);
    const { fs, mount, inner } = this.#mounts.spot(target);
    try {
      fs.validatePath(inner);
    } catch (error) {
      throw localError(error, mount);
    }
    return target;
  }

  /** One that can't be closed keeps none of the others open. */
  override async close(): Promise<void> {
    if (this.isClosed()) return;
    await super.close();
    await this.#rest.close();
    if (this.#autoClose) await closeAll(this.#mounts.values());
  }

  #refuseMounts(path: string): void {
    if (this.#mounts.hasBelow(path) || (path !== '' && this.#mounts.has(path))) throw mountedError(path);
  }

  /** Make the implied directories down to a path, so that something can be written in the last of them. */
  async #imply(path: string): Promise<void> {
    for (let above = path; above !== ''; above = dirname(above)) {
      if (this.#mounts.has(above)) return;
      if (this.#mounts.hasBelow(above)) {
        return this.#run(above, ({ fs, inner }) => fs.makeDirs(inner, { recreate: true }));
      }
    }
  }

  async #change<T>(path: string, work: (spot: Spot) => Promise<T>): Promise<T> {
    const target = this.validatePath(path);
    await this.#imply(target);
    return this.#run(target, work);
  }

  async #run<T>(path: string, work: (spot: Spot) => Promise<T>): Promise<T> {
    const spot = this.#mounts.spot(path);
    try {
      return await work(spot);
    } catch (error) {
      throw localError(error, spot.mount);
    }
  }

  async *#entries(mount: string, open: () => AsyncIterable<Info>): AsyncGenerator<Info> {
    try {
      for await (const info of open()) yield localInfo(info, mount);
    } catch (error) {
      throw localError(error, mount);
    }
  }
}
