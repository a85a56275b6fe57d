import type { Buffer } from 'node:buffer';
import { ResourceNotFound } from '../errors/errors.js';
import type { Info } from '../fs/info.js';
import type { StagedFile } from '../fs/staged-file.js';
import type { NamespacePublishOptions, NamespaceStagedFile } from './namespace-options.js';

/** How what is held gets into a namespace. */
export interface HeldFileWays {
  /** @returns null: it can't be done at once, and nothing was done */
  publishNow(bytes: Buffer, path: string, options: NamespacePublishOptions): Info | null;
  stage(bytes: Buffer): Promise<StagedFile>;
  publish(staging: Promise<StagedFile>, path: string, options: NamespacePublishOptions): Promise<Info>;
}

/** A small file that is in memory until it is published, and is staged only if it can't be stored at once. */
export class HeldFile implements NamespaceStagedFile {
  readonly size: number;
  readonly #bytes: Buffer;
  readonly #ways: HeldFileWays;
  #staging: Promise<StagedFile> | null = null;
  /** It was published or discarded. */
  #isDone = false;
  /** The path at which it could not be published at once a moment ago: who then asks to publish it there is not made to try twice. */
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

  publishNow(path: string, options: NamespacePublishOptions = {}): Info | null {
    if (this.#isDone || this.#staging !== null) return null;
    const info = this.#ways.publishNow(this.#bytes, path, options);
    this.#isDone = info !== null;
    this.#refused = info === null ? path : null;
    return info;
  }

  async publish(path: string, options: NamespacePublishOptions = {}): Promise<Info> {
    const info = this.#refused === path ? null : this.publishNow(path, options);
    if (info !== null) return info;
    if (this.#isDone)
      throw new ResourceNotFound(path, { message: 'the staged file was published or discarded' });
    const published = await this.#ways.publish(this.#stage(), path, options);
    this.#isDone = true;
    return published;
  }

  async discard(): Promise<void> {
    this.#isDone = true;
    const staged = await this.#staging?.catch(() => null);
    await staged?.discard();
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
