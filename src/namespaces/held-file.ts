import type { Buffer } from 'node:buffer';
import { ResourceNotFound } from '../errors/errors.js';
import type { Info } from '../fs/info.js';
import type { StagedFile } from '../fs/staged-file.js';
import type { NamespacePublishOptions, NamespaceStagedFile } from './namespace-options.js';

/** Stores bytes there and then, new. @returns null: it was not done */
type Store = (bytes: Buffer) => Info | null;

/** It was published or discarded by somebody else meanwhile. Not `ResourceNotFound` yet: no directory is missing. */
class Gone extends Error {}

/** How what is held gets into a namespace. */
export interface HeldFileWays {
  /** @returns null: it can't be done that way, and nothing was done */
  publishSoon(
    path: string,
    options: NamespacePublishOptions,
    storeBy: (store: Store) => Info | null,
  ): Promise<Info | null>;
  stage(bytes: Buffer): Promise<StagedFile>;
  /** @param stage asked where `storeBy` can't be used, or gives null */
  publish(
    path: string,
    options: NamespacePublishOptions,
    ways: { storeBy(store: Store): Info | null; stage(): Promise<StagedFile> },
  ): Promise<Info>;
}

/** A small file that is in memory until it is published, and is staged only if it can't be stored at once. */
export class HeldFile implements NamespaceStagedFile {
  readonly size: number;
  readonly #bytes: Buffer;
  readonly #ways: HeldFileWays;
  #staging: Promise<StagedFile> | null = null;
  /** It was published or discarded. */
  #isDone = false;
  /** The path at which it could not be published soon a moment ago: who then asks to publish it there is not made to try twice. */
  #refused: string | null = null;

  /** @param bytes nobody else's */
  constructor(bytes: Buffer, ways: HeldFileWays) {
    this.size = bytes.length;
    this.#bytes = bytes;
    this.#ways = ways;
  }

  /** Resolves when the bytes are staged after all: who publishes several files asks before the first. */
  get synced(): Promise<void> {
    const synced = this.#stage().then((staged) => staged.synced);
    synced.catch(() => undefined); // Told to who waits for it; nobody else need know.
    return synced;
  }

  async publishSoon(path: string, options: NamespacePublishOptions = {}): Promise<Info | null> {
    if (this.#isDone || this.#staging !== null) return null;
    const info = await this.#ways.publishSoon(path, options, (store) => this.#storeBy(store));
    this.#refused = info === null ? path : null;
    return info;
  }

  async publish(path: string, options: NamespacePublishOptions = {}): Promise<Info> {
    const info = this.#refused === path ? null : await this.publishSoon(path, options);
    if (info !== null) return info;
    if (this.#isDone) throw gone(path);
    try {
      const published = await this.#ways.publish(path, options, {
        storeBy: (store) => this.#storeBy(store),
        stage: async () => {
          if (this.#isDone) throw new Gone();
          return this.#stage();
        },
      });
      this.#isDone = true;
      return published;
    } catch (error) {
      throw error instanceof Gone ? gone(path) : error;
    }
  }

  async discard(): Promise<void> {
    this.#isDone = true;
    const staged = await this.#staging?.catch(() => null);
    await staged?.discard();
  }

  /** It may have been published, discarded or staged while this was waited for. */
  #storeBy(store: Store): Info | null {
    const info = this.#isDone || this.#staging !== null ? null : store(this.#bytes);
    this.#isDone ||= info !== null;
    return info;
  }

  #stage(): Promise<StagedFile> {
    if (this.#staging !== null) return this.#staging;
    const staging = this.#ways.stage(this.#bytes);
    this.#staging = staging;
    // Told to who asked, and may be tried again.
    staging.catch(() => {
      this.#staging = null;
    });
    return staging;
  }
}

function gone(path: string): ResourceNotFound {
  return new ResourceNotFound(path, { message: 'the staged file was published or discarded' });
}
