/**
 * Files as objects of a bucket, on Amazon's S3 and on servers that speak its
 * language. How paths become keys: `object-key.ts`.
 *
 * S3 has no transactions. A write is atomic, and a create-only write of one
 * part too; whether a directory is in the way is looked at right before.
 */
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import {
  DestinationExists,
  DirectoryExists,
  DirectoryExpected,
  DirectoryNotEmpty,
  FileExists,
  FileExpected,
  IllegalDestination,
  RemoveRootError,
  ResourceNotFound,
} from '../../errors/errors.js';
import type { Meta } from '../../fs/capabilities.js';
import { plainMeta } from '../../fs/capabilities.js';
import { checkRange } from '../../fs/derived/range.js';
import { abandonSource } from '../../fs/derived/source.js';
import { writeStaged } from '../../fs/derived/write-staged.js';
import type {
  InfoChanges,
  MakeDirOptions,
  PublishOptions,
  ReadOptions,
  StageOptions,
  WriteOptions,
  WriteSource,
} from '../../fs/essentials.js';
import type { CopyOptions } from '../../fs/filesystem.js';
import { Filesystem } from '../../fs/filesystem.js';
import type { Info } from '../../fs/info.js';
import type { Presigner } from '../../fs/presigner.js';
import type { RemoveManyOptions, RemoveOutcome, StagedFile } from '../../fs/staged-file.js';
import { DELETE_BATCH, wholeSeconds } from './bucket.js';
import { copyFile } from './copying.js';
import { listDirectory } from './listing.js';
import { WRITE_MARK, writeMark } from './metadata.js';
import { fileInfo, keptType, typeByName } from './object-info.js';
import { ObjectTree } from './object-tree.js';
import { MAX_PRESIGN_SECONDS } from './presign.js';
import { removeBelow, removeFiles } from './removal.js';
import { connect, type S3Connection, type S3FSOptions } from './s3-options.js';
import { type StagedObject, stageObject } from './staged-object.js';
import { identifyBucket } from './storage-identity.js';
import { PARKING, sweepBucket } from './sweep.js';

const meta: Meta = {
  ...plainMeta,
  network: true,
  contentType: true,
  removeBatch: DELETE_BATCH,
  removeTellsMissing: false,
  realDirectories: false,
};

/**
 * Files in an S3 bucket.
 * @example
 * const files = new S3FS({ bucket: 'my-bucket', prefix: 'uploads', region: 'eu-central-1' });
 * await files.writeText('hello.txt', 'hello');
 */
export class S3FS extends Filesystem {
  readonly #connection: S3Connection;
  readonly #tree: ObjectTree;
  /** Above a namespace, whose directories need not be made before files are written to them. */
  readonly #parent: S3FS | null;

  /** @throws InvalidOptions */
  constructor(options: S3FSOptions);
  /** @internal */
  constructor(parent: S3FS, namespace: string);
  constructor(options: S3FSOptions | S3FS, namespace = '') {
    super();
    if (options instanceof S3FS) {
      const { bucket, keys, strictness } = options.#tree;
      this.#parent = options;
      this.#connection = options.#connection;
      this.#tree = new ObjectTree(bucket, keys.below(namespace), { ...strictness, impliesParents: true });
    } else {
      this.#parent = null;
      this.#connection = connect(options);
      const { bucket, root, strict } = this.#connection;
      this.#tree = new ObjectTree(bucket, root, { strict, impliesParents: false });
    }
  }

  override async getInfo(path: string): Promise<Info> {
    const target = this.validatePath(path);
    const info = await this.#tree.find(target);
    if (info === null) throw new ResourceNotFound(target);
    return info;
  }

  override async *scanDir(path: string): AsyncIterable<Info> {
    const target = this.validatePath(path);
    const { bucket, keys } = this.#tree;
    if (keys.hides(target)) throw new ResourceNotFound(target);
    for await (const info of listDirectory(bucket, keys, target)) {
      yield info;
      this.checkOpen();
    }
  }

  /** Writes a marker, so that the directory is there while nothing is in it. */
  override async makeDir(path: string, { recreate = false }: MakeDirOptions = {}): Promise<void> {
    const target = this.validatePath(path);
    this.#tree.refuseHidden(target);
    if (target === '') {
      if (recreate) return;
      throw new DirectoryExists(target);
    }
    const [file, isDirectory] = await Promise.all([
      this.#tree.head(target),
      this.#tree.isDirectory(target),
      this.#tree.checkParent(target, false),
    ]);
    if (isDirectory && file === null && recreate) return;
    if (isDirectory || file !== null) throw new DirectoryExists(target);
    await this.#tree.putMarker(target, recreate);
  }

  override async openRead(path: string, options?: ReadOptions): Promise<Readable> {
    const target = this.validatePath(path);
    return (await this.#tree.open(target, checkRange(options))) as Readable;
  }

  /** One request, also when nothing is there. */
  override async isFile(path: string): Promise<boolean> {
    return (await this.#tree.head(this.validatePath(path))) !== null;
  }

  /** One request, which names the version. */
  override async openVersion(path: string, version: Info, options?: ReadOptions): Promise<Readable | null> {
    if (version.etag === undefined) return super.openVersion(path, version, options);
    const target = this.validatePath(path);
    try {
      return await this.#tree.open(target, checkRange(options), version.etag);
    } catch (error) {
      if (error instanceof ResourceNotFound || error instanceof FileExpected) return null;
      throw error;
    }
  }

  override write(path: string, source: WriteSource, options: WriteOptions = {}): Promise<Info> {
    return writeStaged(this, path, source, { ...options, final: true });
  }

  /** A file of more than one part that is staged as `final` is as good as published once `publish` began to fail: stage it anew. */
  override async stage(path: string, source: WriteSource, options: StageOptions = {}): Promise<StagedFile> {
    let target: string;
    try {
      target = this.validatePath(path);
      options.signal?.throwIfAborted();
    } catch (error) {
      abandonSource(source);
      throw error;
    }
    const { bucket, keys } = this.#tree;
    const { partSize, root } = this.#connection;
    const headers = { ContentType: options.contentType ?? typeByName(target), Metadata: writeMark() };
    const staged = await stageObject(bucket, source, {
      key: keys.key(target),
      path: target,
      final: options.final === true,
      hiddenKey: root.hiddenKey(PARKING + randomUUID()),
      partSize,
      headers,
      signal: options.signal,
    });
    const { [WRITE_MARK]: version } = headers.Metadata;
    const described = { ...keptType(target, headers.ContentType), version };
    return {
      size: staged.size,
      publish: (where, how) => this.#publish(staged, this.validatePath(where), described, how),
      discard: () => staged.discard(),
    };
  }

  override async remove(path: string): Promise<void> {
    const target = this.validatePath(path);
    const { bucket, keys } = this.#tree;
    const key = keys.key(target);
    await this.#connection.serial.run(key, async () => {
      await this.#tree.needFile(target);
      await bucket.delete(key, { path: target });
    });
  }

  override async removeMany(
    paths: readonly string[],
    { assumePresent = false }: RemoveManyOptions = {},
  ): Promise<RemoveOutcome[]> {
    this.checkOpen();
    const valid = paths.map((path) => this.#validated(path));
    const good = valid.filter((path) => typeof path === 'string');
    const outcomes = await removeFiles(this.#tree, good, assumePresent);
    return valid.map((path) => (typeof path === 'string' ? (outcomes.shift() as RemoveOutcome) : path));
  }

  override async removeDir(path: string): Promise<void> {
    const target = this.validatePath(path);
    if (target === '') throw new RemoveRootError();
    const { bucket, keys } = this.#tree;
    const marker = keys.directoryKey(target);
    const { objects } = await bucket.list({ prefix: marker, maxKeys: 2 }, { path: target });
    if (objects.length === 0 || keys.hides(target)) throw await this.#tree.noDirectory(target);
    if (objects.some(({ key }) => key !== marker)) throw new DirectoryNotEmpty(target);
    await bucket.delete(marker, { path: target });
  }

  override async removeTree(path: string): Promise<void> {
    const target = this.validatePath(path);
    if (target !== '' && !(await this.getInfo(target)).isDir) throw new DirectoryExpected(target);
    await removeBelow(this.#tree, target);
  }

  /** Times can't be set in S3, so this only looks whether something is there. */
  override async setInfo(path: string, _changes: InfoChanges): Promise<void> {
    await this.getInfo(path);
  }

  /** On the server, except for a small file that must not replace another: a copy can't promise that everywhere. */
  override async copy(source: string, destination: string, options: CopyOptions = {}): Promise<void> {
    const from = this.validatePath(source);
    const to = this.validatePath(destination);
    await this.#tree.checkDestination(to, options.overwrite === true);
    if (from === to) throw new IllegalDestination(to);
    await this.#copyFile(from, to, options);
  }

  /** A copy, then a removal: S3 has no other way, and a crash in between leaves both. */
  override async move(source: string, destination: string, options: CopyOptions = {}): Promise<void> {
    const from = this.validatePath(source);
    const to = this.validatePath(destination);
    await this.#tree.checkDestination(to, options.overwrite === true);
    if (from === to) {
      await this.#tree.needFile(from);
      return;
    }
    const { bucket, keys } = this.#tree;
    await this.#connection.serial.run(keys.key(from), async () => {
      await this.#copyFile(from, to, options);
      await bucket.delete(keys.key(from), { path: from });
    });
  }

  /** By the hidden object `.mayfly/id` below the prefix. */
  override async identify({ create = false }: { create?: boolean } = {}): Promise<string> {
    this.checkOpen();
    return identifyBucket(this.#tree.bucket, this.#connection.root, create);
  }

  /** Aborts multipart uploads below the prefix that began before `before`, whoever began them. */
  override async sweepStaged(before: Date): Promise<number> {
    this.checkOpen();
    return sweepBucket(this.#tree.bucket, this.#connection.root, before);
  }

  override presigner(): Presigner {
    return {
      maxSeconds: MAX_PRESIGN_SECONDS,
      presign: async (path, options) => {
        const target = this.validatePath(path);
        return this.#connection.presigner.presign(this.#tree.keys.key(target), options, target);
      },
    };
  }

  override openNamespace(namespace: string): Filesystem {
    return new S3FS(this, namespace);
  }

  override getMeta(): Meta {
    return meta;
  }

  override validatePath(path: string): string {
    const target = super.validatePath(path);
    this.#tree.keys.check(target);
    return target;
  }

  override desc(path: string): string {
    const { bucket, keys } = this.#tree;
    return `s3://${bucket.name}/${keys.key(this.validatePath(path))}`;
  }

  /** Connections are closed with the filesystem that opened them; one of a namespace has none of its own. */
  override async close(): Promise<void> {
    await super.close();
    if (this.#parent === null) this.#tree.bucket.close();
  }

  override isClosed(): boolean {
    return super.isClosed() || this.#parent?.isClosed() === true;
  }

  protected override checkOpen(): void {
    super.checkOpen();
    this.#parent?.checkOpen();
  }

  async #publish(
    staged: StagedObject,
    path: string,
    described: Pick<Info, 'contentType' | 'version'>,
    { overwrite = true }: PublishOptions = {},
  ): Promise<Info> {
    await this.#tree.checkPlace(path);
    const key = this.#tree.keys.key(path);
    const etag = await staged.publish({ key, path, createOnly: !overwrite });
    // For a file of several parts a look is cheap. The answer to a PUT has all but the time, which is about now.
    if (etag === undefined) return this.getInfo(path);
    const modified = wholeSeconds(new Date());
    return { ...fileInfo(path, { size: staged.size, modified, etag }), ...described };
  }

  async #copyFile(from: string, to: string, { overwrite }: CopyOptions): Promise<void> {
    const object = await this.#tree.needFile(from);
    await this.#tree.checkPlace(to);
    try {
      await copyFile(
        this.#tree,
        { from, object, to, createOnly: overwrite !== true },
        this.#connection.partSize,
      );
    } catch (error) {
      throw error instanceof FileExists ? new DestinationExists(to, { cause: error }) : error;
    }
  }

  #validated(path: string): string | RemoveOutcome {
    try {
      return this.validatePath(path);
    } catch (error) {
      return { path, result: 'failed', error: error as Error };
    }
  }
}
