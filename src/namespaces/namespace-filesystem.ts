/**
 * The filesystem of one namespace: the backend's files, with URLs and
 * deadlines. Missing parent directories are made by what writes.
 *
 * What takes some doing stands beside it, by topic: `urls`, `deadlines`,
 * `publishing`, `relocation`, `tree-removal`, `serving`. They share a `scope`.
 */
import type { Buffer } from 'node:buffer';
import type { Readable } from 'node:stream';
import type { Moment } from '../clock/moment.js';
import { DirectoryExpected, ResourceNotFound } from '../errors/errors.js';
import type { FindOptions } from '../expirations/expiration-store.js';
import type { Meta } from '../fs/capabilities.js';
import { checkMakeDirOptions, checkScanTreeOptions } from '../fs/derived/option-types.js';
import { checkTimes } from '../fs/derived/times.js';
import { isSameVersion } from '../fs/derived/versions.js';
import type {
  InfoChanges,
  MakeDirOptions,
  ReadOptions,
  ScanDirOptions,
  StageOptions,
  WriteSource,
} from '../fs/essentials.js';
import type { CopyOptions } from '../fs/filesystem.js';
import { Filesystem, SubFS } from '../fs/filesystem.js';
import type { Info } from '../fs/info.js';
import { markOpenedDirectory } from '../fs/opened-directories.js';
import type { PresignedUrl, Presigner } from '../fs/presigner.js';
import type { Copier, CopyDirOptions, Location } from '../fs/transfer-options.js';
import type { ScanTreeOptions } from '../fs/tree-options.js';
import { dirname, joinPath } from '../path/parts.js';
import { Deadlines } from './deadlines.js';
import type {
  NamespaceStagedFile,
  NamespaceWriteOptions,
  PathCheck,
  UrlOptions,
} from './namespace-options.js';
import { checkPathCheck } from './option-types.js';
import { ParentDirectories } from './parent-directories.js';
import type { PresignedUrlOptions } from './presigned-url.js';
import { Publishing } from './publishing.js';
import { Relocation } from './relocation.js';
import type { NamespaceHost } from './scope.js';
import { NamespaceScope } from './scope.js';
import type { LookedUpFile, ServedFile } from './serving.js';
import { Serving } from './serving.js';
import { removeWithDeadlines } from './tree-removal.js';
import type { UploadUrl, UploadUrlOptions } from './upload-url.js';
import { Urls } from './urls.js';

export type { LookedUpFile, ServedFile } from './serving.js';

/** No `ResourceNotFound`, after which the path's deadline would be forgotten. */
class VersionGone extends Error {}

/** The filesystem of a namespace, with URLs and deadlines; `mayfly.getFilesystem` gives it. */
export class NamespaceFS extends Filesystem {
  /** Name of the namespace. */
  readonly namespace: string;
  readonly #host: NamespaceHost;
  readonly #files: Filesystem;
  readonly #scope: NamespaceScope;
  readonly #deadlines: Deadlines;
  readonly #urls: Urls;
  readonly #serving: Serving;
  readonly #parents: ParentDirectories;
  readonly #publishing: Publishing;
  readonly #relocation: Relocation;
  /** Closing it closes this one. */
  #opener: NamespaceFS | null = null;

  constructor(host: NamespaceHost, namespace: string, files = host.storage.open(namespace), base = '') {
    super();
    this.namespace = namespace;
    this.#host = host;
    this.#files = files;
    this.#scope = new NamespaceScope({ host, namespace, files, base }, (path) => this.validatePath(path));
    this.#deadlines = new Deadlines(this.#scope);
    this.#urls = new Urls(this.#scope, this.#deadlines);
    this.#serving = new Serving(this.#scope);
    this.#parents = new ParentDirectories(this.#scope);
    this.#publishing = new Publishing(this.#scope, this.#parents);
    this.#relocation = new Relocation(this.#scope, this.#parents);
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
   * @throws TypeError `contentType` is no media type, or an option is of the wrong type
   * @throws Unsupported `contentType` where URLs are not signed
   * @throws InvalidPath, IllegalBackReference, FilesystemClosed; PermissionDenied: no credentials to sign with
   * @example await charts.getUrl('weekly.png', 60)
   */
  async getUrl(path: string, timeout: number | UrlOptions = 0): Promise<string> {
    const options = typeof timeout === 'object' && timeout !== null ? timeout : { timeout };
    return this.#urls.urlOf(path, options, () => this.getExpiration(path));
  }

  /** As `getUrl`, for who knows the file's deadline already and so spares the question. */
  async getUrlUntil(path: string, deadline: Date | null, options: UrlOptions = {}): Promise<string> {
    if (deadline !== null && !(deadline instanceof Date))
      throw new TypeError('deadline must be a Date or null');
    return this.#urls.urlOf(path, options, async () => deadline);
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
  getUploadUrl(path: string, options: UploadUrlOptions = {}): Promise<UploadUrl> {
    return this.#urls.uploadUrl(path, options);
  }

  /** The URL of a file or directory without a signature or anything else; on S3 of the router too. */
  getPlainUrl(path: string): string {
    return this.#urls.plain(path);
  }

  /** Whether the storage answers URLs of its own, see `presign`. */
  get presigns(): boolean {
    return this.#files.presigner() !== null;
  }

  /**
   * A URL that the storage itself answers, for whoever hands out such URLs by a rule of his own.
   * @throws Unsupported the storage has none; else as `getUrl`
   */
  presign(path: string, options: PresignedUrlOptions): Promise<PresignedUrl> {
    return this.#urls.presign(path, options);
  }

  /**
   * Set when the file is removed: in `seconds` plus `days`, counted from now.
   * The file need not exist yet.
   *
   * @param days of 24 hours; default 0
   * @param expires default true; false means never, and takes away a deadline that was set
   * @param options `check` may refuse what is there
   * @returns the deadline; null for `expires = false`
   * @throws TypeError, RangeError a number is negative or not finite
   * @throws InvalidPath the path is the root
   */
  expire(
    path: string,
    seconds: number,
    days = 0,
    expires = true,
    options: PathCheck = {},
  ): Promise<Date | null> {
    return this.#deadlines.expire(path, { seconds, days, expires }, options);
  }

  /** When the file expires; null for never. A deadline that has passed is told until the file is purged. */
  getExpiration(path: string): Promise<Date | null> {
    return this.#deadlines.findOne(path);
  }

  /**
   * As `getExpiration`, for many files at once, in their order.
   * @param options `recent: true` spares a question to a database over the network: what another
   *   instance has changed within the last second may be missed then, what this one has never
   */
  getExpirations(paths: readonly string[], options?: FindOptions): Promise<(Date | null)[]> {
    return this.#deadlines.find(paths, options);
  }

  /**
   * As `Filesystem.write`, and with `seconds` or `days` the file and its
   * deadline together: no crash leaves one without the other.
   */
  override write(path: string, source: WriteSource, options: NamespaceWriteOptions = {}): Promise<Info> {
    return this.#publishing.write(path, source, options);
  }

  override writeBytes(path: string, bytes: Uint8Array, options?: NamespaceWriteOptions): Promise<Info> {
    return super.writeBytes(path, bytes, options);
  }

  override writeText(path: string, text: string, options?: NamespaceWriteOptions): Promise<Info> {
    return super.writeText(path, text, options);
  }

  override upload(path: string, readable: Readable, options?: NamespaceWriteOptions): Promise<Info> {
    return super.upload(path, readable, options);
  }

  override stage(
    path: string,
    source: WriteSource,
    options: StageOptions = {},
  ): Promise<NamespaceStagedFile> {
    return this.#publishing.stage(path, source, options);
  }

  /**
   * As `stage`, of a small file that stays in memory until it is published, or its `synced` is asked for: what stands
   * against it may show only then.
   * @param bytes not to be changed any more
   * @returns null where nothing could be won by it
   */
  hold(path: string, bytes: Buffer, options: StageOptions = {}): NamespaceStagedFile | null {
    return this.#publishing.hold(path, bytes, options);
  }

  /**
   * Store a small file where there is none and no deadline either, all at once when the event loop turns, together with
   * all others who ask for that.
   * @param bytes not to be changed until it has resolved
   * @returns null when that can't be, whatever the reason: nothing was done, and `write` does it or tells why not
   * @throws InvalidPath, IllegalBackReference, FileExpected, FilesystemClosed
   */
  createSoon(path: string, bytes: Uint8Array): Promise<Info | null> {
    return this.#publishing.createSoon(path, bytes);
  }

  override getInfo(path: string): Promise<Info> {
    return this.#scope.getInfo(path);
  }

  override async *scanDir(path: string, options?: ScanDirOptions): AsyncIterable<Info> {
    if (await this.#scope.isStored(path)) yield* this.#files.scanDir(path, options);
  }

  override async *scanTree(path: string, options?: ScanTreeOptions): AsyncIterable<Info> {
    checkScanTreeOptions(options);
    let stored: boolean;
    try {
      stored = await this.#scope.isStored(path);
    } catch (error) {
      if (options?.tolerate?.(this.validatePath(path), error) === true) return;
      throw error;
    }
    if (stored) yield* this.#files.scanTree(path, options);
  }

  override async listDir(path: string): Promise<string[]> {
    return (await this.#scope.isStored(path)) ? this.#files.listDir(path) : [];
  }

  override async makeDir(path: string, options?: MakeDirOptions): Promise<void> {
    checkMakeDirOptions(options);
    const target = this.validatePath(path);
    await this.#host.storage.bound();
    if (target !== '' && dirname(target) === '') await this.#parents.make('');
    await this.#files.makeDir(target, options);
  }

  override async openRead(path: string, options?: ReadOptions): Promise<Readable> {
    this.#scope.fileKey(path);
    await this.#host.storage.bound();
    return this.#scope.ifPresent(() => this.#files.openRead(path, options));
  }

  override async openVersion(path: string, version: Info, options?: ReadOptions): Promise<Readable | null> {
    this.#scope.fileKey(path);
    await this.#host.storage.bound();
    return this.#files.openVersion(path, version, options);
  }

  /** As `Filesystem.isFreeNow`. @param identity default: of the storage that the deadlines belong to */
  override isFreeNow(path: string, identity?: string): boolean {
    return this.#host.storage.isFreeNow(this.#scope.key(path), identity);
  }

  /**
   * A file and its deadline, for who serves it and can be told without waiting.
   * @param path canonical
   * @param moment what lies on the way is looked at once in each
   * @returns null when that can't be told at once, which says nothing of the file
   */
  servedNow(path: string, moment?: Moment): ServedFile | null {
    return this.#serving.servedNow(path, moment);
  }

  /** As `getExpiration` with `recent`, when it can be told without waiting; else undefined. @param path canonical */
  expirationNow(path: string, moment?: Moment): Date | null | undefined {
    return this.#serving.expirationNow(path, moment);
  }

  /**
   * A file and its deadline, for who serves it and closes the version. What another
   * instance has changed on PostgreSQL may be missed for a second.
   *
   * @throws OperationFailed or a subclass: storage or store do not answer
   */
  served(path: string): Promise<LookedUpFile> {
    return this.#serving.served(path);
  }

  override presigner(): Presigner | null {
    this.checkOpen();
    return this.#files.presigner();
  }

  /**
   * Remove a file and its deadline, which goes also when there is no file.
   * @param options `check` may refuse what is there
   * @throws ResourceNotFound, FileExpected
   */
  override async remove(path: string, options: PathCheck = {}): Promise<void> {
    checkPathCheck(options);
    const key = this.#scope.key(path);
    await this.#host.storage.bound();
    await this.#host.ledger.remove(key, async () => {
      await this.#scope.check(path, options.check);
      await this.#scope.ifPresent(() => this.#files.remove(path));
    });
  }

  override async removeVersion(path: string, version: Info): Promise<boolean> {
    const check = (current: Info | null) => {
      if (current === null || !isSameVersion(current, version)) throw new VersionGone();
    };
    try {
      await this.remove(path, { check });
      return true;
    } catch (error) {
      // Not found: by somebody beside mayfly.
      if (error instanceof VersionGone || error instanceof ResourceNotFound) return false;
      throw error;
    }
  }

  override async removeDir(path: string): Promise<void> {
    this.validatePath(path);
    await this.#host.storage.bound();
    await this.#files.removeDir(path);
  }

  /** Remove a directory with all in it, and the deadlines of paths below it that have no file. */
  override removeTree(path: string): Promise<void> {
    return removeWithDeadlines(this, this.#scope, path);
  }

  override async setInfo(path: string, changes: InfoChanges): Promise<void> {
    const key = this.#scope.key(path);
    checkTimes(changes);
    await this.#host.storage.bound();
    // Before anything was written to a namespace its directory has no times to set.
    if (this.validatePath(path) === '' && !(await this.#scope.isStored(''))) return;
    await this.#host.ledger.alone(key, () => this.#files.setInfo(path, changes));
  }

  /** Copy a file. The copy has no deadline of the source's: its path keeps the one it has. */
  override copy(source: string, destination: string, options?: CopyOptions): Promise<void> {
    return this.#relocation.copy(source, destination, options);
  }

  /** Move a file with its deadline; the destination has none when the source had none. */
  override move(source: string, destination: string, options?: CopyOptions): Promise<void> {
    return this.#relocation.move(source, destination, options);
  }

  /** Copy a directory. The copies have no deadlines of the source's. With `create` missing parents are made too. */
  override async copyDir(source: string, destination: string, options?: CopyDirOptions): Promise<void> {
    await this.#relocation.prepare(source, destination, options);
    await super.copyDir(source, destination, options);
  }

  /** Move a directory, each file with its deadline. With `create` missing parents are made too. */
  override async moveDir(source: string, destination: string, options?: CopyDirOptions): Promise<void> {
    await this.#relocation.prepare(source, destination, options);
    await super.moveDir(source, destination, options);
  }

  /** As a write without a deadline of its own: the path keeps the one it has. */
  override copierFrom(source: Location, path: string): Copier | null {
    return this.#relocation.copierFrom(source, path);
  }

  override locateBytes(path: string): Location | null {
    return this.#files.locateBytes(this.validatePath(path));
  }

  /** To a namespace of the same mayfly, also one that a mount or a directory shows, a file moves with its deadline, none included. */
  override async moveInto(
    destination: Filesystem,
    path: string,
    destinationPath: string,
    options?: CopyOptions,
  ): Promise<boolean> {
    const { fs, path: inner } = destination.landing(destinationPath);
    if (!(fs instanceof NamespaceFS)) return false;
    const shown = { fs: destination, path: destination.validatePath(destinationPath) };
    return this.#relocation.moveInto({ relocation: fs.#relocation, inner, shown }, path, options);
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
      joinPath(this.#scope.base, target),
    );
    opened.#opener = this;
    markOpenedDirectory(opened);
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
    return `${this.#scope.key(path).path || '/'} in namespace ${this.namespace}`;
  }

  override isClosed(): boolean {
    return super.isClosed() || this.#host.storage.closed || this.#opener?.isClosed() === true;
  }

  protected override checkOpen(): void {
    super.checkOpen();
    this.#host.storage.checkOpen();
  }
}
