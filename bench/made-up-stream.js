import { randomFillSync } from 'node:crypto';
import { Readable } from 'node:stream';

const CHUNK_BYTES = 64 * 1024;
const noise = randomFillSync(Buffer.allocUnsafe(CHUNK_BYTES));

/** A stream of so many bytes that lie nowhere: each chunk is made when it is asked for, and is like no other. */
export function madeUpStream(bytes) {
  let left = bytes;
  let chunks = 0;
  return new Readable({
    read() {
      if (left === 0) return void this.push(null);
      const chunk = Buffer.from(noise.subarray(0, Math.min(left, CHUNK_BYTES)));
      if (chunk.length >= 4) chunk.writeUInt32LE(chunks++);
      left -= chunk.length;
      this.push(chunk);
    },
  });
}
