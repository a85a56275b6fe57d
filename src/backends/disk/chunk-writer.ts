/**
 * Writes chunks to a descriptor in large pieces, while the next ones arrive.
 *
 * Network streams come in pieces of 64 KiB or less; written one by one, most
 * of the time goes into the calls. At most two pieces are in memory.
 */
import type { Buffer } from 'node:buffer';
import type { ChangingCalls } from './changing-calls.js';

type Writev = ChangingCalls['writev'];

const PIECE_BYTES = 512 * 1024;
/** IOV_MAX is 1024 everywhere that counts. */
const PIECE_CHUNKS = 512;

/**
 * Write all chunks, which must not change once given away. Settles when the
 * descriptor is not in use any more, also when the chunks fail.
 */
export async function writeAll(fd: number, chunks: AsyncIterable<Buffer>, writev: Writev): Promise<void> {
  let piece: Buffer[] = [];
  let bytes = 0;
  const writer = new PieceWriter(fd, writev);
  try {
    for await (const chunk of chunks) {
      piece.push(chunk);
      bytes += chunk.length;
      if (bytes < PIECE_BYTES && piece.length < PIECE_CHUNKS) continue;
      await writer.begin(piece);
      piece = [];
      bytes = 0;
    }
    if (bytes > 0) await writer.begin(piece);
  } finally {
    await writer.settled();
  }
  writer.throwFailure();
}

/** One piece on its way to the disk while the caller gathers the next. */
class PieceWriter {
  readonly #fd: number;
  readonly #writev: Writev;
  /** Never rejects, so that a failure found late is not an unhandled one. */
  #writing: Promise<void> = Promise.resolve();
  #failure: { error: unknown } | null = null;

  constructor(fd: number, writev: Writev) {
    this.#fd = fd;
    this.#writev = writev;
  }

  /** Wait for the piece before, then begin this one. */
  async begin(piece: Buffer[]): Promise<void> {
    await this.#writing;
    this.throwFailure();
    this.#writing = writePiece(this.#fd, piece, this.#writev).catch((error: unknown) => {
      this.#failure = { error };
    });
  }

  settled(): Promise<void> {
    return this.#writing;
  }

  throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
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
