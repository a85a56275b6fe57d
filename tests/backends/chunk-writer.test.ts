import { Buffer } from 'node:buffer';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { ChunkWriter } from '../../src/backends/disk/chunk-writer.js';

async function write(writer: ChunkWriter, ...texts: string[]): Promise<void> {
  for (const text of texts) await writer.take(Buffer.from(text));
  await writer.finish();
}

const MIB = 1024 ** 2;

/** A writev that takes so many bytes at each call, and tells what it took. */
function slowWritev(takes: readonly number[]) {
  let written = '';
  let calls = 0;
  return {
    written: () => written,
    writev: (_: number, buffers: NodeJS.ArrayBufferView[]): number => {
      const bytes = Buffer.concat(buffers as Buffer[]);
      const took = takes[calls++];
      if (took === undefined) throw new Error('called too often');
      written += bytes.subarray(0, took).toString();
      return Math.min(took, bytes.length);
    },
  };
}

/** A writev that ends when it is told to, and what was given to it. */
function heldWritev() {
  const pieces: string[] = [];
  const ends: (() => void)[] = [];
  return {
    pieces,
    end: () => ends.shift()?.(),
    writev: (_: number, buffers: NodeJS.ArrayBufferView[]): Promise<number> => {
      const bytes = Buffer.concat(buffers as Buffer[]);
      pieces.push(bytes.toString());
      return new Promise((resolve) => ends.push(() => resolve(bytes.length)));
    },
  };
}

describe('ChunkWriter', () => {
  it('goes on where a writev has stopped, within a chunk or between two', async () => {
    const { writev, written } = slowWritev([2, 1, 4, 100]);
    await write(new ChunkWriter(1, writev), 'abc', '', 'defg', 'hij');
    expect(written()).toBe('abcdefghij');
  });

  it('gives up when a writev writes nothing', async () => {
    const { writev, written } = slowWritev([2, 0]);
    await expect(write(new ChunkWriter(1, writev), 'abc')).rejects.toMatchObject({
      code: 'EIO',
      syscall: 'writev',
    });
    expect(written()).toBe('ab');
  });

  it('takes a second piece while the first is written, and has who brings more wait', async () => {
    const { writev, pieces, end } = heldWritev();
    const writer = new ChunkWriter(1, writev);
    expect(writer.take(Buffer.alloc(MIB, 'a'))).toBeNull();
    const second = writer.take(Buffer.alloc(MIB, 'b'));
    expect(second).toBeInstanceOf(Promise);
    expect(pieces).toHaveLength(1);
    end();
    await second;
    expect(pieces.map((piece) => piece[0])).toEqual(['a', 'b']);
    end();
    await writer.finish();
  });

  it('tells who finishes of a write that fails only then', async () => {
    const failure = new Error('the disk is full');
    let fail: (error: Error) => void = () => undefined;
    const writer = new ChunkWriter(1, () => new Promise((_, reject) => (fail = reject)));
    writer.take(Buffer.alloc(MIB));
    const finished = writer.finish();
    fail(failure);
    await expect(finished).rejects.toBe(failure);
    expect(writer.failure).toEqual({ error: failure });
  });

  it('takes nothing after a write that has failed', async () => {
    const failure = new Error('the disk is full');
    const writer = new ChunkWriter(1, () => Promise.reject(failure));
    writer.take(Buffer.alloc(MIB));
    await writer.stop();
    expect(() => writer.take(Buffer.from('more'))).toThrow(failure);
  });

  it('begins nothing more once it has stopped, also not with a piece that waits for its turn', async () => {
    const { writev, pieces, end } = heldWritev();
    const writer = new ChunkWriter(1, writev);
    writer.take(Buffer.alloc(MIB, 'a'));
    const waiting = writer.take(Buffer.alloc(MIB, 'b'));
    let hasStopped = false;
    const stopped = writer.stop().then(() => {
      hasStopped = true;
    });
    await turn();
    expect(hasStopped).toBe(false);
    end();
    await Promise.all([stopped, waiting]);
    await turn();
    expect(pieces.map((piece) => piece[0])).toEqual(['a']);
  });
});
