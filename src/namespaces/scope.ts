/**
 * What the parts of a namespace's filesystem share: its files, its place among
 * the keys of the deadlines, and when to believe that something is not there.
 */
import type { Clock } from '../clock/clock.js';
import { DirectoryExpected, FileExpected, ResourceNotFound } from '../errors/errors.js';
import type { FileKey } from '../expirations/expiration.js';
import type { Ledger } from '../expirations/ledger.js';
import { findInfo } from '../fs/derived/read.js';
import type { Filesystem } from '../fs/filesystem.js';
import type { Info } from '../fs/info.js';
import { joinPath } from '../path/parts.js';
import type { UrlSigning } from '../urls/signing-key.js';
import type { PathCheck } from './namespace-options.js';
import type { Storage } from './storage.js';

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

/** A namespace, or a directory of one. */
export interface Placed {
  readonly host: NamespaceHost;
  /** Name of the namespace. */
  readonly namespace: string;
  /** What lies in the directory, in the backend's own filesystem. */
  readonly files: Filesystem;
  /** The directory's path in the namespace; that of the namespace itself is ''. */
  readonly base: string;
}

export class NamespaceScope implements Placed {
  readonly host: NamespaceHost;
  readonly namespace: string;
  readonly files: Filesystem;
  readonly base: string;
  /** The canonical form. @throws InvalidPath, IllegalBackReference, FilesystemClosed */
  readonly validatePath: (path: string) => string;

  constructor({ host, namespace, files, base }: Placed, validatePath: (path: string) => string) {
    this.host = host;
    this.namespace = namespace;
    this.files = files;
    this.base = base;
    this.validatePath = validatePath;
  }

  /** Whose deadline a path's is. @throws as `validatePath` */
  key(path: string): FileKey {
    return this.keyOf(this.validatePath(path));
  }

  /**
   * As `key`, of what is a file or is going to be one: what is at '' is a directory, also while it is gone.
   * @param shown the path by which the caller knows it
   * @throws FileExpected
   */
  fileKey(path: string, shown = ''): FileKey {
    if (this.validatePath(path) === '') throw new FileExpected(shown);
    return this.key(path);
  }

  /** As `key`. @param path canonical */
  keyOf(path: string): FileKey {
    return { namespace: this.namespace, path: joinPath(this.base, path) };
  }

  /** As `Filesystem.getInfo`; the namespace itself is a directory from the first, and whatever else may have its name. */
  async getInfo(path: string): Promise<Info> {
    const target = this.validatePath(path);
    await this.host.storage.bound();
    const info = await findInfo(this.files, target);
    const isItself = this.keyOf(target).path === '';
    if (info !== null && (info.isDir || !isItself)) return info;
    await this.host.storage.checkPresent();
    if (isItself) return { name: '', path: '', isDir: true, size: 0, modified: new Date(0) };
    throw new ResourceNotFound(target);
  }

  /** False for a namespace before anything was written to it. @throws ResourceNotFound; DirectoryExpected: a file has the namespace's name */
  async isStored(path: string): Promise<boolean> {
    const target = this.validatePath(path);
    await this.host.storage.bound();
    const info = await findInfo(this.files, target);
    if (info?.isDir === false && this.keyOf(target).path === '') throw new DirectoryExpected(target);
    if (info !== null) return true;
    await this.getInfo(target);
    return false;
  }

  /** Whether a file is there, where a purge wants to know it beforehand. */
  async isSeen(path: string): Promise<boolean> {
    if (this.files.getMeta().removeTellsMissing) return true;
    return this.files.isFile(path);
  }

  /** Have what is at the path looked at, where that is wanted. */
  async check(path: string, check: PathCheck['check']): Promise<void> {
    if (check !== undefined) check(await findInfo(this.files, path));
  }

  /**
   * "Not found" is believed only of a storage that is there, and was not away
   * for just that moment: `work` is done once more.
   */
  async ifPresent<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ResourceNotFound)) throw error;
      await this.host.storage.checkPresent();
      return work();
    }
  }
}
