/** Sources of writes that push: what comes is taken as it comes, with a turn of the event loop for nothing but waiting. */
import type { Buffer } from 'node:buffer';
import { Duplex, finished, Readable } from 'node:stream';
import type { WriteSource } from '../essentials.js';
import { chunksOf, guardSource, sourceError, toBuffer } from './source.js';

/**
 * Takes a chunk, which is its own from then on.
 * @returns what is to be waited for before the next one; null: it may come at once
 */
export type Take = (chunk: Buffer) => Promise<void> | null;

/**
 * Give all of a source to `take`, in order; the source is let go of on every
 * way out, as by `chunksOf`. Streams of Node are not iterated: that costs some
 * ten promises a chunk, which is more than it costs to write one.
 *
 * @throws what `take` throws, and as `chunksOf`; where the source fails or is aborted, what is being taken may still be
 */
export async function feed(source: WriteSource, take: Take, signal?: AbortSignal): Promise<void> {
  if (mayFlow(source)) return new Flow(source, take, signal).done;
  for await (const chunk of chunksOf(source, signal)) {
    const busy = take(chunk);
    if (busy !== null) await busy;
  }
}

/** A stream that nobody else reads, and that is in no special state. What is open on both sides is rare, and closed in another way. */
function mayFlow(source: WriteSource): source is Readable {
  if (!(source instanceof Readable) || source instanceof Duplex) return false;
  if (source.destroyed || source.readableEnded || source.readableFlowing !== null) return false;
  return source.listenerCount('readable') === 0 && source.listenerCount('data') === 0;
}

/** The reading of one stream to its end. */
class Flow {
  readonly done: Promise<void>;
  readonly #source: Readable;
  readonly #take: Take;
  readonly #signal: AbortSignal | undefined;
  readonly #forget: () => void;
  #resolve: () => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  /** What has come is being taken, and the stream is paused. */
  #busy: Promise<unknown> | null = null;
  #isOver = false;
  /** By `read`, as somebody else does. */
  #reads = false;

  constructor(source: Readable, take: Take, signal: AbortSignal | undefined) {
    this.#source = source;
    this.#take = take;
    this.#signal = signal;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#forget = finished(source, { writable: false }, this.#onEnd);
    if (signal?.aborted) {
      this.#fail(signal.reason);
      return;
    }
    signal?.addEventListener('abort', this.#onAbort);
    source.on('newListener', this.#onListener).on('pause', this.#onPause).on('data', this.#onData);
  }

  readonly #onData = (chunk: unknown): void => {
    try {
      const bytes = toBuffer(chunk);
      if (bytes.length === 0) return;
      // What comes all the same, as somebody else reads the stream too, waits here.
      const busy = this.#busy === null ? this.#take(bytes) : this.#busy.then(() => this.#takeLate(bytes));
      if (busy !== null) this.#waitFor(busy);
    } catch (error) {
      this.#fail(error);
    }
  };

  readonly #onEnd = (error?: Error | null): void => {
    if (error) this.#fail(error);
    // A stream may end with its last chunk, which is still being taken.
    else if (this.#busy !== null)
      this.#busy.then(
        () => this.#succeed(),
        () => undefined,
      );
    else this.#succeed();
  };

  /** Paused by somebody else, who may have piped the stream elsewhere: he does not wait for us, nor we for him. */
  readonly #onPause = (): void => {
    if (this.#busy === null) process.nextTick(this.#goOn);
  };

  /** Where somebody listens for 'readable' a stream does not flow: all have to read. */
  readonly #onListener = (event: string | symbol): void => {
    if (event !== 'readable' || this.#reads) return;
    this.#reads = true;
    this.#source.on('readable', this.#goOn);
  };

  readonly #goOn = (): void => {
    if (this.#isOver || this.#busy !== null) return;
    if (!this.#reads) this.#source.resume();
    else while (this.#busy === null && !this.#isOver && this.#source.read() !== null);
  };

  readonly #onAbort = (): void => this.#fail(this.#signal?.reason);

  #takeLate(bytes: Buffer): Promise<void> | null {
    return this.#isOver ? null : this.#take(bytes);
  }

  #waitFor(busy: Promise<unknown>): void {
    this.#busy = busy;
    this.#source.pause();
    busy.then(
      () => {
        if (this.#busy !== busy) return;
        this.#busy = null;
        this.#goOn();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #succeed(): void {
    if (this.#isOver) return;
    this.#letGo();
    this.#resolve();
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#letGo();
    guardSource(this.#source); // Its late errors concern nobody any more.
    this.#source.destroy();
    // A source often fails because of the abort: the reason is the better answer.
    this.#reject(this.#signal?.aborted ? this.#signal.reason : sourceError(error));
  }

  #letGo(): void {
    this.#isOver = true;
    this.#forget();
    this.#source.off('newListener', this.#onListener).off('pause', this.#onPause).off('data', this.#onData);
    this.#source.off('readable', this.#goOn);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}
