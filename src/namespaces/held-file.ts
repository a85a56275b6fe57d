import type { Buffer } from 'node:buffer';
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

  /** @param bytes nobody else's */
  constructor(bytes: Buffer, ways: HeldFileWays) {
    this.size = bytes.length;
    this.#bytes = bytes;
    this.#ways = ways;
  }

  publishNow(path: string, options: NamespacePublishOptions = {}): Info | null {
    return this.#staging === null ? this.#ways.publishNow(this.#bytes, path, options) : null;
  }

  async publish(path: string, options: NamespacePublishOptions = {}): Promise<Info> {
    const info = this.publishNow(path, options);
    if (info !== null) return info;
    if (this.#staging === null) {
      this.#staging = this.#ways.stage(this.#bytes);
      // Told to who publishes, and may be tried again.
      this.#staging.catch(() => {
        this.#staging = null;
      });
    }
    return this.#ways.publish(this.#staging, path, options);
  }

  async discard(): Promise<void> {
    const staged = await this.#staging?.catch(() => null);
    await staged?.discard();
  }
}
