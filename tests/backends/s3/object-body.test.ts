import { once } from 'node:events';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { ObjectBody } from '../../../src/backends/s3/object-body.js';

const CHUNK_BYTES = 512 * 1024;
const chunk = Buffer.alloc(CHUNK_BYTES, 'x');

/** Gives one chunk and then nothing. */
function stalling(): Readable {
  let given = false;
  return new Readable({
    read() {
      if (!given) this.push(chunk);
      given = true;
    },
  });
}

describe('a body that breaks while its reader takes a rest', () => {
  it('is asked for again when he reads on, and not before', async () => {
    const offsets: number[] = [];
    const first = stalling();
    const body = new ObjectBody('a', first, 2 * CHUNK_BYTES, async (offset) => {
      offsets.push(offset);
      return Readable.from([chunk], { objectMode: false });
    });
    await once(body, 'readable'); // More than the body keeps at hand lies there, and nobody takes it.
    first.destroy(new Error('reset'));
    await sleep(300);
    expect(offsets).toEqual([]);
    expect((await buffer(body)).length).toBe(2 * CHUNK_BYTES);
    expect(offsets).toEqual([CHUNK_BYTES]);
  });
});
