/** Copying and moving files of a namespace: what becomes of their deadlines, and of the ones they replace. */
import { DestinationExists } from '../errors/errors.js';
import { keyText } from '../expirations/expiration.js';
import { checkDestination } from '../fs/derived/copy-move.js';
import { checkCopyDirOptions, checkCopyOptions } from '../fs/derived/option-types.js';
import { isOfSource, shownAt } from '../fs/derived/transfer-error.js';
import { moveByCopying } from '../fs/derived/versions.js';
import type { Filesystem } from '../fs/filesystem.js';
import type { CopyOptions } from '../fs/methods/writing.js';
import { copyFile, moveFile } from '../fs/transfer.js';
import type { Copier, CopyDirOptions, Location } from '../fs/transfer-options.js';
import { dirname, isWithin } from '../path/parts.js';
import type { ParentDirectories } from './parent-directories.js';
import type { NamespaceScope } from './scope.js';

/** Where a file is to come to. Paths are canonical. */
interface Arrival {
  readonly relocation: Relocation;
  /** The path in the filesystem of `relocation`. */
  readonly inner: string;
  /** What the caller named. It may show that filesystem under other paths; errors tell these. */
  readonly shown: { readonly fs: Filesystem; readonly path: string };
}

export class Relocation {
  readonly #scope: NamespaceScope;
  readonly #parents: ParentDirectories;

  constructor(scope: NamespaceScope, parents: ParentDirectories) {
    this.#scope = scope;
    this.#parents = parents;
  }

  /** See `NamespaceFS.copy`. */
  async copy(source: string, destination: string, options?: CopyOptions): Promise<void> {
    checkCopyOptions(options);
    const { files, host } = this.#scope;
    const to = this.#scope.key(destination);
    await host.storage.bound();
    await this.#parents.around(destination, source, () =>
      host.ledger.publish(to, null, () => files.copy(source, destination, options)),
    );
  }

  /** See `NamespaceFS.move`. */
  async move(source: string, destination: string, options?: CopyOptions): Promise<void> {
    checkCopyOptions(options);
    const { files, host } = this.#scope;
    const from = this.#scope.key(source);
    const to = this.#scope.key(destination);
    await host.storage.bound();
    const move = (): Promise<void> => files.move(source, destination, options);
    if (from.path === to.path) return move();
    await this.#parents.around(destination, source, () => host.ledger.move(from, to, move));
  }

  /** See `NamespaceFS.copierFrom`. */
  copierFrom(source: Location, path: string): Copier | null {
    const { files, host } = this.#scope;
    const to = this.#scope.key(path);
    const copier = files.copierFrom(source, path);
    if (copier === null) return null;
    return async (options) => {
      await host.storage.bound();
      await this.#parents.around(path, null, () => host.ledger.publish(to, null, () => copier(options)));
    };
  }

  /** See `NamespaceFS.moveInto`. */
  async moveInto(
    { relocation, inner, shown }: Arrival,
    path: string,
    options: CopyOptions = {},
  ): Promise<boolean> {
    const { host } = this.#scope;
    if (relocation.#scope.host !== host) return false;
    checkCopyOptions(options);
    const [from, to] = [this.#scope.key(path), relocation.#scope.fileKey(inner, shown.path)];
    await checkDestination(shown.fs, shown.path, options);
    await this.#scope.getInfo(path);
    // There it is already, with its deadline.
    if (keyText(from) === keyText(to)) return true;
    const [source, target] = [host.storage.open(from.namespace), host.storage.open(to.namespace)];
    const move = (): Promise<void> =>
      source === target
        ? source.move(from.path, to.path, options)
        : moveBetween(source, from.path, target, to.path, options);
    try {
      await relocation.#parents.around(inner, null, () => host.ledger.move(from, to, move));
      return true;
    } catch (error) {
      // It tells paths of the namespaces, where the callers know those of a directory or of a mount.
      if (!(await isOfSource(error, { fs: source, inner: from.path }, to.path)))
        throw shownAt(error, to.path, shown.path);
      throw shownAt(error, from.path, this.#scope.validatePath(path));
    }
  }

  /** Where a directory is to be copied or moved with its missing parents, make them. */
  async prepare(source: string, destination: string, options: CopyDirOptions = {}): Promise<void> {
    checkCopyDirOptions(options);
    const [from, to] = [this.#scope.validatePath(source), this.#scope.validatePath(destination)];
    if (options.create !== true || isWithin(from, to) || !(await this.#scope.getInfo(from)).isDir) return;
    await this.#parents.make(dirname(to));
  }
}

/** What arrives after all looks stays too unless it is to be replaced: it may come from beside mayfly, which no lock holds off. */
async function moveBetween(
  source: Filesystem,
  path: string,
  target: Filesystem,
  targetPath: string,
  { overwrite = false, preserveTime = true }: CopyOptions,
): Promise<void> {
  if (overwrite) return moveFile(source, path, target, targetPath, { preserveTime });
  const condition = 'not-exists';
  await moveByCopying(source, path, false, async () => {
    const info = await source.getInfo(path);
    if (!(await copyFile(source, path, target, targetPath, { condition, preserveTime }))) {
      throw new DestinationExists(targetPath);
    }
    return info;
  });
}
