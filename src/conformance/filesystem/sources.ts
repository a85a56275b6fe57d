import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { FilesystemClosed, IllegalBackReference, OperationFailed } from '../../errors/errors.js';
import type { WriteSource } from '../../fs/essentials.js';
import { assertMatches, rejectionOf, rejectsWith } from '../assertions.js';
import type { Subject, TestRunner } from '../runner.js';

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

/** Streams that fail before anybody can have begun to read them. */
const early: [string, (boom: Error) => Readable][] = [
  [
    'a stream that can not be opened', // As that of a missing file.
    (boom) => new Readable({ construct: (done) => process.nextTick(done, boom), read: () => undefined }),
  ],
  [
    'a stream that breaks at once',
    (boom) => {
      const source = new PassThrough();
      source.write('begun');
      setImmediate(() => source.destroy(boom));
      return source;
    },
  ],
];

type Take = (path: string, source: Readable) => Promise<unknown>;

/** The ways in. */
function takers({ fs }: Subject): Take[] {
  return [
    (path, source) => fs.write(path, source),
    (path, source) => fs.upload(path, source),
    (path, source) => fs.stage(path, source),
  ];
}

/** What nobody caught while `work` was done, and a little after. */
async function uncaughtDuring(work: () => Promise<void>): Promise<unknown[]> {
  const seen: unknown[] = [];
  const note = (error: unknown): void => void seen.push(error);
  process.setUncaughtExceptionCaptureCallback(note);
  try {
    await work();
    await new Promise((resolve) => setTimeout(resolve, 20));
  } finally {
    process.setUncaughtExceptionCaptureCallback(null);
  }
  return seen;
}

const emptySources: [string, () => WriteSource][] = [
  ['string', () => ''],
  ['Buffer', () => Buffer.alloc(0)],
  ['Readable', () => Readable.from([])],
  ['async iterable', () => chunks()],
  ['Blob', () => new Blob([])],
];

export function describeSources({ describe, it }: TestRunner, subject: Subject): void {
  describe('sources of a write', () => {
    for (const [label, source] of sources) {
      it(`takes a ${label}`, async () => {
        const info = await subject.fs.write('f', source());
        assert.equal(info.size, 7);
        assert.equal(await subject.fs.readText('f'), 'hé😀');
      });
    }

    for (const [label, source] of emptySources) {
      it(`stores nothing of an empty ${label} as an empty file`, async () => {
        assert.equal((await subject.fs.write('f', source())).size, 0);
        assert.equal((await subject.fs.readBytes('f')).length, 0);
      });
    }

    it('takes a source of many chunks', async () => {
      const parts = Array.from({ length: 3000 }, (_, i) => Buffer.alloc((i % 700) + 1, i % 251));
      await subject.fs.write('f', chunks(...parts));
      assert.equal((await subject.fs.readBytes('f')).equals(Buffer.concat(parts)), true);
    });

    it('takes a source that uses its buffer again', async () => {
      async function* reusing(): AsyncGenerator<Uint8Array> {
        const buffer = Buffer.alloc(1000);
        for (let i = 0; i < 50; i++) yield buffer.fill(i);
      }
      await subject.fs.write('f', reusing());
      const expected = Buffer.concat(Array.from({ length: 50 }, (_, i) => Buffer.alloc(1000, i)));
      assert.equal((await subject.fs.readBytes('f')).equals(expected), true);
    });

    it('is not changed with the bytes it was given', async () => {
      const bytes = Buffer.from('before');
      await subject.fs.write('f', bytes);
      bytes.fill('x');
      assert.equal(await subject.fs.readText('f'), 'before');
    });

    for (const [label, source] of [
      ['a number', 42],
      ['null', null],
      ['undefined', undefined],
      ['an array', [1, 2]],
      ['a number in a stream', Readable.from([Buffer.from('a'), 5])],
      ['an object in an iterable', chunks({ length: 3 } as never)],
    ] satisfies [string, unknown][]) {
      it(`refuses ${label} with a TypeError, and leaves nothing`, async () => {
        await subject.fs.makeDir('d');
        await rejectsWith(subject.fs.write('d/f', source as WriteSource), TypeError);
        assert.deepEqual(await subject.fs.listDir('d'), []);
      });
    }

    it('rejects with what a source throws, and keeps the old file', async () => {
      const { fs } = subject;
      const boom = new Error('boom');
      async function* failing(): AsyncGenerator<Uint8Array> {
        yield Buffer.alloc(100_000);
        throw boom;
      }
      await fs.makeDir('d');
      await fs.write('d/f', 'old');
      assert.equal(await rejectionOf(fs.write('d/f', failing())), boom);
      const stream = new Readable({ read: () => void stream.destroy(boom) });
      assert.equal(await rejectionOf(fs.write('d/g', stream)), boom);
      assert.deepEqual(await fs.listDir('d'), ['f']);
      assert.equal(await fs.readText('d/f'), 'old');
    });

    it('rejects when a stream closes before its end', async () => {
      const source = new PassThrough();
      source.write('half');
      const written = rejectionOf(subject.fs.write('f', source));
      setImmediate(() => source.destroy());
      assertMatches(await written, { code: 'OperationFailed' });
      assert.equal(await subject.fs.exists('f'), false);
    });

    for (const [label, failing] of early) {
      it(`rejects with the error of ${label}, which nothing else is told of`, async () => {
        const { fs } = subject;
        await fs.makeDir('d');
        for (const take of takers(subject)) {
          const boom = new Error('boom');
          const seen = await uncaughtDuring(async () => {
            assert.equal(await rejectionOf(take('d/f', failing(boom))), boom);
          });
          assert.deepEqual(seen, []);
        }
        assert.deepEqual(await fs.listDir('d'), []);
      });
    }

    it('lets go of a source whose path is refused, or that comes too late', async () => {
      for (const take of takers(subject)) {
        const source = new PassThrough();
        await rejectsWith(take('../f', source), IllegalBackReference);
        assert.equal(source.destroyed, true);
      }
      await subject.fs.close();
      for (const take of takers(subject)) {
        const source = new PassThrough();
        await rejectsWith(take('f', source), FilesystemClosed);
        assert.equal(source.destroyed, true);
      }
    });

    it('refuses a stream that was read to its end before, and keeps what is there', async () => {
      const read = Readable.from([Buffer.from('x')]);
      await read.toArray();
      const body = new Blob(['x']).stream() as unknown as Readable;
      for await (const _ of body);
      for (const take of takers(subject)) {
        await subject.fs.write('f', 'kept');
        for (const source of [read, body]) await rejectsWith(take('f', source), OperationFailed);
        assert.equal(await subject.fs.readText('f'), 'kept');
      }
    });

    it('takes a stream that has ended with nothing in it', async () => {
      const empty = Readable.from([]);
      await empty.toArray();
      assert.equal((await subject.fs.write('f', empty)).size, 0);
    });

    it('refuses a web stream that somebody else reads', async () => {
      const source = new Blob(['x']).stream();
      source.getReader();
      const taken = source as unknown as Readable;
      for (const take of takers(subject)) await rejectsWith(take('f', taken), OperationFailed);
      assert.equal(await subject.fs.exists('f'), false);
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
      await rejectsWith(subject.fs.write('f', wrong()), TypeError);
      assert.equal(closed, true);
    });
  });

  describe('the signal of a write', () => {
    const reason = { why: 'not an error, but the reason' };

    it('rejects with its reason when it is aborted before', async () => {
      const source = Readable.from([Buffer.from('x')]);
      const write = subject.fs.write('f', source, { signal: AbortSignal.abort(reason) });
      assert.equal(await rejectionOf(write), reason);
      assert.equal(source.destroyed, true);
      assert.equal(
        await rejectionOf(subject.fs.write('f', 'x', { signal: AbortSignal.abort(reason) })),
        reason,
      );
      assert.equal(await subject.fs.exists('f'), false);
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
      assert.equal(await written, reason);
      assert.equal(source.destroyed, true);
      assert.equal(await fs.readText('d/f'), 'old');
      assert.deepEqual(await fs.listDir('d'), ['f']);
    });

    it('interrupts an iterable that hangs, and tells it to return', async () => {
      const state = { returned: false };
      const abort = new AbortController();
      const written = rejectionOf(subject.fs.write('f', hanging(state), { signal: abort.signal }));
      setTimeout(() => abort.abort(reason), 20);
      assert.equal(await written, reason);
      assert.equal(state.returned, true);
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
      assert.equal(await written, reason);
      assert.equal(cancelled, reason);
    });

    it('changes nothing when it is aborted afterwards', async () => {
      const abort = new AbortController();
      await subject.fs.write('f', Readable.from(['x']), { signal: abort.signal });
      abort.abort(reason);
      assert.equal(await subject.fs.readText('f'), 'x');
    });
  });
}
