/** A file that is open to be served, a piece at a time. */
import type { Buffer } from 'node:buffer';
import type { OpenFile } from '../../fs/servable.js';
import { translateError } from './errno-errors.js';
import { closeRead } from './freeing.js';
import { read } from './system-calls.js';
import type { OpenedFile } from './system-path.js';

export class OpenDiskFile implements OpenFile {
  readonly #path: string;
  readonly #size: number;
  #fd: number | null;
  #reads = 0;
  #closing = false;

  /** @param path for errors */
  constructor({ fd, stats }: Pick<OpenedFile, 'fd' | 'stats'>, path: string) {
    this.#fd = fd;
    this.#size = stats.size;
    this.#path = path;
  }

  async read(into: Buffer, position: number): Promise<number> {
    if (this.#fd === null || this.#closing) throw new Error('the file is closed');
    this.#reads++;
    try {
      return (await read(this.#fd, into, 0, into.length, position)).bytesRead;
    } catch (error) {
      throw translateError(error, this.#path);
    } finally {
      this.#reads--;
      if (this.#closing) this.close();
    }
  }

  close(): void {
    this.#closing = true;
    if (this.#fd === null || this.#reads > 0) return; // Never under a read: its number may be another file's by then.
    closeRead(this.#fd, this.#size);
    this.#fd = null;
  }
}
