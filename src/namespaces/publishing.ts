/** How a file gets into a namespace together with its deadline: staged first, then published. */
import type { Buffer } from 'node:buffer';
import type { Moment } from '../clock/moment.js';
import { FileExists, FileExpected } from '../errors/errors.js';
import type { DeadlineFrom } from '../expirations/ledger.js';
import { checkAmount, deadlineAfter } from '../expirations/lifetime.js';
import { checkPublishOptions, checkStageOptions, checkWriteOptions } from '../fs/derived/option-types.js';
import { findInfo } from '../fs/derived/read.js';
import { beforeReading, isAtHand } from '../fs/derived/source.js';
import type { StageOptions, WriteSource } from '../fs/essentials.js';
import type { Info } from '../fs/info.js';
import type { PromptWriter } from '../fs/prompt-writer.js';
import type { StagedFile } from '../fs/staged-file.js';
import { HeldFile } from './held-file.js';
import type {
  Lifetime,
  NamespacePublishOptions,
  NamespaceStagedFile,
  NamespaceWriteOptions,
} from './namespace-options.js';
import type { ParentDirectories } from './parent-directories.js';
import type { NamespaceScope } from './scope.js';

/** How a file gets its name. */
interface Ways {
  /** Store it at a canonical path where nothing is, at once; null: it can't be, and nothing was done. */
  create?(target: string): Info | null;
  stage(): Promise<StagedFile>;
}

export class Publishing {
  readonly #scope: NamespaceScope;
  readonly #parents: ParentDirectories;
  readonly #promptWriter: PromptWriter | null;

  constructor(scope: NamespaceScope, parents: ParentDirectories) {
    this.#scope = scope;
    this.#parents = parents;
    this.#promptWriter = scope.files.promptWriter();
  }

  /** See `NamespaceFS.write`. */
  async write(path: string, source: WriteSource, options: NamespaceWriteOptions): Promise<Info> {
    await beforeReading(source, () => checkWriteOptions(options), options?.signal);
    const { overwrite, assumeClear, seconds, days, ...stageOptions } = options;
    const staging = this.#stage(path, source, { ...stageOptions, final: true }, { seconds, days });
    // What is here already is staged while the path is being claimed; for what is still to come nobody is held off.
    if (isAtHand(source)) staging.catch(() => {});
    else await staging;
    try {
      const { signal } = stageOptions;
      const how = definedOnly({ overwrite, assumeClear, seconds, days, signal });
      return await this.#publish(path, how, { stage: () => staging });
    } catch (error) {
      // The first error is the one to tell; what can't be discarded is swept by a purge.
      await staging.then((staged) => staged.discard()).catch(() => {});
      throw error;
    }
  }

  /** See `NamespaceFS.stage`. */
  async stage(path: string, source: WriteSource, options: StageOptions): Promise<NamespaceStagedFile> {
    const staged = await this.#stage(path, source, options, {});
    const publishSoon = (target: string, how: NamespacePublishOptions = {}): Promise<Info | null> =>
      this.#publishSoon(target, how, (where, moment) => staged.publishNow?.(where, { moment }) ?? null);
    return {
      size: staged.size,
      ...(staged.synced && { synced: staged.synced }),
      ...(staged.publishNow && { publishSoon }),
      publish: async (target, how = {}) => {
        const info = staged.publishNow === undefined ? null : await publishSoon(target, how);
        return info ?? this.#publish(target, how, { stage: async () => staged });
      },
      discard: () => staged.discard(),
    };
  }

  /** See `NamespaceFS.createSoon`. */
  async createSoon(path: string, bytes: Uint8Array): Promise<Info | null> {
    const writer = this.#promptWriter;
    return this.#whileFree(path, (target, moment) => writer?.createNow(target, bytes, { moment }) ?? null);
  }

  /** See `NamespaceFS.hold`. */
  hold(path: string, bytes: Buffer, options: StageOptions): NamespaceStagedFile | null {
    const writer = this.#promptWriter;
    if (!this.#scope.host.storage.isBound || writer?.isReady !== true) return null;
    if (bytes.length > writer.mostBytes) return null;
    this.#scope.validatePath(path);
    checkStageOptions(options);
    const { filename } = options;
    return new HeldFile(bytes, {
      publishSoon: (target, how, storeBy) =>
        this.#publishSoon(target, how, (where, moment) =>
          storeBy((bytes) => writer.createNow(where, bytes, { filename, moment })),
        ),
      stage: (bytes) => this.#stage(path, bytes, options, {}),
      publish: (target, how, { storeBy, stage }) =>
        this.#publish(target, how, {
          create: (where) => storeBy((bytes) => writer.createNow(where, bytes, { filename })),
          stage,
        }),
    });
  }

  /** @returns null: it is not to be done that way, and nothing was done */
  async #publishSoon(
    path: string,
    options: NamespacePublishOptions,
    store: (target: string, moment: Moment) => Info | null,
  ): Promise<Info | null> {
    checkPublishOptions(options);
    const { overwrite, check, seconds, days, signal, onPublished } = options;
    const isPlain = overwrite === false && check === undefined && seconds === undefined && days === undefined;
    if (!isPlain) return null;
    const info = await this.#whileFree(path, (target, moment) =>
      signal?.aborted === true ? null : store(target, moment),
    );
    if (info !== null) onPublished?.(null);
    return info;
  }

  /** @param store makes a new file at a canonical path, at once. @returns null: it can't be, and nothing was done */
  async #whileFree(
    path: string,
    store: (target: string, moment: Moment) => Info | null,
  ): Promise<Info | null> {
    const { host } = this.#scope;
    const key = this.#scope.fileKey(path);
    if (!host.storage.isBound || this.#promptWriter?.isReady !== true) return null;
    const target = this.#scope.validatePath(path);
    return host.ledger.createSoon(key, (moment) => store(target, moment));
  }

  /** @returns the backend's own staged file, which knows nothing of deadlines */
  async #stage(
    path: string,
    source: WriteSource,
    options: StageOptions,
    lifetime: Lifetime,
  ): Promise<StagedFile> {
    const prepare = async () => {
      this.#scope.validatePath(path);
      deadlineFromLifetime(lifetime);
      await this.#scope.host.storage.bound();
    };
    await beforeReading(source, prepare, options?.signal);
    return this.#scope.files.stage(path, source, options);
  }

  async #publish(path: string, options: NamespacePublishOptions, ways: Ways): Promise<Info> {
    checkPublishOptions(options);
    const { overwrite, assumeClear, check, seconds, days, signal, onPublished } = options;
    const { files, host } = this.#scope;
    const key = this.#scope.fileKey(path);
    const deadlineFrom = deadlineFromLifetime({ seconds, days });
    await host.storage.bound();
    // Looked at first, so that no intent is noted for a write that is refused; but not
    // over a network, where the look costs as much as the refusal that settles the intent.
    const mayRefuse = overwrite === false && deadlineFrom !== null && !host.storage.isFreeNow(key);
    const lookFirst = mayRefuse && !files.getMeta().network;
    const there = lookFirst ? await findInfo(files, path) : null;
    if (there !== null) throw there.isDir ? new FileExpected(there.path) : new FileExists(there.path);
    const publishStaged = async (current: number | null): Promise<Info> => {
      const staged = await ways.stage();
      await this.#scope.check(path, check && ((info) => check(info, dateOf(current))));
      signal?.throwIfAborted();
      return staged.publish(path, definedOnly({ overwrite, assumeClear }));
    };
    const publish = async (deadline: number | null, current: number | null): Promise<Info> => {
      const mayCreate = overwrite === false && check === undefined && signal?.aborted !== true;
      const created = (mayCreate ? ways.create?.(this.#scope.validatePath(path)) : null) ?? null;
      const info = created ?? (await publishStaged(current));
      onPublished?.(dateOf(deadline));
      return info;
    };
    return this.#parents.around(path, null, () => host.ledger.publish(key, deadlineFrom, publish));
  }
}

function deadlineFromLifetime(lifetime: Lifetime): DeadlineFrom | null {
  if (lifetime.seconds === undefined && lifetime.days === undefined) return null;
  const { seconds = 0, days = 0 } = lifetime;
  checkAmount('seconds', seconds);
  checkAmount('days', days);
  return (now) => deadlineAfter(now, seconds, days);
}

function dateOf(deadline: number | null): Date | null {
  return deadline === null ? null : new Date(deadline);
}

function definedOnly<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}
