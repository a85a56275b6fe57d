import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import { writeAll } from '../../src/backends/disk/chunk-writer.js';

async function* chunks(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

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

describe('writeAll', () => {
  it('goes on where a writev has stopped, within a chunk or between two', async () => {
    const { writev, written } = slowWritev([2, 1, 4, 100]);
    await writeAll(1, chunks('abc', '', 'defg', 'hij'), writev);
    expect(written()).toBe('abcdefghij');
  });

  it('gives up when a writev writes nothing', async () => {
    const { writev, written } = slowWritev([2, 0]);
    await expect(writeAll(1, chunks('abc'), writev)).rejects.toMatchObject({
      code: 'EIO',
      syscall: 'writev',
    });
    expect(written()).toBe('ab');
  });
});
