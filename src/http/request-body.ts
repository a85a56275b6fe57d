/** Bodies of requests, as streams that end in an error when the client hangs up or sends too much. */
import type { IncomingMessage } from 'node:http';
import { Readable, type Writable } from 'node:stream';
import { declaredLength, hasBody } from './answer.js';
import { badRequest, ClientGone, HttpProblem, tooLarge } from './http-problem.js';

const BUFFER_BYTES = 128 * 1024;

/** @throws HttpProblem 400: other middleware has read the body, or has it decoded, so what is left is not what was sent */
export function refuseReadBody(request: IncomingMessage): void {
  if (!hasBody(request)) return;
  if (request.readableDidRead) {
    throw badRequest('The body was read before it came here: mount mayfly before body parsers.');
  }
  // Text can't always be turned back into the bytes that it was, and a stream does not tell where it can.
  if (request.readableEncoding !== null) {
    throw badRequest('The body is read as text: mount mayfly before what calls setEncoding.');
  }
}

/** @throws HttpProblem 415: the content is packed in a way that would be stored as it is */
export function refuseEncodedBody({ headers }: IncomingMessage): void {
  const encoding = headers['content-encoding']?.trim().toLowerCase();
  if (encoding !== undefined && encoding !== '' && encoding !== 'identity') {
    throw new HttpProblem(415, 'A body with a Content-Encoding is not taken.', {
      'Accept-Encoding': 'identity',
    });
  }
}

export function fileTooLarge(maxBytes: number): HttpProblem {
  return tooLarge(`A file may have at most ${maxBytes} bytes here.`);
}

/**
 * The same bytes, with an error in place of the first byte too many. The
 * source is left open whatever happens, so that the client can be answered.
 * @param refuse makes the error
 * @param begun what was read of it; null for nothing
 */
export function limited(
  source: Readable,
  maxBytes: number,
  refuse: () => HttpProblem,
  begun: Buffer | null = null,
): Readable {
  const limit = new ByteLimit(source, maxBytes, refuse);
  if (begun === null ? !isWhole(source) : source.destroyed) return limit.destroy(interrupted(source));
  if (begun !== null) limit.write(begun);
  return limit.begin();
}

/** What there is of a stream without waiting. */
export interface Arrived {
  /** Null for nothing. */
  readonly bytes: Buffer | null;
  /** It is all. */
  readonly isAll: boolean;
}

/**
 * Take what has arrived of a stream. Of a small body that is mostly all, and to
 * read it as a stream costs more than to store it.
 * @param source of bytes, not decoded
 * @throws ClientGone
 */
export async function takeArrived(source: Readable): Promise<Arrived> {
  if (!isWhole(source)) throw interrupted(source, source.errored ?? undefined);
  if (isRequest(source)) return arrivedOf(source);
  const bytes = readBuffered(source);
  // Any other stream says that it has ended, if it has, in the next turn.
  await new Promise<void>((resolve) => process.nextTick(resolve));
  return { bytes, isAll: source.readableEnded };
}

/**
 * Take a body that came together with its head.
 * @returns null when it did not, or was read or decoded by somebody else: then nothing was taken
 */
export async function takeSmall(request: IncomingMessage): Promise<Buffer | null> {
  await null; // The parser goes on from the head to the body only when this turn's work is done.
  return takeWhole(request);
}

/** As `takeSmall`, at some later time than the beginning of a request. */
export function takeWhole(request: IncomingMessage): Buffer | null {
  if (!isWhole(request) || request.readableEncoding !== null) return null;
  const { bytes, isAll } = arrivedOf(request);
  return isAll ? (bytes ?? Buffer.alloc(0)) : null;
}

/** Nothing is taken of what is not all. */
function arrivedOf(request: IncomingMessage): Arrived {
  const declared = declaredLength(request);
  // Requests that are made up by adapters are often complete before all of their body is there.
  const isAll = Number.isNaN(declared) ? request.complete : request.readableLength === declared;
  if (!isAll) return { bytes: null, isAll };
  const bytes = readBuffered(request);
  request.resume(); // Others may wait for its end.
  return { bytes, isAll };
}

/** Null for nothing. */
function readBuffered(source: Readable): Buffer | null {
  return source.read() as Buffer | null;
}

/**
 * Whether all of a body is still to be read: its client may have gone, or been
 * cut off and its bytes dropped, while we asked whether it may come in.
 */
export function isWhole(source: Readable): boolean {
  // Where there is none, whoever came before may have read just that.
  if (isRequest(source) && !hasBody(source)) return !source.destroyed || source.readableEnded;
  return !source.destroyed && !source.readableDidRead;
}

function interrupted(source: Readable, error?: Error): Error {
  return isRequest(source) || error === undefined ? new ClientGone(error) : error;
}

function isRequest(source: Readable): source is IncomingMessage {
  return 'complete' in source;
}

/**
 * A transform would have every chunk wait in line twice, so this only looks
 * like one to `pipe`. A pipe it is, as whoever answers takes the request off
 * it: then neither bytes nor the end come here any more.
 */
class ByteLimit extends Readable {
  readonly #source: Readable;
  readonly #maxBytes: number;
  readonly #refuse: () => HttpProblem;
  #bytes = 0;
  #hasEnded = false;
  #needsDrain = false;

  constructor(source: Readable, maxBytes: number, refuse: () => HttpProblem) {
    super({ highWaterMark: BUFFER_BYTES });
    this.#source = source;
    this.#maxBytes = maxBytes;
    this.#refuse = refuse;
    source.once('error', (error: Error) => void this.destroy(interrupted(source, error)));
    // Not whether the source has ended: of one that was taken off the pipe meanwhile the end went nowhere.
    source.once('close', () => {
      if (!this.#hasEnded) this.destroy(interrupted(source));
    });
    // Whoever reads has listeners of his own; an error after that concerns nobody.
    this.on('error', () => undefined);
  }

  begin(): this {
    this.#source.pipe(this as unknown as Writable);
    return this;
  }

  /** As of a writable. */
  get writableNeedDrain(): boolean {
    return this.#needsDrain;
  }

  /** As of a writable. */
  write(chunk: Buffer | string): boolean {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    this.#bytes += bytes.length;
    if (this.#bytes > this.#maxBytes) this.destroy(this.#refuse());
    else this.#needsDrain = !this.push(bytes);
    return !this.#needsDrain;
  }

  /** As of a writable. */
  end(): void {
    this.#hasEnded = true;
    this.push(null);
  }

  override _read(): void {
    if (!this.#needsDrain) return;
    this.#needsDrain = false;
    this.emit('drain');
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#source.unpipe(this as unknown as Writable);
    callback(error);
  }
}

/**
 * Read a small body whole.
 * @throws HttpProblem 413 over `maxBytes`; ClientGone
 */
export async function readSmallBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const refuse = (): HttpProblem => tooLarge(`The body may have at most ${maxBytes} bytes.`);
  for await (const chunk of limited(request, maxBytes, refuse)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
