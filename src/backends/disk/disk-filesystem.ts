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
import { isDate } from 'node:util/types';
import {
  DestinationExists,
  DirectoryExists,
  DirectoryExpected,
  FileExists,
  FileExpected,
  IllegalDestination,
  InvalidPath,
  NoSysPath,
  RemoveRootError,
  ResourceNotFound,
} from '../../errors/errors.js';
import type { Meta } from '../../fs/capabilities.js';
import { plainMeta } from '../../fs/capabilities.js';
import { checkRange } from '../../fs/derived/range.js';
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
import type { Servable } from '../../fs/servable.js';
import type { RemoveOutcome, StagedFile, SweepOptions } from '../../fs/staged-file.js';
import type { CopyDirOptions, Location } from '../../fs/transfer-options.js';
import type { ScanTreeOptions } from '../../fs/tree-options.js';
import { keptFilename } from '../../path/content-disposition.js';
import { checkNamespaceName } from '../../path/namespace-name.js';
import { checkComponentLength } from '../../path/normalize.js';
import { isWithin } from '../../path/parts.js';
import { distinctSeconds, infoOf } from './disk-info.js';
import { DiskRoot } from './disk-root.js';
import { DiskScope } from './disk-scope.js';
import { errnoOf, translateError } from './errno-errors.js';
import { FileBody } from './file-body.js';
import { list, listNames, listTree } from './listing.js';
import { moveExclusively, renameDirectory, syncDirectory } from './publishing.js';
import { emptyDirectory, removeFile, removeFiles } from './removal.js';
import { DiskServable } from './serving.js';
import { forget, type TemporaryFile } from './staging.js';
import { closeSync, lstat, mkdir, rename, rmdir, unlink, utimes } from './system-calls.js';
import type { Pin } from './system-path.js';

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
  /** Data and directory are on the disk before a write resolves; default true. Writes are atomic either way. */
  durable?: boolean;
  /**
   * Memory in bytes for small files that are served over HTTP; default 64 MiB, 0 for none. Each is compared with the
   * disk whenever it is asked for. Not used on network file systems.
   */
  cacheBytes?: number;
}

/**
 * A directory of the operating system as a filesystem.
 * @example
 * const files = new OSFS('/var/lib/app/files');
 * await files.writeText('hello.txt', 'hello');
 */
export class OSFS extends Filesystem {
  readonly #scope: DiskScope;
  /** Closing it closes this one. */
  readonly #opener: OSFS | null;
  readonly #servable: DiskServable;

  /**
   * @param root path of a directory, which must exist when it is first used; may be a link. (A `DiskScope`, and
   *   `opener`, are for the filesystems that this one opens.)
   */
  constructor(root: string | DiskScope, options: OSFSOptions = {}, opener: OSFS | null = null) {
    super();
    this.#scope =
      root instanceof DiskScope
        ? root
        : DiskScope.ofRoot(new DiskRoot(root, options.durable !== false, options.cacheBytes));
    this.#servable = new DiskServable(this.#scope);
    this.#opener = opener;
  }

  override async getInfo(path: string): Promise<Info> {
    const target = this.validatePath(path);
    const stats = await translated(target, () => this.#scope.stat(target));
    if (stats === null) throw new ResourceNotFound(target);
    return infoOf(target, stats, stats.isFile() ? await this.#scope.filename(target, stats) : undefined);
  }

  override async *scanDir(path: string, { after }: ScanDirOptions = {}): AsyncIterable<Info> {
    const target = this.validatePath(path);
    let directory: Pin | null = null;
    try {
      directory = await this.#scope.pinDirectory(target);
      yield* list(await this.#scope.enclosure(), directory, target, after);
    } catch (error) {
      throw translateError(error, target);
    } finally {
      directory?.close();
    }
  }

  override async *scanTree(path: string, options: ScanTreeOptions = {}): AsyncIterable<Info> {
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

  override async makeDir(path: string, { recreate = false }: MakeDirOptions = {}): Promise<void> {
    const target = this.validatePath(path);
    await translated(target, async () => {
      const made = target === '' ? await this.#scope.makeSelf() : await this.#makeIn(target);
      if (made) return;
      const there = await this.#scope.stat(target);
      if (target === '' && there === null) throw this.#scope.notOurs();
      if (!recreate || there?.isDirectory() !== true) throw new DirectoryExists(target);
    });
  }

  override async openRead(path: string, options?: ReadOptions): Promise<Readable> {
    const target = this.validatePath(path);
    const { start, end } = checkRange(options);
    const enclosure = await this.#scope.enclosure();
    const opened = await translated(target, () => enclosure.openForReading(target));
    if (opened === null) throw new ResourceNotFound(target);
    if (opened === 'directory') throw new FileExpected(target);
    const { fd, stats } = opened;
    if (start < stats.size) return new FileBody(fd, target, start, Math.min(end + 1, stats.size));
    closeSync(fd);
    return Readable.from([], { objectMode: false });
  }

  override write(path: string, source: WriteSource, options?: WriteOptions): Promise<Info> {
    return writeStaged(this, path, source, options);
  }

  override async stage(path: string, source: WriteSource, options?: StageOptions): Promise<StagedFile> {
    const target = this.validatePath(path);
    const file = await this.#scope.staging.receive(target, source, options);
    const synced = translated(target, () => file.synced);
    synced.catch(() => {});
    return {
      size: file.stats.size,
      synced,
      publish: (where, how) => {
        const overwrite = how?.overwrite !== false;
        return this.#publish(file, this.validatePath(where), { overwrite, filename: options?.filename });
      },
      discard: async () => {
        await file.synced.catch(() => {});
        await translated('', () => forget(file.systemPath));
      },
    };
  }

  /** Remove a file. Of a link that leads inside, the link. */
  override async remove(path: string): Promise<void> {
    const target = this.validatePath(path);
    await translated(target, async () => {
      const enclosure = await this.#scope.enclosure();
      await this.#scope.inParent(target, async (parent) => {
        if ((await removeFile(enclosure, parent, target)) === 'missing') throw new ResourceNotFound(target);
      });
    });
  }

  override async removeMany(paths: readonly string[]): Promise<RemoveOutcome[]> {
    this.checkOpen();
    const valid: string[] = [];
    const invalid = new Map<string, RemoveOutcome>();
    for (const path of paths) {
      try {
        valid.push(this.validatePath(path));
      } catch (error) {
        invalid.set(path, { path, result: 'failed', error: error as Error });
      }
    }
    const outcomes = await removeFiles(await this.#scope.enclosure(), valid);
    return paths.map((path) => invalid.get(path) ?? (outcomes.shift() as RemoveOutcome));
  }

  override async removeDir(path: string): Promise<void> {
    const target = this.validatePath(path);
    if (target === '') throw new RemoveRootError();
    await translated(target, async () => {
      await this.#scope.needDirectory(target);
      await this.#scope.inParent(target, async (parent, name) => {
        if ((await lstat(parent.at(name))).isSymbolicLink()) {
          throw new DirectoryExpected(target, { message: `"${target}" is a link: remove takes it away` });
        }
        await rmdir(parent.at(name));
      });
    });
  }

  /** Remove a directory with all in it; links in it are removed, and not followed. The root is emptied. */
  override async removeTree(path: string): Promise<void> {
    const target = this.validatePath(path);
    await translated(target, async () => {
      if (target !== '' && (await this.isLink(target))) {
        await this.#scope.needDirectory(target);
        return this.remove(target);
      }
      const directory = await this.#scope.pinDirectory(target);
      try {
        await emptyDirectory(await this.#scope.enclosure(), directory, target);
      } finally {
        directory.close();
      }
      if (target !== '') await this.#scope.inParent(target, (parent, name) => rmdir(parent.at(name)));
    });
  }

  override async setInfo(path: string, { modified, accessed }: InfoChanges): Promise<void> {
    const target = this.validatePath(path);
    checkDate('modified', modified);
    checkDate('accessed', accessed);
    await translated(target, async () => {
      const pin = await this.#scope.pin(target);
      try {
        const before = await pin.stat();
        const filename = before.isFile() ? await this.#scope.filename(target, before) : undefined;
        await utimes(
          pin.here,
          (accessed?.getTime() ?? before.atimeMs) / 1000,
          modified === undefined ? before.mtimeMs / 1000 : distinctSeconds(modified.getTime()),
        );
        await this.#scope.keepFilename(target, await pin.stat(), filename);
      } finally {
        pin.close();
      }
    });
  }

  override async copy(source: string, destination: string, options: CopyOptions = {}): Promise<void> {
    const from = this.validatePath(source);
    const to = this.validatePath(destination);
    const [file, filename] = await translated(from, async () => {
      await this.#checkDestination(to, options);
      if (from === to) throw new IllegalDestination(to);
      const pin = await this.#scope.pin(from);
      try {
        const stats = await pin.stat();
        if (!stats.isFile()) throw new FileExpected(from);
        const modified = options.preserveTime === true ? Math.floor(stats.mtimeMs) : undefined;
        const copied = await this.#scope.staging.receiveCopy(pin.here, modified);
        return [copied, await this.#scope.filename(from, stats)] as const;
      } finally {
        pin.close();
      }
    });
    try {
      await this.#publish(file, to, { overwrite: options.overwrite === true, filename });
    } catch (error) {
      await translated(to, () => forget(file.systemPath));
      throw error instanceof FileExists ? new DestinationExists(to, { cause: error }) : error;
    }
  }

  override async move(source: string, destination: string, options: CopyOptions = {}): Promise<void> {
    const from = this.validatePath(source);
    const to = this.validatePath(destination);
    await translated(to, () => this.#checkDestination(to, options));
    const stats = await translated(from, () => this.#scope.stat(from));
    if (stats === null) throw new ResourceNotFound(from);
    if (!stats.isFile()) throw new FileExpected(from);
    if (from === to) return;
    if (await this.isLink(from)) {
      // The link may lead elsewhere from its new place: what it leads to is moved.
      await this.copy(from, to, { ...options, preserveTime: true });
      return this.remove(from);
    }
    const filename = await this.#scope.filename(from, stats);
    await translated(to, () =>
      this.#scope.intoParent(to, async (parent, name) => {
        await this.#scope.keepFilename(to, stats, keptFilename(filename, to));
        await this.#moveInto(from, parent.at(name), parent, options);
      }),
    ).catch(async (error: unknown) => {
      await this.#scope.keepFilename(from, stats, filename);
      throw error instanceof FileExists ? new DestinationExists(to, { cause: error }) : error;
    });
    if (options.preserveTime === false) await this.setInfo(to, { modified: new Date() });
  }

  /** Renamed as a whole where nothing is at the destination; else merged, file by file. */
  override async moveDir(source: string, destination: string, options: CopyDirOptions = {}): Promise<void> {
    const from = this.validatePath(source);
    const to = this.validatePath(destination);
    const whole = options.create === true && options.preserveTime !== false && from !== '' && to !== '';
    if (whole && !isWithin(from, to) && (await this.#renameDirectory(from, to))) return;
    await super.moveDir(source, destination, options);
  }

  override locate(path: string): Location {
    const target = this.validatePath(path);
    return { storage: 'disk', path: join(this.#scope.directory, target).replaceAll(sep, '/') };
  }

  override async isLink(path: string): Promise<boolean> {
    const target = this.validatePath(path);
    return translated(target, async () => {
      if ((await this.#scope.stat(target)) === null) throw new ResourceNotFound(target);
      if (target === '') return false;
      return this.#scope.inParent(target, async (parent, name) =>
        (await lstat(parent.at(name))).isSymbolicLink(),
      );
    });
  }

  /** The directory as a filesystem of its own, out of which no link leads. Closing this one closes it. */
  override async openDir(path: string): Promise<OSFS> {
    const target = this.validatePath(path);
    return translated(target, async () => {
      const directory = await this.#scope.pinDirectory(target);
      directory.close();
      return new OSFS(await this.#scope.subdirectory(target, directory.real), {}, this);
    });
  }

  /** @throws InvalidNamespace */
  override openNamespace(namespace: string): OSFS {
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

  async #publish(
    file: TemporaryFile,
    path: string,
    { overwrite, filename }: { overwrite: boolean; filename: string | undefined },
  ): Promise<Info> {
    if (path === '') throw new FileExpected(path);
    const kept = keptFilename(filename, path);
    await translated(path, async () => {
      await file.synced;
      await this.#scope.intoParent(path, async (parent, name) => {
        await this.#scope.keepFilename(path, file.stats, kept);
        if (overwrite) await rename(file.systemPath, parent.at(name));
        else await moveExclusively(file.systemPath, parent.at(name));
        if (this.#scope.root.durable) await syncDirectory(parent);
      });
    }).catch(async (error: unknown) => {
      if (!(error instanceof FileExists)) throw error;
      throw (await this.isDir(path)) ? new FileExpected(path, { cause: error }) : error;
    });
    return infoOf(path, file.stats, kept);
  }

  async #moveInto(from: string, target: string, parent: Pin, { overwrite }: CopyOptions): Promise<void> {
    await this.#scope.inParent(from, async (sourceParent, name) => {
      const source = sourceParent.at(name);
      if (overwrite !== true) await moveExclusively(source, target);
      else if (await isSameFile(source, target))
        await unlink(source); // rename(2) would leave both names.
      else await rename(source, target);
      if (this.#scope.root.durable) await syncDirectory(sourceParent);
    });
    if (this.#scope.root.durable) await syncDirectory(parent);
  }

  /** @returns false, and nothing is done, when it is not as simple as that */
  async #renameDirectory(from: string, to: string): Promise<boolean> {
    if ((await this.#scope.stat(from))?.isDirectory() !== true || (await this.#scope.stat(to)) !== null)
      return false;
    return translated(to, () =>
      this.#scope.intoParent(to, (parent, name) =>
        this.#scope.inParent(from, async (sourceParent, sourceName) => {
          const { durable } = this.#scope.root;
          if (!(await renameDirectory(sourceParent.at(sourceName), parent.at(name)))) return false;
          if (durable) await syncDirectory(sourceParent);
          if (durable) await syncDirectory(parent);
          return true;
        }),
      ),
    );
  }

  async #makeIn(path: string): Promise<boolean> {
    return this.#scope.intoParent(path, async (parent, name) => {
      try {
        await mkdir(parent.at(name), 0o777);
      } catch (error) {
        if (errnoOf(error) === 'EEXIST') return false;
        throw error;
      }
      if (this.#scope.root.durable) await syncDirectory(parent);
      return true;
    });
  }

  /** pyfilesystem2 looks at the destination before anything else, and so do we. */
  async #checkDestination(path: string, options: CopyOptions): Promise<void> {
    const stats = await this.#scope.stat(path);
    if (stats === null) return;
    if (options.overwrite !== true) throw new DestinationExists(path);
    if (stats.isDirectory()) throw new FileExpected(path);
  }
}

async function translated<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translateError(error, path);
  }
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([lstat(a), lstat(b).catch(() => null)]);
  return other !== null && one.ino === other.ino && one.dev === other.dev;
}

function checkDate(name: string, value: Date | undefined): void {
  if (value === undefined) return;
  if (!isDate(value)) throw new TypeError(`${name} must be a Date`);
  if (!Number.isFinite(value.getTime())) throw new RangeError(`${name} is an invalid Date`);
}
