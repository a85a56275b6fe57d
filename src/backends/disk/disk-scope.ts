/** Which part of a root an OSFS shows (all of it, one namespace, or one directory), and the ways into it. */
import * as system from 'node:path';
import { join } from 'node:path';
import { DirectoryExpected, PermissionDenied, ResourceNotFound } from '../../errors/errors.js';
import { ancestors, basename, dirname } from '../../path/parts.js';
import type { DiskRoot } from './disk-root.js';
import { rootError } from './disk-root.js';
import { errnoOf, saysNothingThere } from './errno-errors.js';
import type { FileCache } from './file-cache.js';
import { Filenames } from './filenames.js';
import { statThrough } from './listing.js';
import type { Pin } from './pin.js';
import { syncDirectory } from './publishing.js';
import { StagingArea } from './staging.js';
import { StorageIdentity } from './storage-identity.js';
import { lstat, mkdir, realpathSync, type Stats } from './system-calls.js';
import { Enclosure, isHiddenName } from './system-path.js';

export class DiskScope {
  readonly root: DiskRoot;
  readonly staging: StagingArea;
  readonly identity: StorageIdentity;
  readonly filenames: Filenames;
  /** System path of the directory, links not resolved. */
  readonly directory: string;
  readonly #enclosure: () => Promise<Enclosure>;
  /** The scope in which this one is a namespace, with its name. */
  readonly #namespaceOf: { scope: DiskScope; name: string } | null;

  private constructor(
    above: Pick<DiskScope, 'root' | 'staging' | 'identity' | 'filenames'>,
    directory: string,
    enclosure: () => Promise<Enclosure>,
    namespaceOf: { scope: DiskScope; name: string } | null = null,
  ) {
    this.root = above.root;
    this.staging = above.staging;
    this.identity = above.identity;
    this.filenames = above.filenames;
    this.directory = directory;
    this.#enclosure = enclosure;
    this.#namespaceOf = namespaceOf;
  }

  static ofRoot(root: DiskRoot): DiskScope {
    const staging = new StagingArea(root);
    const identity = new StorageIdentity(root, staging);
    const shared = { root, staging, identity, filenames: new Filenames(root, staging) };
    return new DiskScope(shared, root.directory, () => root.enclosure());
  }

  /** A real directory of that name, never a link: what the link leads to is not in the enclosure. */
  namespace(name: string): DiskScope {
    let known: Enclosure | null = null;
    const enclosure = async (): Promise<Enclosure> => {
      known ??= this.#enclosureAt((await this.enclosure()).systemPath(name), await this.#rootPath());
      return known;
    };
    return new DiskScope(this, join(this.directory, name), enclosure, { scope: this, name });
  }

  /** @param real where the directory really lies; enclosed there whatever its name leads to later */
  async subdirectory(path: string, real: string): Promise<DiskScope> {
    const enclosure = this.#enclosureAt(real, await this.#rootPath());
    return new DiskScope(this, join(this.directory, path), async () => enclosure);
  }

  enclosure(): Promise<Enclosure> {
    return this.#enclosure();
  }

  /** See `DiskRoot.cache`. */
  cache(): Promise<FileCache | null> {
    return this.root.cache();
  }

  /**
   * Make the directory itself, where it is that of a namespace.
   * @returns false when something of its name is there already
   * @throws OperationFailed or a subclass: the directory above is missing
   */
  async makeSelf(): Promise<boolean> {
    if (this.#namespaceOf === null) return false;
    const { scope, name } = this.#namespaceOf;
    const above = await (await scope.enclosure()).pinDirectory('');
    if (above === null) throw rootError('the root directory can not be reached', undefined);
    try {
      await mkdir(above.at(name), 0o777);
      if (this.root.durable) await syncDirectory(above);
      return true;
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false;
      throw saysNothingThere(error) ? rootError('the root directory can not be reached', error) : error;
    } finally {
      above.close();
    }
  }

  /** Stats of a file or directory, links followed; null when nothing is there. */
  async stat(path: string): Promise<Stats | null> {
    return statThrough(await (await this.enclosure()).pin(path));
  }

  /** The name that is kept to save a file under; undefined for none. */
  async filename(path: string, stats: Stats): Promise<string | undefined> {
    return this.filenames.get((await this.enclosure()).systemPath(path), stats);
  }

  /** Keep a name for a file that is about to be at a path; undefined: the path says it. */
  async keepFilename(path: string, stats: Stats, filename: string | undefined): Promise<void> {
    if (filename === undefined) return;
    await this.filenames.put((await this.enclosure()).systemPath(path), stats, filename);
  }

  /** Pin a file or directory. @throws ResourceNotFound */
  async pin(path: string): Promise<Pin> {
    const pin = await (await this.enclosure()).pin(path);
    if (pin === null) throw new ResourceNotFound(path);
    let wanted = false;
    try {
      const stats = await pin.stat();
      wanted = stats.isFile() || stats.isDirectory();
      if (wanted) return pin;
    } finally {
      if (!wanted) pin.close();
    }
    throw new ResourceNotFound(path);
  }

  /** @throws ResourceNotFound, DirectoryExpected */
  async pinDirectory(path: string): Promise<Pin> {
    const pin = await (await this.enclosure()).pinDirectory(path);
    if (pin !== null) return pin;
    throw (await this.stat(path))?.isFile() ? new DirectoryExpected(path) : new ResourceNotFound(path);
  }

  /** @throws ResourceNotFound, DirectoryExpected */
  async needDirectory(path: string): Promise<void> {
    (await this.pinDirectory(path)).close();
  }

  /** Whether a path is a link, to a file or directory that is ours. @throws ResourceNotFound */
  async isLink(path: string): Promise<boolean> {
    if ((await this.stat(path)) === null) throw new ResourceNotFound(path);
    if (path === '') return false;
    return this.inParent(path, async (parent, name) => (await lstat(parent.at(name))).isSymbolicLink());
  }

  /** Where a path lies, links resolved as far as something is there. In the foreground, as nobody waits for `locate`. */
  realPath(path: string): string {
    const below: string[] = [];
    for (let at = join(this.directory, path); ; at = system.dirname(at)) {
      try {
        return join(realpathSync(at), ...below);
      } catch {
        if (at === system.dirname(at)) return join(at, ...below);
        below.unshift(system.basename(at));
      }
    }
  }

  /** Work in the directory of something that is there. */
  async inParent<T>(path: string, work: (parent: Pin, name: string) => Promise<T>): Promise<T> {
    const parent = await (await this.enclosure()).pinDirectory(dirname(path));
    if (parent === null) throw new ResourceNotFound(path);
    try {
      return await work(parent, basename(path));
    } finally {
      parent.close();
    }
  }

  /**
   * Work in the directory where something is going to be. That of a namespace is made.
   * @throws ResourceNotFound, DirectoryExpected; PermissionDenied: mayfly's own
   */
  async intoParent<T>(path: string, work: (parent: Pin, name: string) => Promise<T>): Promise<T> {
    const enclosure = await this.enclosure();
    if (this.isHidden(path)) throw new PermissionDenied(path, { message: `"${path}" is mayfly's own` });
    let parent = await enclosure.pinDirectory(dirname(path));
    if (parent === null && dirname(path) === '') {
      await this.makeSelf();
      parent = await enclosure.pinDirectory('');
      if (parent === null) throw await this.inTheWay(path);
    }
    if (parent === null) throw await this.#missingParent(path);
    try {
      if (enclosure.hides(parent.real, basename(path))) throw new PermissionDenied(path);
      return await work(parent, basename(path));
    } finally {
      parent.close();
    }
  }

  async #missingParent(path: string): Promise<Error> {
    for (const above of ancestors(path)) {
      const stats = await this.stat(above);
      if (stats !== null) return stats.isFile() ? new DirectoryExpected(above) : new ResourceNotFound(path);
    }
    return new ResourceNotFound(path);
  }

  /**
   * Why nothing can be put at `path`, as the filesystem's own directory can't be pinned: something else has its name,
   * which stays so until somebody takes it away, or nothing has, as when a purge took the empty directory just now.
   */
  async inTheWay(path: string): Promise<Error> {
    const there = await lstat((await this.enclosure()).systemPath('')).catch((error: unknown) => {
      if (saysNothingThere(error)) return null;
      throw error;
    });
    if (there === null && this.directory === this.root.directory) {
      return rootError('the root directory can not be reached', undefined);
    }
    if (there === null || there.isDirectory()) return new ResourceNotFound(path);
    return new DirectoryExpected('', {
      message:
        'a file or a link has the name of the directory of the filesystem: it must be a directory itself',
    });
  }

  /** Whether a path names the hidden directory of the root. A link to it is found when it is pinned. */
  isHidden(path: string): boolean {
    const [first = ''] = path.split('/', 1);
    return isHiddenName(first) && this.directory === this.root.directory;
  }

  #enclosureAt(base: string, root: string): Enclosure {
    return new Enclosure(base, root, this.root.foreground);
  }

  async #rootPath(): Promise<string> {
    return (await this.root.enclosure()).base;
  }
}
