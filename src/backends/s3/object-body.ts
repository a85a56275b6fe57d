/**
 * The bytes of an object, as a stream that survives a broken connection: it
 * asks for the rest of the same version and goes on.
 */
import { Readable } from 'node:stream';
import { OperationFailed, RemoteConnectionError } from '../../errors/errors.js';
import { translateS3Error } from './s3-errors.js';

/** Times that a body may break without a byte in between. */
const TRIES = 3;
const PAUSE_MS = 100;

/** Asks for what follows the first `offset` bytes; `changed` when that version is no more. */
export type Reopen = (offset: number) => Promise<Readable | 'changed'>;

export class ObjectBody extends Readable {
  readonly #path: string;
  readonly #length: number;
  readonly #reopen: Reopen;
  #source: Readable;
  #received = 0;
  #breaks = 0;
  /** Whether somebody waits for bytes. */
  #wanted = false;
  /** It broke while nobody did, so there was no use in asking again. */
  #broken: { readonly cause: unknown } | null = null;
  #timer: NodeJS.Timeout | undefined;

  /** @param length bytes that will come in all */
  constructor(path: string, first: Readable, length: number, reopen: Reopen) {
    super({ highWaterMark: 256 * 1024 });
    this.#path = path;
    this.#length = length;
    this.#reopen = reopen;
    this.#source = first;
    this.#listen(first);
  }

  override _read(): void {
    this.#wanted = true;
    const broken = this.#broken;
    this.#broken = null;
    if (broken === null) this.#source.resume();
    else this.#goOn(broken.cause);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#timer);
    this.#source.destroy();
    callback(error);
  }

  #listen(source: Readable): void {
    source.pause();
    let over = false;
    const ended = (error?: unknown): void => {
      if (over || source !== this.#source) return;
      over = true;
      if (this.#received === this.#length) this.push(null);
      else if (!this.destroyed) this.#onBreak(error);
    };
    source.on('data', (chunk: Buffer) => {
      if (this.destroyed || over) return;
      this.#received += chunk.length;
      this.#breaks = 0;
      if (this.#received > this.#length) this.#fail(undefined);
      else this.#pass(chunk, source);
    });
    source.once('end', () => ended());
    source.once('close', () => ended());
    source.on('error', ended); // For good: a late one concerns nobody.
  }

  #pass(chunk: Buffer, source: Readable): void {
    this.#wanted = false;
    if (this.push(chunk)) this.#wanted = true;
    else if (!this.#wanted) source.pause(); // It may have been asked for more meanwhile.
  }

  /** A connection that waits for a slow reader is cut after a while; it is opened again when he wants more. */
  #onBreak(cause: unknown): void {
    if (this.#wanted) this.#goOn(cause);
    else this.#broken = { cause };
  }

  #goOn(cause: unknown): void {
    if (++this.#breaks > TRIES) {
      this.#fail(cause);
      return;
    }
    this.#timer = setTimeout(() => {
      this.#reopen(this.#received).then(
        (next) => this.#continueWith(next),
        (error: unknown) => this.#goOn(error),
      );
    }, PAUSE_MS * this.#breaks);
  }

  #continueWith(next: Readable | 'changed'): void {
    if (next === 'changed') {
      this.destroy(
        new OperationFailed(this.#path, {
          message: 'the file was replaced while it was read: read it again',
        }),
      );
      return;
    }
    if (this.destroyed) {
      next.destroy();
      return;
    }
    this.#source = next;
    this.#listen(next);
    next.resume();
  }

  #fail(cause: unknown): void {
    const error =
      cause === undefined
        ? new RemoteConnectionError(this.#path, { message: 'S3 broke off in the middle of the file' })
        : translateS3Error(cause, this.#path);
    this.destroy(error as Error);
  }
}
