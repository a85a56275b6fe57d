/** Delimiters of forms: found wherever they are cut, and names filled in for file parts that have an empty one. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { boundaryOf, EMPTY_NAME, FormScan } from '../../src/http/form-scan.js';
import { readForm } from '../../src/http/multipart.js';
import { createMayfly } from '../../src/index.js';
import type { RawPart } from '../support/http.js';
import { BOUNDARY, FORM_TYPE, rawForm, Site } from '../support/http.js';

/** What the receiver of a form hears: fields as `[name, value]`, files as `{ name, type, body }`. */
async function read(chunks: readonly Buffer[]): Promise<unknown[]> {
  const headers = { 'content-type': FORM_TYPE, 'transfer-encoding': 'chunked' };
  const request = Object.assign(Readable.from(chunks, { objectMode: false }), { headers, complete: false });
  const heard: unknown[] = [];
  await readForm(
    request as unknown as IncomingMessage,
    {} as ServerResponse,
    {
      onField: (...field) => void heard.push(field),
      onFile: async ({ name, contentType: type, stream }) => {
        const file = { name, type, body: '' };
        heard.push(file);
        file.body = (await buffer(stream)).toString('latin1');
      },
    },
    20,
  );
  return heard;
}

/** Cut at these places, told as shares of the length. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = places.map((place) => Math.floor(place * bytes.length)).sort((a, b) => a - b);
  return [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.length));
}

const file = (name: string | undefined, body: string, type = 'text/plain') => ({ name, type, body });

describe('a part', () => {
  it.each<[string, string | undefined, unknown[]]>([
    ['name="f"; filename=""', 'text/plain', [file(undefined, 'x')]],
    ['name="f"; filename=""', undefined, [file(undefined, 'x')]],
    ['name="seconds"; filename=""', undefined, [file(undefined, 'x')]],
    ['name="f"; filename=""', 'application/octet-stream', [file(undefined, 'x', 'application/octet-stream')]],
    ['filename=""; name="f"', 'text/plain', [file(undefined, 'x')]],
    ['name="f";FileName=""', 'text/plain', [file(undefined, 'x')]],
    ['name="f";\r\n\tfilename=""', 'text/plain', [file(undefined, 'x')]],
    ['name="f"; filename=""; filename="b"', 'text/plain', [file(undefined, 'x')]], // The first counts.
    ['name="f"; filename="a"; filename=""', 'text/plain', [file('a', 'x')]],
    [`name="f"; filename=""; filename*=UTF-8''b`, 'text/plain', [file('b', 'x')]],
    ['name="f"; filename="\\""', 'text/plain', [file('"', 'x')]],
    ['name="f"', 'text/plain', [['f', 'x']]],
    ['name="; filename=\\"\\""', undefined, [['; filename=""', 'x']]],
    ['name="f"\r\nX-Other: y; filename=""', undefined, [['f', 'x']]],
    ['name="f"; xfilename=""', undefined, [['f', 'x']]],
  ])('of %j and type %s', async (disposition, type, expected) => {
    const part: RawPart = { disposition, body: 'x', ...(type === undefined ? {} : { type }) };
    expect(await read([rawForm([part])])).toEqual(expected);
  });
});

/** What looks like a head in content is none. */
const content = fc
  .array(
    fc.constantFrom(
      '\r\n',
      '\r',
      '--',
      `--${BOUNDARY}`,
      `\r\n--${BOUNDARY.slice(0, -1)}`,
      'Content-Disposition: form-data; name="f"; filename=""\r\n\r\n',
      'filename=""',
      'x',
    ),
    { maxLength: 8 },
  )
  .map((pieces) => pieces.join(''))
  .filter((text) => !`\r\n${text}`.includes(`\r\n--${BOUNDARY}`));

const part = fc.record({
  disposition: fc.constantFrom(
    'name="f"; filename=""',
    'name="f"; filename="a.txt"',
    'name="f"',
    'filename=""; name="days"',
  ),
  type: fc.constantFrom('text/plain', 'application/octet-stream'),
  body: content,
});

describe('a form', () => {
  it('comes to the same wherever it is cut', async () => {
    const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
    const preamble = fc.constantFrom('', '\r\n', `x--${BOUNDARY}x\r\n`, 'x\r\n\r\ny\r\n');
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 5 }), preamble, places, async (parts, before, cutAt) => {
        const form = Buffer.concat([Buffer.from(before), rawForm(parts)]);
        const expected = parts.map(({ disposition, type, body }) => {
          const name = /filename="(.*?)"/.exec(disposition)?.[1];
          if (name !== undefined) return { name: name || undefined, type, body };
          return type === 'text/plain' ? ['f', body] : { name: undefined, type, body };
        });
        expect(await read([form])).toEqual(expected);
        expect(await read(cut(form, cutAt))).toEqual(expected);
      }),
    );
  });

  it('comes to the same cut into single bytes', async () => {
    const form = rawForm([
      { disposition: 'name="f"; filename=""', type: 'text/plain', body: '\r\n--limit\r\n\r\n' },
      { disposition: 'name="g"; filename=""', body: '' },
      { disposition: 'name="h"', body: 'y' },
    ]);
    const bytes = Array.from(form, (_, i) => form.subarray(i, i + 1));
    expect(await read(bytes)).toEqual([
      file(undefined, '\r\n--limit\r\n\r\n'),
      file(undefined, ''),
      ['h', 'y'],
    ]);
  });
});

const twoFiles = (between: string, after = '\r\n', first = '\r\n') => {
  const head = (name: string) => `Content-Disposition: form-data; name="f"; filename="${name}"`;
  const body = `--${BOUNDARY}${first}${head('a')}\r\n\r\nabc\r\n--${BOUNDARY}${between}${head('b')}\r\n\r\ndef`;
  return Buffer.from(`${body}\r\n--${BOUNDARY}--${after}`);
};

describe('after a delimiter', () => {
  it.each([' \r\n', '\t\r\n', ' \t  \r\n', `${' '.repeat(200)}\r\n`])(
    'padding (%j) is passed over',
    async (padding) => {
      const form = twoFiles(padding, ' \r\n', padding);
      const expected = [file('a', 'abc'), file('b', 'def')];
      expect(await read([form])).toEqual(expected);
      expect(await read(Array.from(form, (_, i) => form.subarray(i, i + 1)))).toEqual(expected);
    },
  );

  it.each(['x\r\n', 'tra\r\n', '-\r\n', '-x\r\n', '\r', '\n', ' x\r\n', ' --', `${' '.repeat(2000)}\r\n`])(
    'anything else (%j) is refused, as parts would be lost',
    async (junk) => {
      const mayfly = createMayfly({ storage: { type: 'memoryfs', urlRoot: '/files' }, purge: false });
      const site = await Site.open(mayfly.handler());
      const post = (body: Buffer) =>
        site.fetch('/files/ns', {
          method: 'POST',
          headers: { 'Content-Type': FORM_TYPE },
          body: Uint8Array.from(body),
        });
      const statuses = [
        (await post(twoFiles(junk))).status,
        (await post(twoFiles('\r\n', '\r\n', junk))).status,
      ];
      await site.close();
      expect([...statuses, await mayfly.getFilesystem('ns').listDir('')]).toEqual([400, 400, []]);
      await mayfly.close();
    },
  );
});

describe('control characters', () => {
  it.each([
    ['a\u0001\u0007b\u007f.txt', 'ab.txt'],
    ['\0\u001fa\u000bb\u000c', 'ab'],
    ['\u0001', undefined],
  ])('are taken out of a name (%j)', async (name, kept) => {
    const form = rawForm([
      { disposition: `name="f"; filename="${name}"`, type: 'text/plain', body: 'x\u0001' },
      { disposition: 'name="g"; filename="c"', type: 'text/plain', body: 'y' },
    ]);
    const expected = [file(kept, 'x\u0001'), file('c', 'y')];
    expect(await read([form])).toEqual(expected);
    expect(await read(Array.from(form, (_, i) => form.subarray(i, i + 1)))).toEqual(expected);
  });

  it.each(['name="f\u0001"; filename="a"', 'name="f"; filename="a"\0', 'name="f";\u0001 filename="a"'])(
    'elsewhere in a head are refused (%j)',
    async (disposition) => {
      const reading = read([rawForm([{ disposition, type: 'text/plain', body: 'x' }])]);
      await expect(reading).rejects.toThrow();
    },
  );
});

describe('FormScan', () => {
  const fillAll = (chunks: readonly Buffer[]): Buffer => {
    const names = new FormScan(BOUNDARY);
    const filled = chunks.map((chunk) => names.fill(chunk));
    return Buffer.concat([...filled, names.end()]);
  };

  it('passes on chunks with nothing to fill in as they are, without a copy', () => {
    const names = new FormScan(BOUNDARY);
    const form = rawForm([{ disposition: 'name="f"; filename="a"', body: 'x'.repeat(100) }]);
    for (const chunk of [form.subarray(0, -60), Buffer.alloc(1000, 'filename=""')]) {
      const passed = names.fill(chunk);
      expect(passed.buffer).toBe(chunk.buffer);
      expect([passed.byteOffset, passed.length]).toEqual([chunk.byteOffset, chunk.length]);
    }
  });

  it('holds back no more than the beginning of a delimiter', () => {
    const names = new FormScan(BOUNDARY);
    names.fill(rawForm([{ disposition: 'name="f"; filename="a"', body: 'x' }]).subarray(0, -22));
    expect(String(names.fill(Buffer.from('a\r\n--b\r\r\n--limit')))).toBe('a\r\n--b\r');
    expect(String(names.fill(Buffer.from('ed')))).toBe('\r\n--limited');
  });

  it('changes nothing else, whatever the bytes and wherever they are cut', () => {
    const bytes = fc
      .array(
        fc.oneof(
          fc.constantFrom('\r\n', `\r\n--${BOUNDARY}\r\n`, `--${BOUNDARY}--`, '\r\n\r\n', ';filename=""'),
          fc.constantFrom('Content-Disposition: form-data', ' ', '\r', '"', 'x'.repeat(17_000)),
        ),
        { maxLength: 12 },
      )
      .map((pieces) => Buffer.from(pieces.join('')));
    const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 });
    fc.assert(
      fc.property(bytes, places, (whole, cutAt) => {
        const filled = fillAll(cut(whole, cutAt));
        const passed = filled.toString('latin1').replaceAll(EMPTY_NAME, '');
        expect(passed).toBe(whole.toString('latin1', 0, passed.length));
        // What comes after the last delimiter is nobody's.
        if (!passed.endsWith(`--${BOUNDARY}--`)) expect(passed).toHaveLength(whole.length);
      }),
    );
  });

  it('holds back no padding without an end', () => {
    const names = new FormScan(BOUNDARY);
    names.fill(Buffer.from(`--${BOUNDARY}${' '.repeat(2000)}`));
    expect(names.isMalformed).toBe(true);
  });

  it('lets go of a head that is too long for the parser', () => {
    const names = new FormScan(BOUNDARY);
    expect(names.fill(Buffer.from(`--${BOUNDARY}\r\nX: `)).length).toBe(BOUNDARY.length + 4);
    expect(names.fill(Buffer.alloc(20_000, 'y')).length).toBe(20_003);
  });
});

it('a boundary with a backslash is refused, as parsers differ in what it means', async () => {
  const headers = { 'content-type': 'multipart/form-data; boundary="a\\b"', 'transfer-encoding': 'chunked' };
  const request = Object.assign(Readable.from([]), {
    headers,
    complete: false,
  }) as unknown as IncomingMessage;
  const receiver = { onField: () => undefined, onFile: async () => undefined };
  await expect(readForm(request, {} as ServerResponse, receiver, 1)).rejects.toMatchObject({ status: 400 });
});

it('a boundary longer than RFC 2046 allows is refused', async () => {
  const mayfly = createMayfly({ storage: { type: 'memoryfs', urlRoot: '/files' }, purge: false });
  const site = await Site.open(mayfly.handler());
  const post = async (boundary: string): Promise<number> => {
    const part = 'Content-Disposition: form-data; name="f"; filename="f"';
    const body = `--${boundary}\r\n${part}\r\n\r\nx\r\n--${boundary}--\r\n`;
    const headers = { 'Content-Type': `multipart/form-data; boundary=${boundary}` };
    return (await site.fetch('/files/ns', { method: 'POST', headers, body })).status;
  };
  expect([await post('b'.repeat(70)), await post('b'.repeat(71))]).toEqual([201, 400]);
  await site.close();
  await mayfly.close();
});

describe('boundaryOf', () => {
  it.each([
    ['multipart/form-data; boundary=a', 'a'],
    ['Multipart/Form-Data; charset=utf-8; BOUNDARY="a b"', 'a b'],
    ['multipart/form-data', undefined],
    ['nonsense', undefined],
    [undefined, undefined],
  ])('%j', (contentType, expected) => {
    expect(boundaryOf(contentType)).toBe(expected);
  });
});
