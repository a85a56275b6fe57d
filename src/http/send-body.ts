/**
 * The bytes of a served file, at the client's pace.
 *
 * From an open file they come in large pieces, as every piece costs a turn of
 * the thread pool; but all answers together have a budget, so that a thousand
 * slow clients take no more memory than a few fast ones.
 */
import { Buffer } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import { ServerResponse as PlainResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { OpenFile } from '../fs/servable.js';
import type { Multipart, ServedRange } from './semantics/range.js';

const MOST_PIECE_BYTES = 512 * 1024;
const LEAST_PIECE_BYTES = 64 * 1024;
/** Pieces of all answers under way; past a thousand of them each has the least piece. */
const BUDGET_BYTES = 64 * 1024 * 1024;

/** Answers under way that read from open files. */
let underWay = 0;

/** Part of a file, or several with what frames them. */
export interface BodyParts {
  readonly ranges: readonly ServedRange[];
  readonly framing: Multipart | null;
}

/** Send from memory. */
export function sendFromMemory(
  response: ServerResponse,
  bytes: Buffer,
  { ranges, framing }: BodyParts,
): void {
  const parts = ranges.flatMap(({ first, last }, i) => {
    const part = bytes.subarray(first, last + 1);
    return framing === null ? [part] : [Buffer.from(framing.heads[i] ?? ''), part];
  });
  if (framing !== null) parts.push(Buffer.from(framing.tail));
  response.end(parts.length === 1 ? parts[0] : Buffer.concat(parts));
}

/** Send from an open file, which is left open. An answer that the file turns out too short for is cut off. */
export async function sendFromFile(
  response: ServerResponse,
  file: OpenFile,
  { ranges, framing }: BodyParts,
): Promise<void> {
  underWay++;
  try {
    const pieces = new Pieces(response, file);
    for (const [i, range] of ranges.entries()) {
      if (framing !== null) await handOver(response, Buffer.from(framing.heads[i] ?? ''));
      if (!(await pieces.send(range))) return;
    }
    response.end(framing === null ? undefined : framing.tail);
  } finally {
    underWay--;
  }
}

class Pieces {
  readonly #response: ServerResponse;
  readonly #file: OpenFile;
  #buffer: Buffer | null = null;

  constructor(response: ServerResponse, file: OpenFile) {
    this.#response = response;
    this.#file = file;
  }

  /** @returns false when the answer is over: the client hung up, or there is nothing more to send */
  async send({ first, last }: ServedRange): Promise<boolean> {
    const response = this.#response;
    for (let at = first; at <= last; ) {
      const piece = this.#piece(last + 1 - at);
      const count = await this.#file.read(piece, at);
      if (response.destroyed) return false;
      if (count === 0) {
        response.destroy(); // The length is promised, and the client must not wait for the rest.
        return false;
      }
      at += count;
      await handOver(response, count === piece.length ? piece : piece.subarray(0, count));
      if (response.destroyed) return false;
    }
    return true;
  }

  #piece(length: number): Buffer {
    const fair = Math.floor(BUDGET_BYTES / underWay);
    const size = Math.min(length, Math.max(LEAST_PIECE_BYTES, Math.min(MOST_PIECE_BYTES, fair)));
    if (!isPlain(this.#response)) return Buffer.allocUnsafeSlow(size);
    // What was handed over has been taken by the system, so the same memory will do again.
    if (this.#buffer === null || this.#buffer.length < size || size < this.#buffer.length / 2) {
      this.#buffer = Buffer.allocUnsafeSlow(size);
    }
    return this.#buffer.length === size ? this.#buffer : this.#buffer.subarray(0, size);
  }
}

/** Whether nobody stands between us and node:http, who might keep chunks or forget callbacks (compression does). */
function isPlain(response: ServerResponse): boolean {
  return response.write === PlainResponse.prototype.write;
}

/** Write, and wait until the next piece may come: until the system has this one, or until the connection is closed. */
function handOver(response: ServerResponse, chunk: Buffer): Promise<void> {
  if (response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('close', done);
      response.off('drain', done);
      resolve();
    };
    response.once('close', done);
    if (isPlain(response)) response.write(chunk, done);
    else if (response.write(chunk)) done();
    else response.once('drain', done);
  });
}

/**
 * Send a stream without ending the answer. A body that fails or ends too early
 * cuts the connection: the length is promised, and the client must not wait for it.
 *
 * @returns false when the answer is over
 */
export function sendStream(body: Readable, response: ServerResponse, length: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let left = length;
    const closed = (): void => {
      body.destroy();
      resolve(false);
    };
    body.on('data', (chunk: Buffer) => {
      left -= chunk.length;
    });
    body.once('end', () => {
      response.off('close', closed);
      if (left !== 0) response.destroy();
      resolve(left === 0);
    });
    body.once('error', reject); // The answer has begun, so it will be cut off.
    response.once('close', closed);
    if (response.destroyed) closed();
    else body.pipe(response, { end: false });
  });
}
