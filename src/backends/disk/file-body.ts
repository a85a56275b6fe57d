/**
 * The bytes of an open file as a stream. Like `fs.createReadStream` on a
 * descriptor, but its errors are mayfly's, it knows its end beforehand (so a
 * small file takes one read), and it never closes under a read in flight.
 */
import { Buffer } from 'node:buffer';
import { Readable } from 'node:stream';
import { translateError } from './errno-errors.js';
import { closeRead } from './freeing.js';
import { readCallback } from './system-calls.js';
import type { OpenedFile } from './system-path.js';

const CHUNK_BYTES = 65_536;

export class FileBody extends Readable {
  readonly #file: Pick<OpenedFile, 'fd' | 'stats'>;
  readonly #path: string;
  #at: number;
  readonly #end: number;
  /** Called when the read in flight has come back, to close. */
  #afterRead: (() => void) | null = null;
  #reading = false;

  /** @param end one past the last byte */
  constructor(file: Pick<OpenedFile, 'fd' | 'stats'>, path: string, start: number, end: number) {
    super({ highWaterMark: CHUNK_BYTES });
    this.#file = file;
    this.#path = path;
    this.#at = start;
    this.#end = end;
  }

  override _read(): void {
    const length = Math.min(CHUNK_BYTES, this.#end - this.#at);
    if (length <= 0) {
      this.push(null);
      return;
    }
    // Not from the pool: a consumer may hold a chunk for long, and with it the whole slab.
    const buffer = Buffer.allocUnsafeSlow(length);
    this.#reading = true;
    readCallback(this.#file.fd, buffer, 0, length, this.#at, (error, bytesRead) => {
      this.#reading = false;
      if (this.#afterRead !== null) this.#afterRead();
      else if (error !== null) this.destroy(translateError(error, this.#path) as Error);
      else this.#give(buffer, bytesRead);
    });
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const { fd, stats } = this.#file;
    const close = (): void => closeRead(fd, stats.size, () => callback(error));
    if (this.#reading) this.#afterRead = close;
    else close();
  }

  #give(buffer: Buffer, bytesRead: number): void {
    if (bytesRead === 0) {
      this.push(null); // Cut short by another program meanwhile.
      return;
    }
    this.#at += bytesRead;
    this.push(bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead));
    if (this.#at >= this.#end) this.push(null);
  }
}
