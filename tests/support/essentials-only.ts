import type { Readable } from 'node:stream';
import { MemoryFS } from '../../src/backends/memory/memory-filesystem.js';
import type { Meta } from '../../src/fs/capabilities.js';
import { beforeReading } from '../../src/fs/derived/source.js';
import type {
  InfoChanges,
  MakeDirOptions,
  ReadOptions,
  WriteOptions,
  WriteSource,
} from '../../src/fs/essentials.js';
import { Filesystem } from '../../src/fs/filesystem.js';
import type { Info } from '../../src/fs/info.js';

/** A backend that implements what it must and nothing more: all the rest is derived. */
export class EssentialsOnlyFS extends Filesystem {
  readonly #files = new MemoryFS();

  override async getInfo(path: string): Promise<Info> {
    return this.#files.getInfo(this.validatePath(path));
  }

  override async *scanDir(path: string): AsyncIterable<Info> {
    yield* this.#files.scanDir(this.validatePath(path));
  }

  override async makeDir(path: string, options?: MakeDirOptions): Promise<void> {
    return this.#files.makeDir(this.validatePath(path), options);
  }

  override async openRead(path: string, options?: ReadOptions): Promise<Readable> {
    return this.#files.openRead(this.validatePath(path), options);
  }

  override async write(path: string, source: WriteSource, options?: WriteOptions): Promise<Info> {
    const target = await beforeReading(source, () => this.validatePath(path));
    return this.#files.write(target, source, options);
  }

  override async remove(path: string): Promise<void> {
    return this.#files.remove(this.validatePath(path));
  }

  override async removeDir(path: string): Promise<void> {
    return this.#files.removeDir(this.validatePath(path));
  }

  override async setInfo(path: string, changes: InfoChanges): Promise<void> {
    return this.#files.setInfo(this.validatePath(path), changes);
  }

  override getMeta(): Meta {
    return { ...super.getMeta(), setTimes: true, contentType: true, filename: true };
  }
}
