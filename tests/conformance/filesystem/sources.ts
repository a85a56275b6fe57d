import { PassThrough, Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { describe, expect, it } from '@jest/globals';
import type { WriteSource } from '../../../src/fs/essentials.js';
import { expectError, rejectionOf } from '../../support/expect-error.js';
import type { Subject } from '../filesystem.js';

async function* chunks(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

/** Yields once and then waits until it is told to return, or for ever. */
function hanging(state: { returned: boolean }): AsyncIterable<Uint8Array> {
  let given = false;
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        if (given) return new Promise(() => undefined);
        given = true;
        return Promise.resolve({ done: false, value: Buffer.from('begun') });
      },
      return: async () => {
        state.returned = true;
        return { done: true, value: undefined };
      },
    }),
  };
}

const sources: [string, () => WriteSource][] = [
  ['string', () => 'hé😀'],
  ['Buffer', () => Buffer.from('hé😀')],
  ['Uint8Array view', () => new Uint8Array(Buffer.from('--hé😀--')).subarray(2, 9)],
  ['Readable of buffers', () => Readable.from([Buffer.from('hé'), Buffer.from('😀')])],
  ['Readable of text', () => Readable.from(['hé', '😀'])],
  [
    'Readable with empty chunks',
    () => Readable.from([Buffer.alloc(0), Buffer.from('hé😀'), Buffer.alloc(0)]),
  ],
  ['async iterable', () => chunks(Buffer.from('hé'), new Uint8Array(Buffer.from('😀')))],
  ['web stream', () => new Blob(['hé😀']).stream() as ReadableStream<Uint8Array>],
  ['Blob', () => new Blob(['hé', '😀'])],
];

export function describeSources(subject: Subject): void {
  describe('sources of a write', () => {
    it.each(sources)('takes a %s', async (_, source) => {
      const info = await subject.fs.write('f', source());
      expect(info.size).toBe(7);
      expect(await subject.fs.readText('f')).toBe('hé😀');
    });

    it.each<[string, () => WriteSource]>([
      ['string', () => ''],
      ['Buffer', () => Buffer.alloc(0)],
      ['Readable', () => Readable.from([])],
      ['async iterable', () => chunks()],
      ['Blob', () => new Blob([])],
    ])('stores nothing of an empty %s as an empty file', async (_, source) => {
      expect((await subject.fs.write('f', source())).size).toBe(0);
      expect((await subject.fs.readBytes('f')).length).toBe(0);
    });

    it('takes a source of many chunks', async () => {
      const parts = Array.from({ length: 3000 }, (_, i) => Buffer.alloc((i % 700) + 1, i % 251));
      await subject.fs.write('f', chunks(...parts));
      expect((await subject.fs.readBytes('f')).equals(Buffer.concat(parts))).toBe(true);
    });

    it('takes a source that uses its buffer again', async () => {
      async function* reusing(): AsyncGenerator<Uint8Array> {
        const buffer = Buffer.alloc(1000);
        for (let i = 0; i < 50; i++) yield buffer.fill(i);
      }
      await subject.fs.write('f', reusing());
      const expected = Buffer.concat(Array.from({ length: 50 }, (_, i) => Buffer.alloc(1000, i)));
      expect((await subject.fs.readBytes('f')).equals(expected)).toBe(true);
    });

    it('is not changed with the bytes it was given', async () => {
      const bytes = Buffer.from('before');
      await subject.fs.write('f', bytes);
      bytes.fill('x');
      expect(await subject.fs.readText('f')).toBe('before');
    });

    it.each<[string, unknown]>([
      ['a number', 42],
      ['null', null],
      ['undefined', undefined],
      ['an array', [1, 2]],
      ['a number in a stream', Readable.from([Buffer.from('a'), 5])],
      ['an object in an iterable', chunks({ length: 3 } as never)],
    ])('refuses %s with a TypeError, and leaves nothing', async (_, source) => {
      await subject.fs.makeDir('d');
      await expectError(subject.fs.write('d/f', source as WriteSource), TypeError);
      expect(await subject.fs.listDir('d')).toEqual([]);
    });

    it('rejects with what a source throws, and keeps the old file', async () => {
      const { fs } = subject;
      const boom = new Error('boom');
      async function* failing(): AsyncGenerator<Uint8Array> {
        yield Buffer.alloc(100_000);
        throw boom;
      }
      await fs.makeDir('d');
      await fs.write('d/f', 'old');
      expect(await rejectionOf(fs.write('d/f', failing()))).toBe(boom);
      const stream = new Readable({ read: () => void stream.destroy(boom) });
      expect(await rejectionOf(fs.write('d/g', stream))).toBe(boom);
      expect(await fs.listDir('d')).toEqual(['f']);
      expect(await fs.readText('d/f')).toBe('old');
    });

    it('rejects when a stream closes before its end', async () => {
      const source = new PassThrough();
      source.write('half');
      const written = rejectionOf(subject.fs.write('f', source));
      setImmediate(() => source.destroy());
      expect(await written).toMatchObject({ code: 'OperationFailed' });
      expect(await subject.fs.exists('f')).toBe(false);
    });

    it('closes a generator that gave a wrong chunk', async () => {
      let closed = false;
      async function* wrong(): AsyncGenerator<Uint8Array> {
        try {
          yield 1 as never;
        } finally {
          closed = true;
        }
      }
      await expectError(subject.fs.write('f', wrong()), TypeError);
      expect(closed).toBe(true);
    });
  });

  describe('the signal of a write', () => {
    const reason = { why: 'not an error, but the reason' };

    it('rejects with its reason when it is aborted before', async () => {
      const source = Readable.from([Buffer.from('x')]);
      const write = subject.fs.write('f', source, { signal: AbortSignal.abort(reason) });
      expect(await rejectionOf(write)).toBe(reason);
      expect(source.destroyed).toBe(true);
      expect(await rejectionOf(subject.fs.write('f', 'x', { signal: AbortSignal.abort(reason) }))).toBe(
        reason,
      );
      expect(await subject.fs.exists('f')).toBe(false);
    });

    it('interrupts a stream that gives nothing more, and destroys it', async () => {
      const { fs } = subject;
      await fs.makeDir('d');
      await fs.write('d/f', 'old');
      const source = new PassThrough();
      source.write(Buffer.alloc(10_000));
      const abort = new AbortController();
      const written = rejectionOf(fs.write('d/f', source, { signal: abort.signal }));
      setTimeout(() => abort.abort(reason), 20);
      expect(await written).toBe(reason);
      expect(source.destroyed).toBe(true);
      expect(await fs.readText('d/f')).toBe('old');
      expect(await fs.listDir('d')).toEqual(['f']);
    });

    it('interrupts an iterable that hangs, and tells it to return', async () => {
      const state = { returned: false };
      const abort = new AbortController();
      const written = rejectionOf(subject.fs.write('f', hanging(state), { signal: abort.signal }));
      setTimeout(() => abort.abort(reason), 20);
      expect(await written).toBe(reason);
      expect(state.returned).toBe(true);
    });

    it('interrupts a web stream, and cancels it', async () => {
      let cancelled: unknown;
      const source = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(Buffer.from('x')),
        cancel: (why) => {
          cancelled = why;
        },
      });
      const abort = new AbortController();
      const written = rejectionOf(subject.fs.write('f', source, { signal: abort.signal }));
      setTimeout(() => abort.abort(reason), 20);
      expect(await written).toBe(reason);
      expect(cancelled).toBe(reason);
    });

    it('changes nothing when it is aborted afterwards', async () => {
      const abort = new AbortController();
      await subject.fs.write('f', Readable.from(['x']), { signal: abort.signal });
      abort.abort(reason);
      expect(await subject.fs.readText('f')).toBe('x');
    });
  });
}
