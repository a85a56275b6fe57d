/** Setting and telling the deadlines of a namespace's files. */
import { InvalidPath } from '../errors/errors.js';
import type { FindOptions } from '../expirations/expiration-store.js';
import { deadlineAfter } from '../expirations/lifetime.js';
import { checkPaths } from '../fs/derived/remove-many.js';
import type { PathCheck } from './namespace-options.js';
import { checkFindOptions, checkPathCheck } from './option-types.js';
import type { NamespaceScope } from './scope.js';

export class Deadlines {
  readonly #scope: NamespaceScope;

  constructor(scope: NamespaceScope) {
    this.#scope = scope;
  }

  /** See `NamespaceFS.expire`. */
  async expire(
    path: string,
    { seconds, days, expires }: { seconds: number; days: number; expires: boolean },
    options: PathCheck,
  ): Promise<Date | null> {
    checkPathCheck(options);
    if (typeof expires !== 'boolean') throw new TypeError(`expires must be a boolean, not ${typeof expires}`);
    const { clock, storage, ledger } = this.#scope.host;
    const key = this.#scope.key(path);
    if (this.#scope.validatePath(path) === '')
      throw new InvalidPath('', { message: 'a namespace can not expire: name a file in it' });
    const deadline = deadlineAfter(clock(), seconds, days);
    await storage.bound();
    await ledger.expire(
      key,
      expires ? deadline : null,
      () => this.#scope.isSeen(path),
      () => this.#scope.check(path, options.check),
    );
    return expires ? new Date(deadline) : null;
  }

  /** Give a file a deadline that was made elsewhere. @param check may refuse what is there */
  async expireAt(path: string, deadline: Date, check: PathCheck['check']): Promise<void> {
    const key = this.#scope.key(path);
    await this.#scope.host.ledger.expire(
      key,
      deadline.getTime(),
      () => this.#scope.isSeen(path),
      () => this.#scope.check(path, check),
    );
  }

  /** See `NamespaceFS.getExpirations`. */
  async find(paths: readonly string[], options?: FindOptions): Promise<(Date | null)[]> {
    checkPaths(paths);
    checkFindOptions(options);
    return this.#find(paths, options);
  }

  /** Null for never. */
  async findOne(path: string): Promise<Date | null> {
    return (await this.#find([path]))[0] ?? null;
  }

  async #find(paths: readonly string[], options?: FindOptions): Promise<(Date | null)[]> {
    const { storage, ledger } = this.#scope.host;
    const keys = paths.map((path) => this.#scope.key(path));
    // The storage is not asked, so that links are signed while it does not answer.
    storage.checkOpen();
    const deadlines = await ledger.deadlines(keys, options);
    return deadlines.map((deadline) => (deadline === null ? null : new Date(deadline)));
  }
}
