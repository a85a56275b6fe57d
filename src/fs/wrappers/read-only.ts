/**
 * A filesystem that can only be read. Every method that writes is refused here,
 * the derived ones as well, before anything is looked at: the original forgets
 * `copydir` and `movedir`, which then write.
 */
import { ResourceReadOnly } from '../../errors/errors.js';
import type { Meta } from '../capabilities.js';
import { checkRemoveManyOptions } from '../derived/option-types.js';
import { checkPaths } from '../derived/remove-many.js';
import { abandonSource } from '../derived/source.js';
import type { WriteSource } from '../essentials.js';
import { Filesystem, SubFS } from '../filesystem.js';
import type { Info } from '../info.js';
import type { Presigner } from '../presigner.js';
import type { RemoveManyOptions, RemoveOutcome, StagedFile } from '../staged-file.js';

/**
 * Another filesystem, of which nothing can be changed through this one
 * (pyfilesystem2's `wrap.read_only`). Every write throws `ResourceReadOnly`.
 * Closing it leaves the other open.
 *
 * A path from `getSysPath` is not guarded by it.
 *
 * @example const published = new ReadOnlyFS(await files.openDir('published'));
 */
export class ReadOnlyFS extends SubFS {
  readonly #inner: Filesystem;

  /**
   * @param inner what it shows; whoever opened it closes it
   * @throws TypeError `inner` is no filesystem
   */
  constructor(inner: Filesystem) {
    if (!(inner instanceof Filesystem))
      throw new TypeError('a ReadOnlyFS must be given a Filesystem to show');
    super(inner, '');
    this.#inner = inner;
  }

  override getMeta(): Meta {
    return { ...this.#inner.getMeta(), readOnly: true };
  }

  override openNamespace(namespace: string): Filesystem {
    this.checkOpen();
    return new ReadOnlyFS(this.#inner.openNamespace(namespace));
  }

  /** As the inner filesystem says; `create` is not passed on. */
  override async identify(): Promise<string | null> {
    this.checkOpen();
    return this.#inner.identify();
  }

  /** Signs no uploads. */
  override presigner(): Presigner | null {
    const signer = super.presigner();
    return signer && { maxSeconds: signer.maxSeconds, presign: signer.presign };
  }

  override async sweepStaged(_before: Date): Promise<number> {
    this.checkOpen();
    return 0;
  }

  /** Nothing can be removed, so all stay. */
  override async removeEmptyDirs(_paths: readonly string[]): Promise<void> {
    this.checkOpen();
  }

  override async write(path: string, source: WriteSource): Promise<Info> {
    abandonSource(source);
    return this.#refuse(path);
  }

  override async stage(path: string, source: WriteSource): Promise<StagedFile> {
    abandonSource(source);
    return this.#refuse(path);
  }

  override async writeBytes(path: string): Promise<Info> {
    return this.#refuse(path);
  }

  override async writeText(path: string): Promise<Info> {
    return this.#refuse(path);
  }

  override async appendBytes(path: string): Promise<Info> {
    return this.#refuse(path);
  }

  override async appendText(path: string): Promise<Info> {
    return this.#refuse(path);
  }

  override async create(path: string): Promise<boolean> {
    return this.#refuse(path);
  }

  override async touch(path: string): Promise<void> {
    return this.#refuse(path);
  }

  override async setInfo(path: string): Promise<void> {
    return this.#refuse(path);
  }

  override async makeDir(path: string): Promise<void> {
    return this.#refuse(path);
  }

  override async makeDirs(path: string): Promise<void> {
    return this.#refuse(path);
  }

  override async remove(path: string): Promise<void> {
    return this.#refuse(path);
  }

  override async removeVersion(path: string): Promise<boolean> {
    return this.#refuse(path);
  }

  override async removeDir(path: string): Promise<void> {
    return this.#refuse(path);
  }

  override async removeTree(path: string): Promise<void> {
    return this.#refuse(path);
  }

  override async removeMany(paths: readonly string[], options?: RemoveManyOptions): Promise<RemoveOutcome[]> {
    this.checkOpen();
    checkRemoveManyOptions(options);
    checkPaths(paths);
    return paths.map((path): RemoveOutcome => ({ path, result: 'failed', error: this.#refusal(path) }));
  }

  override async copy(_source: string, destination: string): Promise<void> {
    return this.#refuse(destination);
  }

  override async copyDir(_source: string, destination: string): Promise<void> {
    return this.#refuse(destination);
  }

  override async move(source: string): Promise<void> {
    return this.#refuse(source);
  }

  override async moveDir(source: string): Promise<void> {
    return this.#refuse(source);
  }

  override async moveInto(_destination: Filesystem, path: string): Promise<boolean> {
    return this.#refuse(path);
  }

  #refuse(path: string): never {
    throw new ResourceReadOnly(this.validatePath(path));
  }

  #refusal(path: string): Error {
    try {
      return this.#refuse(path);
    } catch (error) {
      return error as Error;
    }
  }
}
