/**
 * The configured backend together with the rows that speak of its files.
 *
 * Rows are only good for the storage that they were written for. The store
 * remembers which one that is, and nothing is done to another: not to the bare
 * mount point of a disk that is not there today, not to a directory given by
 * mistake.
 */

import type { OperationFailed } from '../errors/errors.js';
import { FilesystemClosed, RemoteConnectionError } from '../errors/errors.js';
import type { FileKey } from '../expirations/expiration.js';
import type { ExpirationStore } from '../expirations/expiration-store.js';
import type { PurgedStorage } from '../expirations/purge-report.js';
import { findInfo } from '../fs/derived/read.js';
import type { Filesystem } from '../fs/filesystem.js';
import type { Info } from '../fs/info.js';
import type { SweepOptions } from '../fs/staged-file.js';
import { isNamespaceName } from '../path/namespace-name.js';

/** Filesystems of namespaces kept at hand; their names come from outside, so their number is bounded. */
const MAX_OPEN_NAMESPACES = 1000;
const PRESENT_FOR_MS = 1000;

export class Storage implements PurgedStorage {
  readonly #filesystem: Filesystem;
  readonly #store: ExpirationStore;
  readonly #namespaces = new Map<string, Filesystem>();
  #bound: Promise<void> | null = null;
  #identity: string | null = null;
  #identified = false;
  /** Until when the storage counts as present without being asked, on the clock of `performance.now()`. */
  #presentUntil = 0;
  #closed = false;

  constructor(filesystem: Filesystem, store: ExpirationStore) {
    this.#filesystem = filesystem;
    this.#store = store;
  }

  /** Whether `bound` has nothing to wait for. */
  get isBound(): boolean {
    return this.#identified && !this.#closed;
  }

  /** Once: set the storage up, or see that it is the one of the rows. Tried again at the next call when it fails. */
  bound(): Promise<void> {
    if (this.#closed) return Promise.reject(new FilesystemClosed());
    this.#bound ??= this.verify().catch((error: unknown) => {
      this.#bound = null;
      throw error;
    });
    return this.#bound;
  }

  async verify(): Promise<void> {
    this.checkOpen();
    const remembered = await this.#store.bindStorage(null);
    const identity = await this.#filesystem.identify({ create: remembered === null });
    const bound = remembered ?? (await this.#store.bindStorage(identity));
    if (bound !== identity) throw anotherStorage();
    this.#identity = identity;
    this.#identified = true;
  }

  /**
   * Make sure that the storage is still there. Asked whenever something is not
   * found, for only in a storage that is there can a file be missing. Over a
   * network a positive answer is good for a second, so that a burst of misses
   * does not cost a request more each.
   * @throws OperationFailed or a subclass
   */
  async checkPresent(): Promise<void> {
    if (!this.#identified) return this.bound();
    const asked = performance.now();
    if (asked < this.#presentUntil) return;
    if ((await this.#filesystem.identify()) !== this.#identity) throw anotherStorage();
    if (this.#filesystem.getMeta().network) this.#presentUntil = asked + PRESENT_FOR_MS;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** @throws FilesystemClosed */
  checkOpen(): void {
    if (this.#closed) throw new FilesystemClosed();
  }

  open(namespace: string): Filesystem {
    let filesystem = this.#namespaces.get(namespace);
    if (filesystem === undefined) {
      filesystem = this.#filesystem.openNamespace(namespace);
      if (this.#namespaces.size >= MAX_OPEN_NAMESPACES) this.#namespaces.clear();
      this.#namespaces.set(namespace, filesystem);
    }
    return filesystem;
  }

  sweepStaged(before: Date, options?: SweepOptions): Promise<number> {
    return this.#filesystem.sweepStaged(before, options);
  }

  /** Names of the namespaces that have files or directories, in code-point order. */
  async *namespaces(): AsyncIterable<string> {
    await this.bound();
    for await (const { name, isDir } of this.#filesystem.scanDir('')) {
      if (isDir && isNamespaceName(name)) yield name;
    }
  }

  /** What is stored at a key, for the ledger. */
  async validatorOf(key: FileKey): Promise<string | null> {
    const info = await findInfo(this.open(key.namespace), key.path);
    if (info !== null) return validatorOf(info);
    await this.checkPresent();
    return null;
  }

  /**
   * Whether it is certain at once that nothing is stored at a key. Never throws.
   * @param identity of the storage; default: of the one that the expirations belong to, and there is no other
   */
  isFreeNow(key: FileKey, identity = this.#identity): boolean {
    if (!this.isBound || this.#identity === null || identity !== this.#identity) return false;
    try {
      return this.open(key.namespace).isFreeNow(key.path, this.#identity);
    } catch {
      return false; // It is told by who asks the storage and waits.
    }
  }

  /** Nothing is done to the storage from here on; the filesystem itself is its owner's to close. */
  close(): void {
    this.#closed = true;
  }
}

function anotherStorage(): OperationFailed {
  return new RemoteConnectionError(undefined, {
    message:
      'the expiration store belongs to another storage: give each storage a store of its own, or put back the directory that this store was used with',
  });
}

function validatorOf(info: Info): string {
  return info.version ?? info.etag ?? `${info.size}-${info.modified.getTime()}`;
}
