/**
 * Writes chunks to a descriptor in large pieces, while the next ones arrive.
 *
 * Network streams come in pieces of 64 KiB or less; written one by one, most
 * of the time goes into the calls. At most two pieces are in memory, if whoever
 * brings the chunks waits when told to.
 */
import type { Buffer } from 'node:buffer';
import type { ChangingCalls } from './changing-calls.js';

type Writev = ChangingCalls['writev'];

const PIECE_BYTES = 512 * 1024;
/** IOV_MAX is 1024 everywhere that counts. */
const PIECE_CHUNKS = 512;

/** Gathers chunks to pieces: one is on its way to the disk while the next is gathered. */
export class ChunkWriter {
  readonly #fd: number;
  readonly #writev: Writev;
  #piece: Buffer[] = [];
  #bytes = 0;
  /** Null when nothing is on its way. Never rejects, so that a failure found late is not an unhandled one. */
  #writing: Promise<void> | null = null;
  #isStopped = false;
  /** What a write has failed with; nothing is written after it. */
  failure: { readonly error: unknown } | null = null;

  constructor(fd: number, writev: Writev) {
    this.#fd = fd;
    this.#writev = writev;
  }

  /**
   * Take a chunk, which must not change once it is given away.
   * @returns what is to be waited for before the next; null for nothing
   * @throws what a write before has failed with
   */
  take(chunk: Buffer): Promise<void> | null {
    this.#throwFailure();
    this.#piece.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < PIECE_BYTES && this.#piece.length < PIECE_CHUNKS) return null;
    if (this.#writing !== null) return this.#flush();
    this.#begin();
    return null;
  }

  /** Write what is left. @throws what a write has failed with */
  async finish(): Promise<void> {
    if (this.#bytes > 0) await this.#flush();
    await this.#writing;
    this.#throwFailure();
  }

  /** Write nothing more, also of what was taken. Resolves when the descriptor is not in use any more; never rejects. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#writing;
  }

  async #flush(): Promise<void> {
    await this.#writing;
    this.#throwFailure();
    this.#begin();
  }

  #begin(): void {
    // Who had a piece wait for its turn may be gone by now, and the descriptor with him.
    if (this.#isStopped) return;
    const piece = this.#piece;
    this.#piece = [];
    this.#bytes = 0;
    this.#writing = this.#write(piece);
  }

  async #write(piece: Buffer[]): Promise<void> {
    try {
      await writePiece(this.#fd, piece, this.#writev);
    } catch (error) {
      this.failure = { error };
    }
    this.#writing = null;
  }

  #throwFailure(): void {
    if (this.failure !== null) throw this.failure.error;
  }
}

/** A single writev may write less than it was given. */
async function writePiece(fd: number, piece: Buffer[], writev: Writev): Promise<void> {
  let rest = piece.filter((chunk) => chunk.length > 0);
  while (rest.length > 0) {
    let bytesWritten = await writev(fd, rest);
    if (bytesWritten === 0) throw wroteNothing();
    let whole = 0;
    for (const chunk of rest) {
      if (bytesWritten < chunk.length) break;
      bytesWritten -= chunk.length;
      whole++;
    }
    rest = rest.slice(whole);
    if (bytesWritten > 0 && rest[0] !== undefined) rest[0] = rest[0].subarray(bytesWritten);
  }
}

/** Some network file systems and FUSE say so and no more; to go on trying would have no end. */
function wroteNothing(): Error {
  return Object.assign(new Error('nothing was written, and no reason given'), {
    code: 'EIO',
    syscall: 'writev',
  });
}
