/**
 * The many kinds of sources that a write takes, as one: buffers that come one
 * after the other and belong to the receiver.
 *
 * A source is let go of on every way out. When the receiver stops early, or
 * the signal aborts, a stream is destroyed and a generator is told to return,
 * before the write rejects.
 */

import { Buffer } from 'node:buffer';
import { EventEmitter } from 'node:events';
import { isErrored, isReadable, Readable } from 'node:stream';
import { isUint8Array } from 'node:util/types';
import { codeOf } from '../../errors/code-of.js';
import { OperationFailed } from '../../errors/errors.js';
import type { WriteSource } from '../essentials.js';

/** A source that is being read. */
interface OpenSource {
  next(): Promise<IteratorResult<unknown>>;
  /** Let go of a source that is not wanted to its end. */
  cancel(reason: unknown): void;
  /** Whether the source may write to a buffer again that it has given away. */
  readonly reusesBuffers: boolean;
}

/** The bytes of a source that holds them all, without a copy; null for one that streams. */
function wholeSource(source: WriteSource): Buffer | null {
  if (typeof source === 'string') return Buffer.from(source);
  return isUint8Array(source) ? asBuffer(source) : null;
}

/**
 * Read a source to its end.
 *
 * @param signal aborting it makes the iteration throw the signal's reason
 * @throws TypeError the source, or a chunk of it, is neither bytes nor text
 * @throws OperationFailed a stream was closed before its end
 */
export async function* chunksOf(source: WriteSource, signal?: AbortSignal): AsyncGenerator<Buffer, void> {
  const whole = wholeSource(source);
  if (whole !== null) {
    signal?.throwIfAborted();
    yield whole;
    return;
  }
  const open = openSource(source);
  const interrupt = new Interrupt(signal);
  let finished = false;
  try {
    for (;;) {
      const { done, value } = await interrupt.race(() => open.next());
      finished = done === true;
      if (finished) return;
      const chunk = toBuffer(value);
      if (chunk.length > 0) yield open.reusesBuffers ? Buffer.from(chunk) : chunk;
    }
  } catch (error) {
    throw sourceError(error);
  } finally {
    interrupt.dispose();
    if (!finished) open.cancel(signal?.reason);
  }
}

/** Not listed who is guarded: to V8 a WeakSet that is old keeps what is young, and a stream has all of its request. */
const ignoreError = (): void => undefined;

/**
 * The first thing to do with a source, before anything is awaited: an error of
 * a stream that nobody listens to ends the process. It is not lost by that:
 * who reads the stream later is told.
 */
export function guardSource(source: WriteSource): void {
  if (!(source instanceof EventEmitter) || source.listenerCount('error', ignoreError) > 0) return;
  source.on('error', ignoreError);
}

/**
 * Do what comes before the first byte is read. When that fails the source is let go of.
 * @param signal its reason is told to a web stream that is cancelled for it
 * @throws OperationFailed it was read to its end before, or somebody else is reading it
 */
export async function beforeReading<T>(
  source: WriteSource,
  prepare: () => T | Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  guardSource(source);
  try {
    checkUnread(source);
    return await prepare();
  } catch (error) {
    abandonSource(source, signal?.reason);
    throw error;
  }
}

/** What was read before would be stored as nothing, in the place of what is there. */
function checkUnread(source: WriteSource): void {
  if (isWebStream(source) && source.locked) {
    throw new OperationFailed(undefined, { message: 'the source is being read, or was read before' });
  }
  if (wasRead(source)) {
    throw new OperationFailed(undefined, { message: 'the source was read to its end before, or cancelled' });
  }
}

/** To its end, as far as that can be told: of a generator it can't. Of a stream of Node's that was empty nothing was lost. */
function wasRead(source: WriteSource): boolean {
  if (source instanceof Readable) return source.readableEnded && source.readableDidRead;
  if (!isWebStream(source)) return false;
  const stream = source as unknown as Readable; // The types of these three do not know that they take web streams too.
  return Readable.isDisturbed(stream) && !isReadable(stream) && !isErrored(stream);
}

function isWebStream(source: WriteSource): source is ReadableStream {
  return typeof source === 'object' && source !== null && 'getReader' in source;
}

/**
 * Let go of a source of which nothing was read.
 * @param reason told to a web stream that is cancelled for it
 */
export function abandonSource(source: WriteSource, reason?: unknown): void {
  try {
    if (wholeSource(source) === null) openSource(source).cancel(reason);
  } catch {
    // No source at all, or one that somebody else reads: not ours to close, and the write has failed already.
  }
}

/** What a source has failed with, in our words where Node's say little. */
export function sourceError(cause: unknown): unknown {
  if (codeOf(cause) !== 'ERR_STREAM_PREMATURE_CLOSE') return cause;
  return new OperationFailed(undefined, { message: 'the source was closed before its end', cause });
}

function openSource(source: WriteSource): OpenSource {
  if (source instanceof Readable) return fromReadable(source);
  if (typeof source === 'object' && source !== null) {
    if ('getReader' in source) return fromWebStream(source);
    if ('stream' in source && typeof source.stream === 'function') return fromWebStream(source.stream());
    if (Symbol.asyncIterator in source) return fromIterable(source);
  }
  throw new TypeError(
    'the source of a write must be a string, Uint8Array, stream, async iterable of bytes, or Blob',
  );
}

function fromReadable(source: Readable): OpenSource {
  const iterator: AsyncIterator<unknown> = source[Symbol.asyncIterator]();
  return {
    next: () => iterator.next(),
    cancel: () => {
      guardSource(source); // Its late errors concern nobody any more.
      source.destroy();
    },
    reusesBuffers: false,
  };
}

function fromWebStream(source: { getReader(): WebReader }): OpenSource {
  const reader = source.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    cancel: (reason) => void reader.cancel(reason).catch(() => undefined),
    reusesBuffers: false,
  };
}

interface WebReader {
  read(): Promise<{ done: boolean; value?: unknown }>;
  cancel(reason: unknown): Promise<void>;
}

function fromIterable(source: AsyncIterable<unknown>): OpenSource {
  const iterator = source[Symbol.asyncIterator]();
  return {
    next: () => Promise.resolve(iterator.next()),
    // Not awaited: a generator that hangs in its own await returns only after it.
    cancel: () => {
      void (async () => iterator.return?.())().catch(() => undefined);
    },
    reusesBuffers: true,
  };
}

/**
 * Lets an abort overtake a promise. One listener for the whole iteration:
 * `Promise.race` against a long-lived promise would keep every chunk's
 * reaction until the end.
 */
class Interrupt {
  readonly #signal: AbortSignal | undefined;
  #reject: ((reason: unknown) => void) | null = null;
  readonly #abort = (): void => this.#reject?.(this.#signal?.reason);

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    signal?.addEventListener('abort', this.#abort, { once: true });
  }

  async race<T>(start: () => Promise<T>): Promise<T> {
    const signal = this.#signal;
    if (signal === undefined) return start();
    signal.throwIfAborted();
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#reject = reject;
        start().then(resolve, reject);
      });
    } catch (error) {
      // A source often fails because of the same abort: the reason is the better answer.
      signal.throwIfAborted();
      throw error;
    }
  }

  dispose(): void {
    this.#reject = null;
    this.#signal?.removeEventListener('abort', this.#abort);
  }
}

/** A chunk of a source as bytes. @throws TypeError it is neither bytes nor text */
export function toBuffer(chunk: unknown): Buffer {
  if (isUint8Array(chunk)) return asBuffer(chunk);
  if (typeof chunk === 'string') return Buffer.from(chunk);
  throw new TypeError(`a source must give bytes or text, not ${chunk === null ? 'null' : typeof chunk}`);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Bytes that are written anywhere in a moment. */
const AT_HAND_BYTES = 1024 ** 2;

/** Whether all of a source is in memory, and not much: nobody has to be waited for. */
export function isAtHand(source: WriteSource): boolean {
  if (typeof source === 'string') return source.length <= AT_HAND_BYTES;
  return source instanceof Uint8Array && source.byteLength <= AT_HAND_BYTES;
}
