/**
 * Plain files in a directory of the operating system.
 *
 * Every method pins what it works on (`system-path.ts`), so that no link, race
 * or name leads out of the root; a link that leads out is as if not there. New
 * bytes are staged beside (`staging.ts`) and published by a rename, so that no
 * reader sees half a file.
 */

import { join, sep } from 'node:path';
import { Readable } from 'node:stream';
import {
  FileExpected,
  InvalidPath,
  NoSysPath,
  RemoveRootError,
  ResourceNotFound,
} from '../../errors/errors.js';
import type { Meta } from '../../fs/capabilities.js';
import { plainMeta } from '../../fs/capabilities.js';
import {
  checkCopyDirOptions,
  checkCopyOptions,
  checkMakeDirOptions,
  checkRemoveManyOptions,
  checkScanTreeOptions,
  checkStageOptions,
  optionsChecker,
} from '../../fs/derived/option-types.js';
import { hasOverrides, stagesPastWrite } from '../../fs/derived/overrides.js';
import { checkRange } from '../../fs/derived/range.js';
import { removeValid } from '../../fs/derived/remove-many.js';
import { beforeReading } from '../../fs/derived/source.js';
import { checkTimes } from '../../fs/derived/times.js';
import { writeStaged } from '../../fs/derived/write-staged.js';
import type {
  InfoChanges,
  MakeDirOptions,
  ReadOptions,
  ScanDirOptions,
  StageOptions,
  WriteOptions,
  WriteSource,
} from '../../fs/essentials.js';
import type { CopyOptions } from '../../fs/filesystem.js';
import { Filesystem } from '../../fs/filesystem.js';
import type { Info } from '../../fs/info.js';
import { markOpenedDirectory } from '../../fs/opened-directories.js';
import type { PromptWriter } from '../../fs/prompt-writer.js';
import type { Servable } from '../../fs/servable.js';
import type { RemoveManyOptions, RemoveOutcome, StagedFile, SweepOptions } from '../../fs/staged-file.js';
import type { CopyDirOptions, Location } from '../../fs/transfer-options.js';
import type { ScanTreeOptions } from '../../fs/tree-options.js';
import { checkNamespaceName } from '../../path/namespace-name.js';
import { checkComponentLength } from '../../path/normalize.js';
import { isWithin } from '../../path/parts.js';
import { makeDirectory, removeDirectory, removeDirectoryTree } from './directories.js';
import { infoOf } from './disk-info.js';
import { DiskRoot } from './disk-root.js';
import { DiskScope } from './disk-scope.js';
import { translated, translateError } from './errno-errors.js';
import { FileBody } from './file-body.js';
import { closeRead } from './freeing.js';
import { list, listNames, listTree } from './listing.js';
import type { Pin } from './pin.js';
import { PromptPlaces } from './prompt-places.js';
import { DiskPromptWriter } from './prompt-writer.js';
import { copyFile, moveFile, moveWholeDirectory } from './relocation.js';
import { removeFiles, removeOne } from './removal.js';
import { DiskServable } from './serving.js';
import { stagedFile } from './staged-file.js';
import { createReadStream } from './system-calls.js';
import { setTimes } from './times.js';

const COMPONENT_BYTES = 255;
/** PATH_MAX of Linux, with its final NUL. */
const PATH_BYTES = 4096;
const REMOVE_BATCH = 250;

const meta: Meta = {
  ...plainMeta,
  setTimes: true,
  filename: true,
  sysPath: true,
  links: true,
  removeBatch: REMOVE_BATCH,
  atomicRename: true,
};

/** Options of `OSFS`. */
export interface OSFSOptions {
  /**
   * Data and directory are on the disk before a write resolves; default true. Writes are atomic either way. Without,
   * small files are stored in the foreground as long as the disk is local and fast: it saves the turns of the thread pool.
   */
  durable?: boolean;
  /**
   * Memory in bytes for small files that are served over HTTP; default 64 MiB, 0 for none. Each is compared with the
   * disk whenever it is asked for. Not used on network file systems.
   */
  cacheBytes?: number;
}

const checkOptions = optionsChecker<OSFSOptions>({ durable: 'boolean', cacheBytes: 'number' });

/**
 * A directory of the operating system as a filesystem. What is written or copied in the place of a file has its
 * permissions.
 * @example
 * const files = new OSFS('/var/lib/app/files');
 * await files.writeText('hello.txt', 'hello');
 */
export class OSFS extends Filesystem {
  readonly #scope: DiskScope;
  /** Closing it closes this one. */
  readonly #opener: OSFS | null;
  readonly #servable: DiskServable;
  readonly #places: PromptPlaces;
  readonly #promptWriter: DiskPromptWriter;

  /**
   * @param root path of a directory, which must exist when it is first used; may be a link. (A `DiskScope`, and
   *   `opener`, are for the filesystems that this one opens.)
   * @throws TypeError; RangeError: `cacheBytes` is no whole number of 0 or more
   */
  constructor(root: string | DiskScope, options: OSFSOptions = {}, opener: OSFS | null = null) {
    super();
    this.#scope = root instanceof DiskScope ? root : scopeOf(root, options);
    this.#servable = new DiskServable(this.#scope, () => this.isClosed());
    this.#places = new PromptPlaces(this.#scope);
    const { foreground } = this.#scope.root;
    this.#promptWriter = new DiskPromptWriter(foreground, this.#places, () => this.isClosed());
    this.#opener = opener;
    if (opener !== null) markOpenedDirectory(this);
  }

  override async getInfo(path: string): Promise<Info> {
    const target = this.validatePath(path);
    const stats = await translated(target, () => this.#scope.stat(target));
    if (stats === null) throw new ResourceNotFound(target);
    return infoOf(target, stats, stats.isFile() ? await this.#scope.filename(target, stats) : undefined);
  }

  override async *scanDir(path: string, options?: ScanDirOptions): AsyncIterable<Info> {
    const target = this.validatePath(path);
    let directory: Pin | null = null;
    try {
      directory = await this.#scope.pinDirectory(target);
      yield* list(await this.#scope.enclosure(), directory, target, options?.after);
    } catch (error) {
      throw translateError(error, target);
    } finally {
      directory?.close();
    }
  }

  override async *scanTree(path: string, options: ScanTreeOptions = {}): AsyncIterable<Info> {
    checkScanTreeOptions(options);
    const target = this.validatePath(path);
    let directory: Pin;
    try {
      directory = await translated(target, () => this.#scope.pinDirectory(target));
    } catch (error) {
      if (options.tolerate?.(target, error) === true) return;
      throw error;
    }
    yield* listTree(await this.#scope.enclosure(), directory, target, options);
  }

  override async listDir(path: string): Promise<string[]> {
    const target = this.validatePath(path);
    return translated(target, async () => {
      const directory = await this.#scope.pinDirectory(target);
      try {
        return await listNames(await this.#scope.enclosure(), directory);
      } finally {
        directory.close();
      }
    });
  }

  override async makeDir(path: string, options: MakeDirOptions = {}): Promise<void> {
    checkMakeDirOptions(options);
    const target = this.validatePath(path);
    await translated(target, () => makeDirectory(this.#scope, target, options.recreate === true));
  }

  override async openRead(path: string, options?: ReadOptions): Promise<Readable> {
    const target = this.validatePath(path);
    const { start, end } = checkRange(options);
    const enclosure = await this.#scope.enclosure();
    const opened = await translated(target, () => enclosure.openForReading(target));
    if (opened === null) throw new ResourceNotFound(target);
    if (opened === 'directory') throw new FileExpected(target);
    const { fd, stats } = opened;
    if (start < stats.size) return new FileBody(opened, target, start, Math.min(end + 1, stats.size));
    closeRead(fd, stats.size);
    return Readable.from([], { objectMode: false });
  }

  override write(path: string, source: WriteSource, options?: WriteOptions): Promise<Info> {
    return writeStaged(this, path, source, options);
  }

  override async stage(path: string, source: WriteSource, options?: StageOptions): Promise<StagedFile> {
    const prepare = () => {
      checkStageOptions(options);
      return this.validatePath(path);
    };
    const target = await beforeReading(source, prepare, options?.signal);
    const file = await this.#scope.staging.receive(target, source, options);
    const staged = stagedFile(this.#scope, file, {
      path: target,
      filename: options?.filename,
      validatePath: (where) => this.validatePath(where),
      promptWriter: this.#promptWriter,
    });
    if (!stagesPastWrite(this, OSFS.prototype)) return staged;
    return Object.assign(staged, { content: () => bytesAt(file.systemPath, target) });
  }

  /** Remove a file. Of a link that leads inside, the link. */
  override async remove(path: string): Promise<void> {
    const target = this.validatePath(path);
    await translated(target, () => removeOne(this.#scope, target));
  }

  override async removeMany(paths: readonly string[], options?: RemoveManyOptions): Promise<RemoveOutcome[]> {
    if (this.remove !== OSFS.prototype.remove) return super.removeMany(paths, options);
    this.checkOpen();
    checkRemoveManyOptions(options);
    await this.#scope.enclosure();
    return removeValid(
      paths,
      (path) => this.validatePath(path),
      (valid) => removeFiles(this.#scope, valid),
    );
  }

  override async removeDir(path: string): Promise<void> {
    const target = this.validatePath(path);
    if (target === '') throw new RemoveRootError();
    await translated(target, () => removeDirectory(this.#scope, target));
  }

  /** Remove a directory with all in it; links in it are removed, and not followed. The root is emptied. */
  override async removeTree(path: string): Promise<void> {
    const target = this.validatePath(path);
    await translated(target, () => removeDirectoryTree(this.#scope, target));
  }

  override async setInfo(path: string, changes: InfoChanges): Promise<void> {
    const target = this.validatePath(path);
    checkTimes(changes);
    await translated(target, () => setTimes(this.#scope, target, changes));
  }

  override async copy(source: string, destination: string, options: CopyOptions = {}): Promise<void> {
    checkCopyOptions(options);
    await copyFile(this.#scope, this.validatePath(source), this.validatePath(destination), options);
  }

  override async move(source: string, destination: string, options: CopyOptions = {}): Promise<void> {
    checkCopyOptions(options);
    await moveFile(this.#scope, this.validatePath(source), this.validatePath(destination), options);
  }

  /** Renamed as a whole where nothing is at the destination; else merged, file by file. */
  override async moveDir(source: string, destination: string, options: CopyDirOptions = {}): Promise<void> {
    checkCopyDirOptions(options);
    const from = this.validatePath(source);
    const to = this.validatePath(destination);
    const whole = options.create === true && options.preserveTime !== false && from !== '' && to !== '';
    if (whole && !isWithin(from, to) && (await moveWholeDirectory(this.#scope, from, to))) return;
    await super.moveDir(source, destination, options);
  }

  /** Links resolved, so that two ways to one place are seen to be one. */
  override locate(path: string): Location {
    const target = this.validatePath(path);
    const real = this.#scope.realPath(target).replaceAll(sep, '/');
    // The root of the disk is the empty path, below which all others lie.
    return { storage: 'disk', path: real.replace(/^\/+|\/+$/g, '') };
  }

  override async isLink(path: string): Promise<boolean> {
    const target = this.validatePath(path);
    return translated(target, () => this.#scope.isLink(target));
  }

  /** The directory as a filesystem of its own, out of which no link leads; of a subclass as `openNamespace`. Closing this one closes it. */
  override async openDir(path: string): Promise<Filesystem> {
    if (hasOverrides(this, OSFS.prototype)) return super.openDir(path);
    const target = this.validatePath(path);
    return translated(target, async () => {
      const directory = await this.#scope.pinDirectory(target);
      directory.close();
      return new OSFS(await this.#scope.subdirectory(target, directory.real), {}, this);
    });
  }

  /**
   * A namespace out of which no link leads. Of a subclass that overrides what is done to files it asks this
   * filesystem, as that of any other: then links within the root are followed, from one namespace to another too.
   * @throws InvalidNamespace
   */
  override openNamespace(namespace: string): Filesystem {
    if (hasOverrides(this, OSFS.prototype)) return super.openNamespace(namespace);
    this.checkOpen();
    checkNamespaceName(namespace);
    return new OSFS(this.#scope.namespace(namespace), {}, this);
  }

  /** The UUID in `.mayfly/id` at the root. */
  override async identify(options: { create?: boolean } = {}): Promise<string> {
    this.checkOpen();
    return this.#scope.identity.identify(options.create === true);
  }

  override async sweepStaged(before: Date, options: SweepOptions = {}): Promise<number> {
    this.checkOpen();
    return translated('', async () => {
      if (options.dryRun !== true) await this.#scope.filenames.sweep(before);
      return this.#scope.staging.sweep(before, options);
    });
  }

  override servable(): Servable {
    return this.#servable;
  }

  /** None where writes are durable, as nothing is on the disk at once; nor where a subclass stages in a way of its own. */
  override promptWriter(): PromptWriter | null {
    const isPlain = this.stage === OSFS.prototype.stage && this.write === OSFS.prototype.write;
    return isPlain && !this.#scope.root.durable ? this.#promptWriter : null;
  }

  override isFreeNow(path: string, identity: string): boolean {
    const isPlain = this.getInfo === OSFS.prototype.getInfo;
    if (!isPlain || this.isClosed() || !this.#places.isFree(path)) return false;
    return this.#scope.identity.identifyNow() === identity;
  }

  override getMeta(): Meta {
    return meta;
  }

  override getSysPath(path: string): string {
    const target = this.validatePath(path);
    const systemPath = join(this.#scope.directory, target);
    if (this.#scope.isHidden(target)) throw new NoSysPath(target);
    return systemPath;
  }

  override validatePath(path: string): string {
    const target = super.validatePath(path);
    checkComponentLength(target, COMPONENT_BYTES);
    if (process.platform === 'win32' && /[\\:]/.test(target)) throw new InvalidPath(target);
    const bytes = this.#scope.directory.length + target.length < PATH_BYTES / 3 ? 0 : this.#bytesOf(target);
    if (bytes < PATH_BYTES) return target;
    throw new InvalidPath(target, { message: 'the path is too long for the operating system: shorten it' });
  }

  override isClosed(): boolean {
    return super.isClosed() || this.#opener?.isClosed() === true;
  }

  protected override checkOpen(): void {
    super.checkOpen();
    this.#opener?.checkOpen();
  }

  #bytesOf(path: string): number {
    return Buffer.byteLength(`${this.#scope.directory}/${path}`) + 1;
  }
}

/** Of a staged file, opened when the first of them is asked for, as it may never be. @param path that errors tell */
async function* bytesAt(systemPath: string, path: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(systemPath);
  } catch (error) {
    throw translateError(error, path);
  }
}

function scopeOf(root: string, options: OSFSOptions): DiskScope {
  if (typeof root !== 'string') throw new TypeError('root must be a string, the path of a directory');
  checkOptions(options);
  return DiskScope.ofRoot(new DiskRoot(root, options.durable !== false, options.cacheBytes));
}
