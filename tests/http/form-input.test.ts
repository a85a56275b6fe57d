/** Content of files that goes past the parser of forms: the same bytes, in the same parts, however they come and are taken. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough, Readable, Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pipeForm } from '../../src/http/form-input.js';
import { readForm } from '../../src/http/multipart.js';
import { createMayfly } from '../../src/index.js';
import type { RawPart } from '../support/http.js';
import { BOUNDARY, FORM_TYPE, rawForm, Site } from '../support/http.js';

/** Notes what it is given, and begins a file when it sees a head. */
class FakeParser extends Writable {
  readonly file = new Readable({ read: () => undefined });
  given = '';
  #begun = false;

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    this.given += chunk.toString('latin1');
    if (!this.#begun && this.given.includes('\r\n\r\n')) {
      this.#begun = true;
      this.emit('file', 'f', this.file, {});
    }
    callback();
  }
}

/** A form of one file on its way to a parser. */
class Sending {
  readonly request = new PassThrough();
  readonly parser: FakeParser;
  readonly taken: Buffer[] = [];

  /** @param highWaterMark of the parser, in bytes */
  constructor(highWaterMark = 16_384) {
    this.parser = new FakeParser({ highWaterMark });
    pipeForm(this.request, this.parser, BOUNDARY);
  }

  take(): void {
    this.parser.file.on('data', (chunk: Buffer) => this.taken.push(chunk));
  }

  /** Send a piece, and wait until it has been passed on. */
  async send(text: string): Promise<void> {
    this.request.write(Buffer.from(text, 'latin1'));
    await turn();
    await turn();
  }
}

const HEAD = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n`;

const FIELD = `\r\n--${BOUNDARY}\r\nContent-Disposition: form-data; name="g"\r\n\r\n`;

describe('content of a file', () => {
  it('goes past the parser while it is taken as it comes', async () => {
    const sending = new Sending();
    await sending.send(`${HEAD}a`);
    sending.take();
    await turn();
    await sending.send('b'.repeat(100));
    await sending.send('\r\n--no');
    await sending.send(`c\r\n--${BOUNDARY}--`);
    sending.request.end();
    await turn();
    expect(String(Buffer.concat(sending.taken))).toBe(`${'b'.repeat(100)}\r\n--noc`);
    expect(sending.parser.given).toBe(`${HEAD}a\r\n--${BOUNDARY}--`);
  });

  it('goes by the parser while nobody takes it', async () => {
    const sending = new Sending();
    for (const piece of [`${HEAD}a`, 'b', 'c']) await sending.send(piece);
    expect(sending.parser.given).toBe(`${HEAD}abc`);
  });

  it('goes by the parser while whoever takes it pauses, and past it again afterwards', async () => {
    const sending = new Sending();
    await sending.send(`${HEAD}a`);
    sending.take();
    await turn();
    await sending.send('first');
    sending.parser.file.pause();
    await sending.send('second');
    sending.parser.file.resume();
    await turn();
    await sending.send('third');
    expect(String(Buffer.concat(sending.taken))).toBe('firstthird');
    expect(sending.parser.given).toBe(`${HEAD}asecond`);
  });

  it('goes by the parser while that is still busy with what came before', async () => {
    const sending = new Sending();
    await sending.send(`${HEAD}a`);
    sending.take();
    await turn();
    sending.parser.cork();
    sending.parser.file.pause();
    await sending.send('b');
    sending.parser.file.resume();
    await turn();
    await sending.send('c');
    sending.parser.uncork();
    expect(sending.taken).toEqual([]);
    expect(sending.parser.given).toBe(`${HEAD}abc`);
  });

  it('goes by the parser while what came before has not been taken yet', async () => {
    const sending = new Sending();
    await sending.send(`${HEAD}a`);
    sending.take();
    await turn();
    sending.parser.file.pause();
    sending.parser.file.push('b');
    sending.parser.file.resume();
    sending.parser.write(Buffer.from('c'));
    expect(sending.parser.given).toBe(`${HEAD}ac`);
  });

  it('goes by the parser where a file begins late, as it may have ended by then', async () => {
    const sending = new Sending();
    sending.parser.cork();
    await sending.send(`${HEAD}a`);
    await sending.send(`${FIELD}of`);
    sending.take();
    sending.parser.uncork();
    await turn();
    await sending.send(' a field');
    expect(sending.taken).toEqual([]);
    expect(sending.parser.given).toBe(`${HEAD}a${FIELD}of a field`);
  });

  it('goes by the parser where whoever took it has let go of it', async () => {
    const sending = new Sending();
    await sending.send(`${HEAD}a`);
    sending.take();
    await turn();
    sending.parser.file.destroy();
    await sending.send('b');
    expect(sending.parser.given).toBe(`${HEAD}ab`);
  });

  it.each(['a', 'a form that has no end', '\r\n--lim'])(
    'has to wait for a busy parser (%j)',
    async (text) => {
      const sending = new Sending(1);
      await sending.send(`${HEAD}x`);
      sending.parser.cork();
      await sending.send(`${text}${FIELD}y`);
      expect(sending.request.isPaused()).toBe(true);
      await sending.send('content');
      sending.parser.uncork();
      await turn();
      expect(sending.parser.given).toBe(`${HEAD}x${text}${FIELD}ycontent`);
      sending.request.end('\r\n--lim');
      await turn();
      await turn();
      expect(sending.parser.given).toBe(`${HEAD}x${text}${FIELD}ycontent\r\n--lim`);
    },
  );

  it('goes by the parser after a delimiter, until it is known what it belongs to', async () => {
    const sending = new Sending();
    await sending.send(`${HEAD}a`);
    sending.take();
    await turn();
    await sending.send('content');
    await sending.send(`${FIELD}of`);
    await sending.send(' a field');
    expect(String(Buffer.concat(sending.taken))).toBe('content');
    expect(sending.parser.given).toBe(`${HEAD}a${FIELD}of a field`);
  });
});

type Part = readonly [name: string, body: string];

/** How a file is taken: as it flows, with a pause after every so many chunks. */
function takeAll(stream: Readable, pauseAfter: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let body = '';
    let chunks = 0;
    stream.on('error', reject).on('end', () => resolve(body));
    stream.on('data', (chunk: Buffer) => {
      body += chunk.toString('latin1');
      if (++chunks % pauseAfter !== 0) return;
      stream.pause();
      setImmediate(() => stream.resume());
    });
  });
}

/** Read a form that comes in these pieces, each in a turn of its own. */
async function read(pieces: readonly Buffer[], pauseAfter: number): Promise<Part[]> {
  const headers = { 'content-type': FORM_TYPE, 'transfer-encoding': 'chunked' };
  const source = Readable.from(
    (async function* () {
      for (const piece of pieces) {
        await turn();
        yield piece;
      }
    })(),
    { objectMode: false },
  );
  const request = Object.assign(source, { headers, complete: false }) as unknown as IncomingMessage;
  const heard: Part[] = [];
  await readForm(
    request,
    {} as ServerResponse,
    {
      onField: (name, value) => void heard.push([name, value]),
      onFile: async ({ name, stream }) => {
        const at = heard.push([name ?? '', '']) - 1;
        heard[at] = [name ?? '', await takeAll(stream, pauseAfter)];
      },
    },
    20,
  );
  return heard;
}

const LONG = 'y'.repeat(5_000);

/** Text of what is nearly a delimiter, and of some that fill whole pieces. */
const body = fc
  .array(fc.constantFrom('\r\n', '\r', '-', `--${BOUNDARY}`, `\r\n--${BOUNDARY.slice(0, -1)}`, 'x', LONG), {
    maxLength: 12,
  })
  .map((pieces) => pieces.join(''))
  .filter((text) => !`\r\n${text}`.includes(`\r\n--${BOUNDARY}`));

/** In any order, as fields are heard of when they end, and files when they begin; what is long is told as such. */
function inBrief(parts: readonly Part[]): string[] {
  return parts.map((part) => JSON.stringify(part).replaceAll(LONG, '<long>')).sort();
}

const rawPart = fc.tuple(fc.boolean(), body).map(([isFile, text]): RawPart & { part: Part } => {
  const disposition = isFile ? 'name="f"; filename="a.txt"' : 'name="f"';
  return { disposition, type: 'text/plain', body: text, part: [isFile ? 'a.txt' : 'f', text] };
});

describe('a form with a delimiter in a head, or in another', () => {
  const ODD_HEADS = [
    `Content-Disposition: form-data; name="f"; filename="a"\r\n\r\nx\r\n--${BOUNDARY}-\r\n--${BOUNDARY}-`,
    `Content-Disposition: form-data; name="f"; filename="a"\r\n\r\nx\r\n--${BOUNDARY}\r\r\n--${BOUNDARY}\r`,
    `Content-Disposition: form-data; name="f"; filename="a"\r\n--${BOUNDARY}\r\n\r\nx`,
    `Content-Disposition: form-data; name="f"; filename="a"\r\n--${BOUNDARY}\r\nX: y\r\n\r\nx`,
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nx`,
    `Content-Disposition: form-data; name="f"; filename="a"\r\n\r\n--${BOUNDARY}\r\nX: y\r\n\r\nx`,
    `Content-Disposition: form-data; name="f"; filename="a"\r\nX: ${'y'.repeat(17_000)}\r\n\r\nx`,
  ];

  it.each(ODD_HEADS)('is refused, wherever it is cut (%#)', async (head) => {
    const form = Buffer.from(`--${BOUNDARY}\r\n${head}\r\n--${BOUNDARY}--\r\n`);
    for (let at = 1; at < Math.min(form.length, 200); at++) {
      const reading = read([form.subarray(0, at), form.subarray(at)], 100);
      await expect(reading).rejects.toMatchObject({ status: 400 });
    }
  });

  it.each(ODD_HEADS)('is refused as well when it comes as a whole (%#)', async (head) => {
    const mayfly = createMayfly({ storage: { type: 'memoryfs', urlRoot: '/files' }, purge: false });
    const site = await Site.open(mayfly.handler());
    const body = `--${BOUNDARY}\r\n${head}\r\n--${BOUNDARY}--\r\n`;
    const headers = { 'Content-Type': FORM_TYPE };
    const { status } = await site.fetch('/files/ns', { method: 'POST', headers, body });
    expect([status, await mayfly.getFilesystem('ns').listDir('')]).toEqual([400, []]);
    await site.close();
    await mayfly.close();
  });
});

describe('what comes after the last delimiter', () => {
  const FORM = rawForm([{ disposition: 'name="f"; filename="a"', body: 'x' }]);

  it.each([FORM, rawForm([])])('is no part, wherever the form is cut (%#)', async (form) => {
    const both = Buffer.concat([form, rawForm([{ disposition: 'name="g"; filename="b"', body: 'y' }])]);
    const expected = form === FORM ? [['a', 'x']] : [];
    expect(await read([both], 100)).toEqual(expected);
    for (let at = 1; at < both.length; at++)
      expect(await read([both.subarray(0, at), both.subarray(at)], 100)).toEqual(expected);
  });
});

describe('a form in pieces', () => {
  it('comes to the same however it is cut, and whenever its files are taken', async () => {
    const size = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 9_000 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(rawPart, { maxLength: 6 }),
        fc.array(size, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 4 }),
        async (parts, sizes, pauseAfter) => {
          const form = rawForm(parts);
          const pieces: Buffer[] = [];
          for (let at = 0, i = 0; at < form.length; i++) {
            const length = sizes[i % sizes.length] as number;
            pieces.push(form.subarray(at, at + length));
            at += length;
          }
          // Small pieces of a long form would take long, and show what the first ones do.
          fc.pre(pieces.length < 400);
          const heard = await read(pieces, pauseAfter);
          expect(inBrief(heard)).toEqual(inBrief(parts.map(({ part }) => part)));
        },
      ),
      { numRuns: 500 },
    );
  });
});
