import { Buffer } from 'node:buffer';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { ClientGone } from '../../src/http/http-problem.js';
import { fileTooLarge, limited } from '../../src/http/request-body.js';

const KIB = 1024;

/** A stream that gives what it is told to. */
function pushed(): Readable {
  return new Readable({ read: () => undefined });
}

/** A stream of so many chunks of 64 KiB, and how many of them were asked for. */
function counted(chunks: number): { source: Readable; given: () => number } {
  let given = 0;
  const source = new Readable({
    read() {
      this.push(given < chunks ? Buffer.alloc(64 * KIB, given) : null);
      given++;
    },
  });
  return { source, given: () => given };
}

function limit(source: Readable, maxBytes = Number.POSITIVE_INFINITY, begun: Buffer | null = null): Readable {
  return limited(source, maxBytes, () => fileTooLarge(maxBytes), begun);
}

async function bytesOf(stream: Readable): Promise<Buffer> {
  return Buffer.concat(await stream.toArray());
}

describe('a body under a limit', () => {
  it('gives all to who reads slowly', async () => {
    const { source } = counted(20);
    const chunks: Buffer[] = [];
    for await (const chunk of limit(source)) {
      chunks.push(chunk);
      await turn();
    }
    const expected = Buffer.concat(Array.from({ length: 20 }, (_, i) => Buffer.alloc(64 * KIB, i)));
    expect(Buffer.concat(chunks).equals(expected)).toBe(true);
  });

  it('asks for no more than some chunks of which nobody reads anything', async () => {
    const { source, given } = counted(100);
    limit(source);
    for (let turns = 0; turns < 50; turns++) await turn();
    expect(given()).toBeLessThan(8);
  });

  it('asks for nothing where what was read of it before is much already', async () => {
    const { source, given } = counted(100);
    limit(source, undefined, Buffer.alloc(512 * KIB));
    for (let turns = 0; turns < 50; turns++) await turn();
    expect(given()).toBeLessThan(4);
  });

  it.each([
    ['exactly as much', 8, false],
    ['one byte more', 7, true],
  ])('of which there is %s', async (_, maxBytes, isRefused) => {
    const source = Readable.from([Buffer.from('abcd'), Buffer.from('efgh')], { objectMode: false });
    const bytes = bytesOf(limit(source, maxBytes));
    if (isRefused) await expect(bytes).rejects.toMatchObject({ status: 413 });
    else expect((await bytes).toString()).toBe('abcdefgh');
  });

  it('counts the bytes of text', async () => {
    await expect(bytesOf(limit(Readable.from(['€€']), 5))).rejects.toMatchObject({ status: 413 });
    expect((await bytesOf(limit(Readable.from(['€€']), 6))).toString()).toBe('€€');
  });

  it('leaves the rest of a body that is too large to others', async () => {
    const source = pushed();
    const bytes = bytesOf(limit(source, 3));
    source.push('abcd');
    await expect(bytes).rejects.toMatchObject({ status: 413 });
    expect(source.destroyed).toBe(false);
    source.resume().push('rest');
    source.push(null);
    await turn();
    expect(source.readableEnded).toBe(true);
  });

  it('is not whole where it was taken off the pipe before its end', async () => {
    const source = pushed();
    const bytes = bytesOf(limit(source));
    source.push('abcd');
    await turn();
    source.unpipe();
    source.resume().push(null);
    await expect(bytes).rejects.toBeInstanceOf(ClientGone);
    expect(source.readableEnded).toBe(true);
  });
});
