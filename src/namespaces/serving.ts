/** A namespace's files for who serves them, each with its deadline: at once where that can be, else opened. */
import type { Moment } from '../clock/moment.js';
import { DirectoryExpected, ResourceNotFound } from '../errors/errors.js';
import { findInfo } from '../fs/derived/read.js';
import type { FileVersion, Servable } from '../fs/servable.js';
import type { NamespaceScope } from './scope.js';

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

export class Serving {
  readonly #scope: NamespaceScope;
  readonly #servable: Servable | null;

  constructor(scope: NamespaceScope) {
    this.#scope = scope;
    this.#servable = scope.files.servable();
  }

  /** See `NamespaceFS.servedNow`. It is asked at every download, so nothing is made that it can do without. */
  servedNow(path: string, moment?: Moment): ServedFile | null {
    const { storage, ledger } = this.#scope.host;
    if (!storage.isBound || this.#servable === null) return null;
    const version = this.#servable.atHand(path, moment);
    if (version === null) return null;
    const deadline = ledger.deadlineNow(this.#scope.keyOf(path), moment);
    return deadline === undefined ? null : { version, deadline };
  }

  /** See `NamespaceFS.expirationNow`. */
  expirationNow(path: string, moment?: Moment): Date | null | undefined {
    const { storage, ledger } = this.#scope.host;
    if (storage.closed) return undefined;
    const deadline = ledger.deadlineNow(this.#scope.keyOf(path), moment);
    return typeof deadline === 'number' ? new Date(deadline) : deadline;
  }

  /** See `NamespaceFS.served`. */
  async served(path: string): Promise<LookedUpFile> {
    const { storage, ledger } = this.#scope.host;
    const key = this.#scope.key(path);
    await storage.bound();
    if (key.path === '') return { version: null, deadline: null }; // A directory, whatever may have its name.
    const version = await this.#open(this.#scope.validatePath(path));
    try {
      const [deadline = null] = await ledger.deadlines([key], { recent: true });
      if (version !== null || deadline === null) return { version, deadline };
      const isDir = (await findInfo(this.#scope.files, path))?.isDir === true;
      return { version, deadline: isDir ? null : deadline }; // A directory does not expire.
    } catch (error) {
      version?.file?.close();
      throw error;
    }
  }

  async #open(path: string): Promise<FileVersion | null> {
    if (this.#servable !== null) {
      const version = await this.#servable.open(path);
      if (version === null) await this.#scope.host.storage.checkPresent();
      return version;
    }
    try {
      const info = await this.#scope.getInfo(path);
      return info.isDir ? null : { info, bytes: null, file: null };
    } catch (error) {
      if (error instanceof ResourceNotFound || error instanceof DirectoryExpected) return null;
      throw error;
    }
  }
}
