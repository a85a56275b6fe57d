/** Makes the directories that a write needs: in a namespace nobody has to ask for them. */
import { DirectoryExists, DirectoryExpected, ResourceNotFound } from '../errors/errors.js';
import { findInfo } from '../fs/derived/read.js';
import { dirname, joinPath } from '../path/parts.js';
import type { NamespaceScope } from './scope.js';

/** How often a write makes missing parents again: a purge may remove an empty one right after. */
const PARENT_TRIES = 8;

export class ParentDirectories {
  readonly #scope: NamespaceScope;

  constructor(scope: NamespaceScope) {
    this.#scope = scope;
  }

  /**
   * Run `work`, which writes at `destination`, and make its parents when they
   * are missing. A missing `source` is no reason to.
   */
  async around<T>(destination: string, source: string | null, work: () => Promise<T>): Promise<T> {
    const parent = dirname(this.#scope.validatePath(destination));
    for (let tries = 1; ; tries++) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof ResourceNotFound) || tries === PARENT_TRIES) throw error;
        if (source !== null && (await findInfo(this.#scope.files, source)) === null) {
          await this.#scope.host.storage.checkPresent();
          throw error;
        }
      }
      await this.make(parent);
    }
  }

  /**
   * Make a directory and all above it, from the namespace's own on: a purge may have taken what was empty.
   * @throws DirectoryExpected a file is there, or above
   */
  async make(path: string): Promise<void> {
    const { host, namespace, base } = this.#scope;
    const files = host.storage.open(namespace);
    await files.makeDir('', { recreate: true });
    const below = joinPath(base, path);
    if (below === '') return;
    await files.makeDirs(below, { recreate: true }).catch((error: unknown) => {
      throw error instanceof DirectoryExists
        ? new DirectoryExpected(error.path ?? below, { cause: error })
        : error;
    });
  }
}
