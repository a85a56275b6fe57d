/**
 * Files as objects of a bucket, on Amazon's S3 and on servers that speak its
 * language. How paths become keys: `object-key.ts`.
 *
 * S3 has no transactions. A write is atomic, and a create-only write of one
 * part too; whether a directory is in the way is looked at right before.
 */

import type { Readable } from 'node:stream';
import { DirectoryExpected, FileExpected, RemoveRootError, ResourceNotFound } from '../../errors/errors.js';
import type { Meta } from '../../fs/capabilities.js';
import { plainMeta } from '../../fs/capabilities.js';
import {
  checkCopyOptions,
  checkMakeDirOptions,
  checkRemoveManyOptions,
  checkScanTreeOptions,
  checkStageOptions,
} from '../../fs/derived/option-types.js';
import { checkRange } from '../../fs/derived/range.js';
import { checkPaths, removeValid } from '../../fs/derived/remove-many.js';
import { pruned } from '../../fs/derived/scan-tree.js';
import { beforeReading } from '../../fs/derived/source.js';
import { checkTimes } from '../../fs/derived/times.js';
import { isSameVersion } from '../../fs/derived/versions.js';
import { writeStaged } from '../../fs/derived/write-staged.js';
import type {
  InfoChanges,
  MakeDirOptions,
  ReadOptions,
  StageOptions,
  WriteOptions,
  WriteSource,
} from '../../fs/essentials.js';
import type { CopyOptions } from '../../fs/filesystem.js';
import { Filesystem } from '../../fs/filesystem.js';
import type { Info } from '../../fs/info.js';
import type { Presigner } from '../../fs/presigner.js';
import type { RemoveManyOptions, RemoveOutcome, StagedFile, SweepOptions } from '../../fs/staged-file.js';
import type { Copier, Location } from '../../fs/transfer-options.js';
import type { ScanTreeOptions } from '../../fs/tree-options.js';
import { checkNamespaceName } from '../../path/namespace-name.js';
import type { BucketFinding } from './bucket-finding.js';
import type { Connection, ObjectTree } from './engine.js';
import { DELETE_BATCH, MAX_PRESIGN_SECONDS } from './limits.js';
import { infoOf } from './object-info.js';
import type { KeySpace } from './object-key.js';
import type { RelocationPlan } from './relocation.js';
import type { ResolvedS3Options, S3FSOptions } from './s3-options.js';
import { resolveS3Options, storageOf } from './s3-options.js';

const meta: Meta = {
  ...plainMeta,
  network: true,
  contentType: true,
  filename: true,
  removeBatch: DELETE_BATCH,
  removeTellsMissing: false,
  realDirectories: false,
};

/** Directories come with the files that are written to them. */
const implyingMeta: Meta = { ...meta, makesParents: true };

/** What a filesystem works with once it is in use. */
type Engine = Omit<typeof import('./engine.js'), 'connect'> & Connection & { readonly tree: ObjectTree };

/**
 * Files in an S3 bucket.
 * @example
 * const files = new S3FS({ bucket: 'my-bucket', prefix: 'uploads', region: 'eu-central-1' });
 * await files.writeText('hello.txt', 'hello');
 */
export class S3FS extends Filesystem {
  readonly #options: ResolvedS3Options;
  readonly #keys: KeySpace;
  /** Above a namespace, whose directories need not be made before files are written to them. */
  readonly #parent: S3FS | null;
  #engine: Promise<Engine> | null = null;

  /** @throws InvalidOptions */
  constructor(options: S3FSOptions);
  /** @internal */
  constructor(parent: S3FS, namespace: string);
  constructor(options: S3FSOptions | S3FS, namespace = '') {
    super();
    if (options instanceof S3FS) {
      this.#parent = options;
      this.#options = options.#options;
      this.#keys = options.#keys.below(namespace);
    } else {
      this.#parent = null;
      this.#options = resolveS3Options(options);
      this.#keys = this.#options.keys;
    }
  }

  override async getInfo(path: string): Promise<Info> {
    const target = this.validatePath(path);
    const { tree } = await this.#open();
    const info = await tree.find(target);
    if (info === null) throw new ResourceNotFound(target);
    return info;
  }

  override async *scanDir(path: string): AsyncIterable<Info> {
    const target = this.validatePath(path);
    if (this.#keys.hides(target)) throw new ResourceNotFound(target);
    const { bucket, listDirectory } = await this.#open();
    for await (const info of listDirectory(bucket, this.#keys, target)) {
      yield info;
      this.checkOpen();
    }
  }

  /** One listing of the whole tree, unless little of it is wanted. */
  override async *scanTree(path: string, options: ScanTreeOptions = {}): AsyncIterable<Info> {
    checkScanTreeOptions(options);
    if (options.sparse === true) {
      yield* super.scanTree(path, options);
      return;
    }
    const target = this.validatePath(path);
    try {
      if (this.#keys.hides(target)) throw new ResourceNotFound(target);
      const { bucket, listTree } = await this.#open();
      for await (const info of pruned(listTree(bucket, this.#keys, target), options.enter)) {
        yield info;
        this.checkOpen();
      }
    } catch (error) {
      if (options.tolerate?.(target, error) !== true) throw error;
    }
  }

  /** Writes a marker, so that the directory is there while nothing is in it. */
  override async makeDir(path: string, options: MakeDirOptions = {}): Promise<void> {
    checkMakeDirOptions(options);
    const target = this.validatePath(path);
    const { makeDirectory, tree } = await this.#open();
    await makeDirectory(tree, target, options);
  }

  override async openRead(path: string, options?: ReadOptions): Promise<Readable> {
    const target = this.validatePath(path);
    const range = checkRange(options);
    const { tree } = await this.#open();
    return (await tree.open(target, range)) as Readable;
  }

  /** One request, also when nothing is there. */
  override async isFile(path: string): Promise<boolean> {
    const target = this.validatePath(path);
    const { tree } = await this.#open();
    return (await tree.head(target)) !== null;
  }

  /** One request, which names the version. */
  override async openVersion(path: string, version: Info, options?: ReadOptions): Promise<Readable | null> {
    if (version.etag === undefined) return super.openVersion(path, version, options);
    const target = this.validatePath(path);
    try {
      const { tree } = await this.#open();
      return await tree.open(target, checkRange(options), version.etag);
    } catch (error) {
      if (error instanceof ResourceNotFound || error instanceof FileExpected) return null;
      throw error;
    }
  }

  override write(path: string, source: WriteSource, options?: WriteOptions): Promise<Info> {
    return writeStaged(this, path, source, options, { final: true });
  }

  /** A file of more than one part that is staged as `final` is as good as published once `publish` began to fail: stage it anew. */
  override async stage(path: string, source: WriteSource, options: StageOptions = {}): Promise<StagedFile> {
    const prepare = async () => {
      checkStageOptions(options);
      const target = this.validatePath(path);
      options.signal?.throwIfAborted();
      return { target, ...(await this.#open()) };
    };
    const { target, stageFile, tree } = await beforeReading(source, prepare, options?.signal);
    const { partSize, keys: root } = this.#options;
    const site = {
      tree,
      root,
      partSize,
      validatePath: (where: string) => this.validatePath(where),
      getInfo: (where: string) => this.getInfo(where),
    };
    return stageFile(site, target, source, options);
  }

  override async remove(path: string): Promise<void> {
    const target = this.validatePath(path);
    const { bucket, serial, tree } = await this.#open();
    const key = this.#keys.key(target);
    await serial.run(key, async () => {
      await tree.needFile(target);
      await bucket.delete(key, { path: target });
    });
  }

  override async removeVersion(path: string, version: Info): Promise<boolean> {
    const target = this.validatePath(path);
    const { bucket, serial, tree } = await this.#open();
    const key = this.#keys.key(target);
    return serial.run(key, async () => {
      const object = await tree.head(target);
      if (object === null || !isSameVersion(infoOf(target, object), version)) return false;
      await bucket.delete(key, { path: target });
      return true;
    });
  }

  override async removeMany(
    paths: readonly string[],
    options: RemoveManyOptions = {},
  ): Promise<RemoveOutcome[]> {
    this.checkOpen();
    checkRemoveManyOptions(options);
    checkPaths(paths);
    const { removeFiles, tree } = await this.#open();
    return removeValid(
      paths,
      (path) => this.validatePath(path),
      (valid) => removeFiles(tree, valid, options.assumePresent === true),
    );
  }

  override async removeDir(path: string): Promise<void> {
    const target = this.validatePath(path);
    if (target === '') throw new RemoveRootError();
    const { removeDirectory, tree } = await this.#open();
    await removeDirectory(tree, target);
  }

  override async removeTree(path: string): Promise<void> {
    const target = this.validatePath(path);
    if (target !== '' && !(await this.getInfo(target)).isDir) throw new DirectoryExpected(target);
    const { removeBelow, tree } = await this.#open();
    await removeBelow(tree, target);
  }

  /** Times can't be set in S3, so this only looks whether something is there. */
  override async setInfo(path: string, changes: InfoChanges): Promise<void> {
    this.checkOpen();
    checkTimes(changes);
    await this.getInfo(path);
  }

  /** On the server, except for a small file that must not replace another: a copy can't promise that everywhere. */
  override async copy(source: string, destination: string, options: CopyOptions = {}): Promise<void> {
    const plan = this.#relocation(source, destination, options);
    const { copyTo, tree } = await this.#open();
    await copyTo(tree, plan);
  }

  /** A copy, then a removal: S3 has no other way, and a crash in between leaves both. */
  override async move(source: string, destination: string, options: CopyOptions = {}): Promise<void> {
    const plan = this.#relocation(source, destination, options);
    const { moveTo, serial, tree } = await this.#open();
    await moveTo(tree, serial, plan);
  }

  /** Deletes their markers, a thousand with a request: a directory that is not empty is there without. */
  override async removeEmptyDirs(paths: readonly string[]): Promise<void> {
    const targets = paths.map((path) => this.validatePath(path)).filter((path) => path !== '');
    const { removeMarkers, tree } = await this.#open();
    await removeMarkers(tree, targets);
  }

  /** By the hidden object `.mayfly/id` below the prefix. */
  override async identify({ create = false }: { create?: boolean } = {}): Promise<string> {
    this.checkOpen();
    const { bucket, identifyBucket } = await this.#open();
    return identifyBucket(bucket, this.#options.keys, create);
  }

  /** Aborts multipart uploads below the prefix that began before `before`, whoever began them. */
  override async sweepStaged(before: Date, options: SweepOptions = {}): Promise<number> {
    this.checkOpen();
    const { bucket, sweepBucket } = await this.#open();
    return sweepBucket(bucket, this.#options.keys, before, options);
  }

  /**
   * Look at how the bucket is set up: clock, lifecycle rules, public access, versioning, CORS. Changes nothing.
   * @throws OperationFailed or a subclass: the bucket is not there, or refuses
   */
  async examine(): Promise<BucketFinding[]> {
    this.checkOpen();
    const { bucket, examineBucket } = await this.#open();
    return examineBucket(bucket, this.#options.keys, Date.now);
  }

  override presigner(): Presigner {
    return {
      maxSeconds: MAX_PRESIGN_SECONDS,
      presign: async (path, options) => {
        const target = this.validatePath(path);
        const { presigner } = await this.#open();
        return presigner.presign(this.#keys.key(target), options, target);
      },
      presignPost: async (path, options) => {
        const target = this.validatePath(path);
        const { presigner } = await this.#open();
        return presigner.presignPost(this.#keys.key(target), options, target);
      },
    };
  }

  override openNamespace(namespace: string): Filesystem {
    this.checkOpen();
    checkNamespaceName(namespace);
    return new S3FS(this, namespace);
  }

  /** By endpoint, bucket and key: two filesystems over one bucket are seen to overlap. */
  override locate(path: string): Location {
    const target = this.validatePath(path);
    return {
      storage: storageOf(this.#options),
      path: this.#keys.directoryKey(target).replace(/\/$/, ''),
    };
  }

  override locateBytes(path: string): Location | null {
    return this.openRead === S3FS.prototype.openRead ? this.locate(path) : null;
  }

  /** On the server, from anywhere in the bucket. */
  override copierFrom({ storage, path: fromKey }: Location, path: string): Copier | null {
    if (storage !== storageOf(this.#options) || this.write !== S3FS.prototype.write) return null;
    const to = this.validatePath(path);
    return async ({ assumeClear = false } = {}) => {
      const { copyKeyTo, tree } = await this.#open();
      await copyKeyTo(tree, fromKey, to, assumeClear);
    };
  }

  override getMeta(): Meta {
    const { strict } = this.#options;
    return this.#parent === null && strict ? meta : implyingMeta;
  }

  override validatePath(path: string): string {
    const target = super.validatePath(path);
    this.#keys.check(target);
    return target;
  }

  override desc(path: string): string {
    return `s3://${this.#options.bucket}/${this.#keys.key(this.validatePath(path))}`;
  }

  /** Connections are closed with the filesystem that opened them; one of a namespace has none of its own. */
  override async close(): Promise<void> {
    await super.close();
    if (this.#parent === null) (await this.#engine?.catch(() => null))?.bucket.close();
  }

  override isClosed(): boolean {
    return super.isClosed() || this.#parent?.isClosed() === true;
  }

  protected override checkOpen(): void {
    super.checkOpen();
    this.#parent?.checkOpen();
  }

  /** Loads the SDK at the first call. A namespace works with the connections of its parent. */
  #open(): Promise<Engine> {
    this.#engine ??= this.#load().catch((error: unknown) => {
      this.#engine = null; // Such as for want of descriptors: the next call may succeed.
      throw error;
    });
    return this.#engine;
  }

  async #load(): Promise<Engine> {
    const { connect, ...engine } = await import('./engine.js');
    const { bucket, presigner, serial } =
      this.#parent === null ? connect(this.#options) : await this.#parent.#open();
    const strictness = { strict: this.#options.strict, impliesParents: this.#parent !== null };
    return {
      ...engine,
      bucket,
      presigner,
      serial,
      tree: new engine.ObjectTree(bucket, this.#keys, strictness),
    };
  }

  #relocation(source: string, destination: string, options: CopyOptions): RelocationPlan {
    checkCopyOptions(options);
    return {
      from: this.validatePath(source),
      to: this.validatePath(destination),
      overwrite: options.overwrite === true,
      smallBytes: this.#options.partSize,
    };
  }
}
