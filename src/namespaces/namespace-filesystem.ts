/**
 * The filesystem of one namespace: the backend's files, with URLs and
 * deadlines. Missing parent directories are made by what writes.
 */
import type { Readable } from 'node:stream';
import type { Clock } from '../clock/clock.js';
import type { Moment } from '../clock/moment.js';
import {
  DirectoryExpected,
  DirectoryNotEmpty,
  FileExists,
  FileExpected,
  InvalidPath,
  ResourceNotFound,
  Unsupported,
} from '../errors/errors.js';
import type { FileKey } from '../expirations/expiration.js';
import type { FindOptions } from '../expirations/expiration-store.js';
import type { DeadlineFrom, Ledger } from '../expirations/ledger.js';
import { checkAmount, deadlineAfter } from '../expirations/lifetime.js';
import type { Meta } from '../fs/capabilities.js';
import { removeTree } from '../fs/derived/directories.js';
import { findInfo } from '../fs/derived/read.js';
import { abandonSource, isAtHand } from '../fs/derived/source.js';
import type {
  InfoChanges,
  MakeDirOptions,
  PublishOptions,
  ReadOptions,
  ScanDirOptions,
  StageOptions,
  WriteOptions,
  WriteSource,
} from '../fs/essentials.js';
import type { CopyOptions } from '../fs/filesystem.js';
import { Filesystem, SubFS } from '../fs/filesystem.js';
import type { Info } from '../fs/info.js';
import type { PresignedUrl, Presigner } from '../fs/presigner.js';
import type { FileVersion, Servable } from '../fs/servable.js';
import type { StagedFile } from '../fs/staged-file.js';
import { moveFile } from '../fs/transfer.js';
import type { Copier, CopyDirOptions, Location } from '../fs/transfer-options.js';
import type { ScanTreeOptions } from '../fs/tree-options.js';
import { checkMediaType } from '../path/media-type.js';
import { dirname, isWithin, joinPath } from '../path/parts.js';
import type { UrlSigning } from '../urls/signing-key.js';
import { fileUrl } from '../urls/url-root.js';
import { ownQuery } from './own-url.js';
import type { PresignedUrlOptions } from './presigned-url.js';
import { presignOptions } from './presigned-url.js';
import type { Storage } from './storage.js';
import type { UploadStorage, UploadUrl, UploadUrlOptions } from './upload-url.js';
import { checkUpload, presignedUpload, signedUploadUrl } from './upload-url.js';

/** How often a publish makes missing parents again: a purge may remove an empty one right after. */
const PARENT_TRIES = 8;
const PATHS_A_PAGE = 500;
/** Seconds that a presigned URL works when nobody said how long, as in django-pyfs. */
const DEFAULT_PRESIGN_SECONDS = 60;
/** A URL that was asked for by its life is the same for a tenth of it. */
const ASKED_WINDOWS = 10;

/** How long a file lives from the moment at which it is stored: the sum of both. Neither: the path keeps its deadline. */
export interface Lifetime {
  /** Seconds; a fraction of a millisecond is rounded up. */
  seconds?: number;
  /** Days of 24 hours. */
  days?: number;
}

/** Options of `NamespaceFS.write`. */
export interface NamespaceWriteOptions extends WriteOptions, Lifetime {}

/** How a staged file of a namespace is published. */
export interface NamespacePublishOptions extends PublishOptions, Lifetime {
  /** Called with what is at the path, while other writers of it that check are held off; throwing cancels the publish. */
  check?: (current: Info | null) => void;
  /** Aborting it before the file has its name makes the publish reject with the signal's reason. */
  signal?: AbortSignal;
}

/** A staged file that is published with a deadline. */
export interface NamespaceStagedFile extends StagedFile {
  publish(path: string, options?: NamespacePublishOptions): Promise<Info>;
}

/** Options of `getUrl`. */
export interface UrlOptions {
  /** Seconds until the URL stops working, where URLs are signed; default 0, see `getUrl`. */
  timeout?: number;
  /** Ask the browser to save the file, under this name if one is given. */
  download?: boolean | string;
  /** Media type to serve the file as. */
  contentType?: string;
}

/** What is to be served at a path, if anything is, and its deadline. */
export interface LookedUpFile {
  /** Null: no file is there. */
  readonly version: FileVersion | null;
  /** In ms since the epoch; null for none. */
  readonly deadline: number | null;
}

/** A file to be served. */
export interface ServedFile extends LookedUpFile {
  readonly version: FileVersion;
}

/** What all namespaces of one mayfly share. */
export interface NamespaceHost {
  readonly storage: Storage;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Trimmed URL base; null where files have no URLs but those of the storage. */
  readonly urlRoot: string | null;
  /** How URLs of our own are signed; null: they are not. */
  readonly urls: UrlSigning | null;
  /** Paths with rows below a directory; see `ExpirationStore.findBelow`. */
  findBelow(namespace: string, directory: string, after: string, limit: number): Promise<string[]>;
}

/** The filesystem of a namespace, with URLs and deadlines; `mayfly.getFilesystem` gives it. */
export class NamespaceFS extends Filesystem {
  /** Name of the namespace. */
  readonly namespace: string;
  readonly #host: NamespaceHost;
  readonly #files: Filesystem;
  /** Directory of the namespace that this is, for `openDir`; the root is ''. */
  readonly #base: string;
  readonly #servable: Servable | null;
  /** Closing it closes this one. */
  #opener: NamespaceFS | null = null;

  constructor(host: NamespaceHost, namespace: string, files = host.storage.open(namespace), base = '') {
    super();
    this.#host = host;
    this.namespace = namespace;
    this.#files = files;
    this.#base = base;
    this.#servable = files.servable();
  }

  /**
   * The URL by which the file is served. Nothing is looked up: for a file that
   * does not exist it answers 404.
   *
   * With `urls.secrets` a `timeout` signs the URL: it is refused once that is
   * over, or when anything in it was changed. On S3 a `timeout` gives a URL
   * that S3 answers. Its signing time is rounded down a little, so that the
   * URL repeats and can be cached: it has at least nine tenths of its life
   * left. Either ends with the file's deadline, if that is known and comes
   * first.
   *
   * @param timeout seconds until the URL stops working, rounded up; default 0, which is for ever. Ignored where URLs
   *   are not signed; on S3 at most 604 800, and without a `urlRoot` 60 by default
   * @returns with a timeout the URL is a secret: never log it
   * @throws RangeError `timeout` is negative, not finite, or over the limit
   * @throws TypeError `contentType` is no media type
   * @throws Unsupported `contentType` where URLs are not signed
   * @throws InvalidPath, IllegalBackReference, FilesystemClosed; PermissionDenied: no credentials to sign with
   * @example await charts.getUrl('weekly.png', 60)
   */
  async getUrl(path: string, timeout: number | UrlOptions = 0): Promise<string> {
    const options = typeof timeout === 'object' && timeout !== null ? timeout : { timeout };
    return this.#urlOf(path, options, () => this.getExpiration(path));
  }

  /** As `getUrl`, for who knows the file's deadline already and so spares the question. */
  async getUrlUntil(path: string, deadline: Date | null, options: UrlOptions = {}): Promise<string> {
    return this.#urlOf(path, options, async () => deadline);
  }

  /**
   * A URL by which its holder, a browser say, may send one file straight to
   * where it is stored; see `UploadUrl` for how. Served by the router it is
   * held to all that the router holds uploads to, and `authorize` is not
   * asked. On S3 the bytes go to S3.
   *
   * With `seconds` or `days` the deadline is counted from now, not from the
   * upload, and the URL ends with it. On S3 it is recorded now, so that what
   * arrives unseen goes as well: with `onConflict: 'replace'` it is then the
   * deadline of the file that is there.
   *
   * @param path of the file; or of a directory, with a slash at its end (or '' for the root): then the client
   *   names the file, on S3 nobody does
   * @throws Unsupported: URLs are not signed (set `urls.secrets`), or S3 can't hold an upload to `accept`
   * @throws FileExists, FileExpected: on S3, with what is there now
   * @throws TypeError, RangeError, InvalidPath, IllegalBackReference, FilesystemClosed
   * @example const { url, fields } = await photos.getUploadUrl('inbox/', { maxBytes: 5e6, accept: ['image/*'] })
   */
  async getUploadUrl(path: string, options: UploadUrlOptions = {}): Promise<UploadUrl> {
    const { clock, urls, urlRoot, ledger, storage } = this.#host;
    const local = this.validatePath(path);
    const isDirectory = local === '' || path.endsWith('/');
    const upload = checkUpload(options, clock());
    const presigner = this.#files.presigner();
    if (presigner === null) {
      const made = signedUploadUrl(urls, urlRoot, { ...this.#key(local), isDirectory }, upload, clock());
      return made.path === null ? made : { ...made, path: local };
    }
    await storage.bound();
    const taker: UploadStorage = {
      presigner,
      clock,
      findInfo: (target) => findInfo(this, target),
      getExpiration: (target) => this.getExpiration(target),
      expireAt: async (target, deadline) =>
        ledger.expire(this.#key(target), deadline.getTime(), await this.#isSeen(target)),
    };
    return presignedUpload(taker, { namespace: this.namespace, path: local, isDirectory }, upload);
  }

  /** The URL of a file or directory without a signature or anything else; on S3 of the router too. */
  getPlainUrl(path: string): string {
    return fileUrl(this.#host.urlRoot ?? '', this.namespace, this.#key(path).path);
  }

  async #urlOf(
    path: string,
    { timeout: seconds = 0, download, contentType }: UrlOptions,
    deadlineOf: () => Promise<Date | null>,
  ): Promise<string> {
    checkAmount('timeout', seconds);
    if (contentType !== undefined) checkMediaType(contentType);
    const presigner = this.#files.presigner();
    if (presigner !== null && seconds > presigner.maxSeconds) {
      throw new RangeError(`timeout must be at most ${presigner.maxSeconds} seconds, not ${seconds}`);
    }
    if (presigner !== null && (seconds > 0 || this.#host.urlRoot === null || contentType !== undefined)) {
      const expiresIn = Math.ceil(seconds) || DEFAULT_PRESIGN_SECONDS;
      const how = { expiresIn, window: expiresIn / ASKED_WINDOWS, download, contentType };
      return (await presigner.presign(path, presignOptions(path, how, await deadlineOf(), this.#host.clock)))
        .url;
    }
    const asked = { timeout: seconds, download, contentType };
    const query = await ownQuery(this.#host, this.#key(path), asked, deadlineOf);
    return this.getPlainUrl(path) + (query === '' ? '' : `?${query}`);
  }

  /** Whether the storage answers URLs of its own, see `presign`. */
  get presigns(): boolean {
    return this.#files.presigner() !== null;
  }

  /**
   * A URL that the storage itself answers, for whoever hands out such URLs by a rule of his own.
   * @throws Unsupported the storage has none; else as `getUrl`
   */
  async presign(path: string, options: PresignedUrlOptions): Promise<PresignedUrl> {
    const presigner = this.#files.presigner();
    if (presigner === null) throw new Unsupported(path);
    return this.#presign(presigner, path, options);
  }

  async #presign(presigner: Presigner, path: string, options: PresignedUrlOptions): Promise<PresignedUrl> {
    const deadline = options.deadline === undefined ? await this.getExpiration(path) : options.deadline;
    return presigner.presign(path, presignOptions(path, options, deadline, this.#host.clock));
  }

  /**
   * Set when the file is removed: in `seconds` plus `days`, counted from now.
   * The file need not exist yet.
   *
   * @param days of 24 hours; default 0
   * @param expires default true; false means never, and takes away a deadline that was set
   * @returns the deadline; null for `expires = false`
   * @throws TypeError, RangeError a number is negative or not finite
   * @throws InvalidPath the path is the root
   */
  async expire(path: string, seconds: number, days = 0, expires = true): Promise<Date | null> {
    if (typeof expires !== 'boolean') throw new TypeError(`expires must be a boolean, not ${typeof expires}`);
    const key = this.#key(path);
    if (key.path === '')
      throw new InvalidPath('', { message: 'a namespace can not expire: name a file in it' });
    const deadline = deadlineAfter(this.#host.clock(), seconds, days);
    await this.#host.storage.bound();
    const seen = expires && (await this.#isSeen(path));
    await this.#host.ledger.expire(key, expires ? deadline : null, seen);
    return expires ? new Date(deadline) : null;
  }

  /** When the file expires; null for never. A deadline that has passed is told until the file is purged. */
  async getExpiration(path: string): Promise<Date | null> {
    return (await this.getExpirations([path]))[0] ?? null;
  }

  /**
   * As `getExpiration`, for many files at once, in their order.
   * @param options `recent: true` spares a question to a database over the network: what another
   *   instance has changed within the last second may be missed then, what this one has never
   */
  async getExpirations(paths: readonly string[], options?: FindOptions): Promise<(Date | null)[]> {
    const keys = paths.map((path) => this.#key(path));
    await this.#host.storage.bound();
    const deadlines = await this.#host.ledger.deadlines(keys, options);
    return deadlines.map((deadline) => (deadline === null ? null : new Date(deadline)));
  }

  /**
   * As `Filesystem.write`, and with `seconds` or `days` the file and its
   * deadline together: no crash leaves one without the other.
   */
  override async write(
    path: string,
    source: WriteSource,
    options: NamespaceWriteOptions = {},
  ): Promise<Info> {
    const { overwrite, assumeClear, seconds, days, ...stageOptions } = options;
    const staging = this.#stage(path, source, { ...stageOptions, final: true }, { seconds, days });
    // What is here already is staged while the path is being claimed; for what is still to come nobody is held off.
    if (isAtHand(source)) staging.catch(() => {});
    else await staging;
    try {
      const { signal } = stageOptions;
      const how = definedOnly({ overwrite, assumeClear, seconds, days, signal });
      return await this.#publish(staging, path, how);
    } catch (error) {
      // The first error is the one to tell; what can't be discarded is swept by a purge.
      await staging.then((staged) => staged.discard()).catch(() => {});
      throw error;
    }
  }

  override async stage(
    path: string,
    source: WriteSource,
    options: StageOptions = {},
  ): Promise<NamespaceStagedFile> {
    const staged = await this.#stage(path, source, options, {});
    return {
      size: staged.size,
      ...(staged.synced && { synced: staged.synced }),
      publish: (target, how = {}) => this.#publish(Promise.resolve(staged), target, how),
      discard: () => staged.discard(),
    };
  }

  /** @returns the backend's own staged file, which knows nothing of deadlines */
  async #stage(
    path: string,
    source: WriteSource,
    options: StageOptions,
    lifetime: Lifetime,
  ): Promise<StagedFile> {
    try {
      this.validatePath(path);
      deadlineFromLifetime(lifetime);
      await this.#host.storage.bound();
    } catch (error) {
      abandonSource(source, options.signal?.reason);
      throw error;
    }
    return this.#files.stage(path, source, options);
  }

  override async getInfo(path: string): Promise<Info> {
    const target = this.validatePath(path);
    await this.#host.storage.bound();
    const info = await findInfo(this.#files, target);
    if (info !== null) return info;
    await this.#host.storage.checkPresent();
    if (target === '') return { name: '', path: '', isDir: true, size: 0, modified: new Date(0) };
    throw new ResourceNotFound(target);
  }

  override async *scanDir(path: string, options?: ScanDirOptions): AsyncIterable<Info> {
    if (await this.#isStored(path)) yield* this.#files.scanDir(path, options);
  }

  override async *scanTree(path: string, options?: ScanTreeOptions): AsyncIterable<Info> {
    let stored: boolean;
    try {
      stored = await this.#isStored(path);
    } catch (error) {
      if (options?.tolerate?.(this.validatePath(path), error) === true) return;
      throw error;
    }
    if (stored) yield* this.#files.scanTree(path, options);
  }

  override async listDir(path: string): Promise<string[]> {
    return (await this.#isStored(path)) ? this.#files.listDir(path) : [];
  }

  override async makeDir(path: string, options?: MakeDirOptions): Promise<void> {
    const target = this.validatePath(path);
    await this.#host.storage.bound();
    if (target !== '' && dirname(target) === '') await this.#makeDirectory('');
    await this.#files.makeDir(target, options);
  }

  override async openRead(path: string, options?: ReadOptions): Promise<Readable> {
    this.validatePath(path);
    await this.#host.storage.bound();
    return this.#ifPresent(() => this.#files.openRead(path, options));
  }

  override async openVersion(path: string, version: Info, options?: ReadOptions): Promise<Readable | null> {
    this.validatePath(path);
    await this.#host.storage.bound();
    return this.#files.openVersion(path, version, options);
  }

  /**
   * A file and its deadline, for who serves it and can be told without waiting.
   * @param path canonical
   * @param moment what lies on the way is looked at once in each
   * @returns null when that can't be told at once, which says nothing of the file
   */
  servedNow(path: string, moment?: Moment): ServedFile | null {
    const { storage, ledger } = this.#host;
    if (!storage.isBound || this.#servable === null) return null;
    const version = this.#servable.atHand(path, moment);
    if (version === null) return null;
    const key = { namespace: this.namespace, path: joinPath(this.#base, path) };
    const deadline = ledger.deadlineNow(key, moment);
    return deadline === undefined ? null : { version, deadline };
  }

  /** As `getExpiration` with `recent`, when it can be told without waiting; else undefined. @param path canonical */
  expirationNow(path: string, moment?: Moment): Date | null | undefined {
    if (!this.#host.storage.isBound) return undefined;
    const key = { namespace: this.namespace, path: joinPath(this.#base, path) };
    const deadline = this.#host.ledger.deadlineNow(key, moment);
    return typeof deadline === 'number' ? new Date(deadline) : deadline;
  }

  /**
   * A file and its deadline, for who serves it and closes the version. What another
   * instance has changed on PostgreSQL may be missed for a second.
   *
   * @throws OperationFailed or a subclass: storage or store do not answer
   */
  async served(path: string): Promise<LookedUpFile> {
    const key = this.#key(path);
    await this.#host.storage.bound();
    const version = await this.#openServed(this.validatePath(path));
    try {
      const [deadline = null] = await this.#host.ledger.deadlines([key], { recent: true });
      if (version !== null || deadline === null) return { version, deadline };
      const isDir = (await findInfo(this.#files, path))?.isDir === true;
      return { version, deadline: isDir ? null : deadline }; // A directory does not expire.
    } catch (error) {
      version?.file?.close();
      throw error;
    }
  }

  async #openServed(path: string): Promise<FileVersion | null> {
    if (this.#servable !== null) {
      const version = await this.#servable.open(path);
      if (version === null) await this.#host.storage.checkPresent();
      return version;
    }
    try {
      const info = await this.getInfo(path);
      return info.isDir ? null : { info, bytes: null, file: null };
    } catch (error) {
      if (error instanceof ResourceNotFound || error instanceof DirectoryExpected) return null;
      throw error;
    }
  }

  override presigner(): Presigner | null {
    this.checkOpen();
    return this.#files.presigner();
  }

  /** Remove a file and its deadline, which goes also when there is no file. @throws ResourceNotFound, FileExpected */
  override async remove(path: string): Promise<void> {
    const key = this.#key(path);
    await this.#host.storage.bound();
    await this.#host.ledger.remove(key, () => this.#ifPresent(() => this.#files.remove(path)));
  }

  override async removeDir(path: string): Promise<void> {
    this.validatePath(path);
    await this.#host.storage.bound();
    await this.#files.removeDir(path);
  }

  /** Remove a directory with all in it, and the deadlines of paths below it that have no file. */
  override async removeTree(path: string): Promise<void> {
    const target = this.validatePath(path);
    await this.#host.storage.bound();
    await this.#removeFilesBelow(target);
    const { namespace } = this;
    const directory = joinPath(this.#base, target);
    for (let after = ''; ; ) {
      const paths = await this.#host.findBelow(namespace, directory, after, PATHS_A_PAGE);
      for (const below of paths) await this.#forgetMissing({ namespace, path: below });
      const last = paths.at(-1);
      if (last === undefined) return;
      after = last;
    }
  }

  override async setInfo(path: string, changes: InfoChanges): Promise<void> {
    const key = this.#key(path);
    await this.#host.storage.bound();
    await this.#host.ledger.alone(key, () => this.#files.setInfo(path, changes));
  }

  /** Copy a file. The copy has no deadline of the source's: its path keeps the one it has. */
  override async copy(source: string, destination: string, options?: CopyOptions): Promise<void> {
    const to = this.#key(destination);
    await this.#host.storage.bound();
    await this.#withParents(destination, source, () =>
      this.#host.ledger.publish(to, null, () => this.#files.copy(source, destination, options)),
    );
  }

  /** Move a file with its deadline; the destination has none when the source had none. */
  override async move(source: string, destination: string, options?: CopyOptions): Promise<void> {
    const from = this.#key(source);
    const to = this.#key(destination);
    await this.#host.storage.bound();
    const move = (): Promise<void> => this.#files.move(source, destination, options);
    if (from.path === to.path) return move();
    await this.#withParents(destination, source, () => this.#host.ledger.move(from, to, move));
  }

  /** Copy a directory. The copies have no deadlines of the source's. With `create` missing parents are made too. */
  override async copyDir(source: string, destination: string, options?: CopyDirOptions): Promise<void> {
    await this.#makeDestination(source, destination, options);
    await super.copyDir(source, destination, options);
  }

  /** Move a directory, each file with its deadline. With `create` missing parents are made too. */
  override async moveDir(source: string, destination: string, options?: CopyDirOptions): Promise<void> {
    await this.#makeDestination(source, destination, options);
    await super.moveDir(source, destination, options);
  }

  /** As a write without a deadline of its own: the path keeps the one it has. */
  override copierFrom(source: Location, path: string): Copier | null {
    const to = this.#key(path);
    const copier = this.#files.copierFrom(source, path);
    if (copier === null) return null;
    return async (options) => {
      await this.#host.storage.bound();
      await this.#withParents(path, null, () => this.#host.ledger.publish(to, null, () => copier(options)));
    };
  }

  override locateBytes(path: string): Location | null {
    return this.#files.locateBytes(this.validatePath(path));
  }

  /** To a filesystem of the same mayfly a file moves with its deadline, none included. */
  override async moveInto(
    destination: Filesystem,
    path: string,
    destinationPath: string,
    options?: CopyOptions,
  ): Promise<boolean> {
    if (!(destination instanceof NamespaceFS) || destination.#host !== this.#host) return false;
    const [from, to] = [this.#key(path), destination.#key(destinationPath)];
    await this.getInfo(path);
    const { storage, ledger } = this.#host;
    const [source, target] = [storage.open(from.namespace), storage.open(to.namespace)];
    const move = async (): Promise<void> => {
      if (source === target) await source.move(from.path, to.path, { overwrite: true, ...options });
      else
        await moveFile(
          source,
          from.path,
          target,
          to.path,
          definedOnly({ preserveTime: options?.preserveTime }),
        );
    };
    await destination.#withParents(destinationPath, null, () => ledger.move(from, to, move));
    return true;
  }

  override locate(path: string): Location {
    return this.#files.locate(this.validatePath(path));
  }

  /** The directory as a filesystem with URLs and deadlines; closing this one closes it. @throws ResourceNotFound, DirectoryExpected */
  override async openDir(path: string): Promise<NamespaceFS> {
    const target = this.validatePath(path);
    if (!(await this.getInfo(target)).isDir) throw new DirectoryExpected(target);
    const opened = new NamespaceFS(
      this.#host,
      this.namespace,
      target === '' ? this.#files : new SubFS(this.#files, target),
      joinPath(this.#base, target),
    );
    opened.#opener = this;
    return opened;
  }

  override async isLink(path: string): Promise<boolean> {
    this.validatePath(path);
    await this.#host.storage.bound();
    return this.#files.isLink(path);
  }

  override getMeta(): Meta {
    return { ...this.#files.getMeta(), makesParents: true };
  }

  override getSysPath(path: string): string {
    this.checkOpen();
    return this.#files.getSysPath(path);
  }

  override validatePath(path: string): string {
    this.checkOpen();
    return this.#files.validatePath(path);
  }

  override desc(path: string): string {
    return `${this.#key(path).path || '/'} in namespace ${this.namespace}`;
  }

  override isClosed(): boolean {
    return super.isClosed() || this.#host.storage.closed || this.#opener?.isClosed() === true;
  }

  protected override checkOpen(): void {
    super.checkOpen();
    this.#host.storage.checkOpen();
  }

  #key(path: string): FileKey {
    return { namespace: this.namespace, path: joinPath(this.#base, this.validatePath(path)) };
  }

  /** Whether a file is there, where a purge wants to know it beforehand. */
  async #isSeen(path: string): Promise<boolean> {
    if (this.getMeta().removeTellsMissing) return true;
    return this.#files.isFile(path);
  }

  /** A namespace is a directory from the first: false before anything was written to it. @throws ResourceNotFound */
  async #isStored(path: string): Promise<boolean> {
    const target = this.validatePath(path);
    await this.#host.storage.bound();
    if ((await findInfo(this.#files, target)) !== null) return true;
    await this.getInfo(target);
    return false;
  }

  async #makeDestination(source: string, destination: string, options: CopyDirOptions = {}): Promise<void> {
    const [from, to] = [this.validatePath(source), this.validatePath(destination)];
    if (options.create !== true || isWithin(from, to) || !(await this.getInfo(from)).isDir) return;
    await this.#makeDirectory(dirname(to));
  }

  async #publish(
    staging: Promise<StagedFile>,
    path: string,
    options: NamespacePublishOptions,
  ): Promise<Info> {
    const { overwrite, assumeClear, check, seconds, days, signal } = options;
    const key = this.#key(path);
    if (key.path === '') throw new FileExpected('');
    const deadlineFrom = deadlineFromLifetime({ seconds, days });
    await this.#host.storage.bound();
    // Looked at first, so that no intent is noted for a write that is refused; but not
    // over a network, where the look costs as much as the refusal that settles the intent.
    const lookFirst = overwrite === false && !this.getMeta().network;
    const there = lookFirst ? await findInfo(this.#files, path) : null;
    if (there !== null) throw there.isDir ? new FileExpected(there.path) : new FileExists(there.path);
    const publish = async (): Promise<Info> => {
      const staged = await staging;
      if (check !== undefined) check(await findInfo(this.#files, path));
      signal?.throwIfAborted();
      return staged.publish(path, definedOnly({ overwrite, assumeClear }));
    };
    return this.#withParents(path, null, () =>
      this.#host.ledger.publish(key, deadlineFrom, publish, staging),
    );
  }

  /**
   * Run `work`, which writes at `destination`, and make its parents when they
   * are missing. A missing `source` is no reason to.
   */
  async #withParents<T>(destination: string, source: string | null, work: () => Promise<T>): Promise<T> {
    const parent = dirname(this.validatePath(destination));
    for (let tries = 1; ; tries++) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof ResourceNotFound) || tries === PARENT_TRIES) throw error;
        if (source !== null && (await findInfo(this.#files, source)) === null) {
          await this.#host.storage.checkPresent();
          throw error;
        }
      }
      await this.#makeDirectory(parent);
    }
  }

  /** Make a directory and all above it, from the namespace's own on: a purge may have taken what was empty. */
  async #makeDirectory(path: string): Promise<void> {
    const files = this.#host.storage.open(this.namespace);
    await files.makeDir('', { recreate: true });
    const below = joinPath(this.#base, path);
    if (below !== '') await files.makeDirs(below, { recreate: true });
  }

  /** File by file, for their deadlines; then what is left and can't be seen from here, such as links that lead out. */
  async #removeFilesBelow(target: string): Promise<void> {
    if (target === '' && (await findInfo(this.#files, target)) === null) return;
    try {
      await removeTree(this, target);
    } catch (error) {
      if (!(error instanceof DirectoryNotEmpty)) throw error;
      await this.#files.removeTree(target);
    }
  }

  #forgetMissing(key: FileKey): Promise<void> {
    const files = this.#host.storage.open(this.namespace);
    return this.#host.ledger.forgetIf(key, async () => {
      if ((await findInfo(files, key.path)) !== null) return false;
      await this.#host.storage.checkPresent();
      return true;
    });
  }

  /** "Not found" is believed only of a storage that is there. */
  async #ifPresent<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ResourceNotFound) await this.#host.storage.checkPresent();
      throw error;
    }
  }
}

function deadlineFromLifetime({ seconds, days }: Lifetime): DeadlineFrom | null {
  if (seconds === undefined && days === undefined) return null;
  checkAmount('seconds', seconds ?? 0);
  checkAmount('days', days ?? 0);
  return (now) => deadlineAfter(now, seconds ?? 0, days ?? 0);
}

function definedOnly<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}
