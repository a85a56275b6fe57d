/** Forms that are none, or not quite: of every known kind, and of all others by a fuzzer that changes bytes. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BOUNDARY, eventually, FORM_TYPE, rawForm } from '../support/http.js';
import { GROUNDS } from './grounds.js';
import { attacked, rawRequest, statusOf } from './hostile.js';

describe.each(GROUNDS)('forms, %s', (kind) => {
  const target = attacked(kind);
  const POST = [`Content-Type: ${FORM_TYPE}`];
  const PART = 'Content-Disposition: form-data; name="f"; filename="a.txt"';

  async function stored(): Promise<string[]> {
    return (await target.ns.exists('in')) ? target.ns.listDir('in') : [];
  }

  describe('malformed forms', () => {
    it.each<[string, string, string]>([
      ['nothing', FORM_TYPE, ''],
      ['an end alone', FORM_TYPE, `--${BOUNDARY}--\r\n`],
      ['no boundary in the type', 'multipart/form-data', `--${BOUNDARY}--\r\n`],
      ['an empty boundary', 'multipart/form-data; boundary=', '----\r\n'],
      [
        'a boundary that is too long',
        `multipart/form-data; boundary=${'b'.repeat(5000)}`,
        `--${'b'.repeat(5000)}--\r\n`,
      ],
      ['a boundary with a line break', 'multipart/form-data; boundary="a\\r\\nb"', '--a\r\nb--\r\n'],
      [
        'another boundary',
        'multipart/form-data; boundary=other',
        `--${BOUNDARY}\r\n${PART}\r\n\r\nx\r\n--${BOUNDARY}--\r\n`,
      ],
      ['no end', FORM_TYPE, `--${BOUNDARY}\r\n${PART}\r\n\r\nx`],
      ['an end that is cut', FORM_TYPE, `--${BOUNDARY}\r\n${PART}\r\n\r\nx\r\n--${BOUNDARY}-`],
      ['a part without a head', FORM_TYPE, `--${BOUNDARY}\r\n\r\nx\r\n--${BOUNDARY}--\r\n`],
      ['a part of a head only', FORM_TYPE, `--${BOUNDARY}\r\n${PART}\r\n--${BOUNDARY}--\r\n`],
      [
        'a head without a colon',
        FORM_TYPE,
        `--${BOUNDARY}\r\nContent-Disposition\r\n\r\nx\r\n--${BOUNDARY}--\r\n`,
      ],
      ['a head with a NUL', FORM_TYPE, `--${BOUNDARY}\r\n${PART}\0\r\n\r\nx\r\n--${BOUNDARY}--\r\n`],
      [
        'a head of 200 KiB',
        FORM_TYPE,
        `--${BOUNDARY}\r\n${PART}; x="${'y'.repeat(200_000)}"\r\n\r\nx\r\n--${BOUNDARY}--\r\n`,
      ],
      [
        'a part of 10 000 headers',
        FORM_TYPE,
        `--${BOUNDARY}\r\n${PART}\r\n${'X: y\r\n'.repeat(10_000)}\r\nx\r\n--${BOUNDARY}--\r\n`,
      ],
      [
        'another disposition',
        FORM_TYPE,
        `--${BOUNDARY}\r\nContent-Disposition: attachment; filename="a"\r\n\r\nx\r\n--${BOUNDARY}--\r\n`,
      ],
      [
        'a part without a name',
        FORM_TYPE,
        `--${BOUNDARY}\r\nContent-Disposition: form-data; filename="a"\r\n\r\nx\r\n--${BOUNDARY}--\r\n`,
      ],
      ['bare line feeds', FORM_TYPE, `--${BOUNDARY}\n${PART}\n\nx\n--${BOUNDARY}--\n`],
      [
        'a form in a form',
        FORM_TYPE,
        `--${BOUNDARY}\r\n${PART.replace('; filename="a.txt"', '')}\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nx\r\n--i--\r\n--${BOUNDARY}--\r\n`,
      ],
      [
        'another kind of multipart',
        `multipart/mixed; boundary=${BOUNDARY}`,
        `--${BOUNDARY}\r\n${PART}\r\n\r\nx\r\n--${BOUNDARY}--\r\n`,
      ],
      ['a form that is no multipart', 'application/x-www-form-urlencoded', 'f=x'],
      [
        'a charset that nobody knows',
        `${FORM_TYPE}; charset=utf-99`,
        `--${BOUNDARY}\r\nContent-Disposition: form-data; name="f"; filename*=x-none''a%ff\r\n\r\n`,
      ],
    ])('with %s are refused, and nothing is stored', async (_what, type, body) => {
      const answer = await target.send(rawRequest('POST /files/ns/in', [`Content-Type: ${type}`], body));
      expect([400, 413, 415]).toContain(statusOf(answer));
      expect(await stored()).toEqual([]);
    });

    it.each([
      ['parts', 400, { disposition: 'name="f"; filename="a"', body: 'x' }],
      ['fields', 400, { disposition: 'name="x"', body: 'y' }],
      ['unfilled inputs', 400, { disposition: 'name="x"; filename=""', body: '' }],
    ])('with too many %s are 413', async (_what, count, part) => {
      const form = rawForm(Array.from({ length: count }, () => part));
      expect(statusOf(await target.send(rawRequest('POST /files/ns/in', POST, form)))).toBe(413);
      expect(await stored()).toEqual([]);
    });

    it('with fields that are long together are 413, however short each is', async () => {
      const form = rawForm([
        ...Array.from({ length: 60 }, (_, i) => ({ disposition: `name="x${i}"`, body: 'y'.repeat(5000) })),
        { disposition: 'name="f"; filename="a"', body: 'x' },
      ]);
      expect(statusOf(await target.send(rawRequest('POST /files/ns/in', POST, form)))).toBe(413);
      expect(await stored()).toEqual([]);
    });

    it('with names of fields that are nested or long are refused', async () => {
      for (const name of [
        'x'.repeat(500),
        `a${'[b]'.repeat(500)}`,
        `a[${'9'.repeat(20)}]`,
        'a[4294967295]',
        '[',
        'a[b',
        ']',
      ]) {
        const form = rawForm([
          { disposition: `name="${name}"`, body: 'y' },
          { disposition: 'name="f"; filename="a"', body: 'x' },
        ]);
        expect([201, 400, 413]).toContain(
          statusOf(await target.send(rawRequest('POST /files/ns/in', POST, form))),
        );
      }
    });

    it('that end in the middle of anything leave nothing', async () => {
      const form = rawForm([
        { disposition: 'name="seconds"', body: '60' },
        { disposition: 'name="f"; filename="a.txt"', type: 'text/plain', body: 'x'.repeat(300) },
        { disposition: 'name="g"; filename="b.txt"', body: 'y' },
      ]);
      const head = `POST /files/ns/in HTTP/1.1\r\nHost: x\r\nContent-Type: ${FORM_TYPE}\r\nContent-Length: ${form.length}\r\n\r\n`;
      for (let length = 0; length < form.length; length += 23) {
        const beginning = Buffer.concat([Buffer.from(head), form.subarray(0, length)]);
        await target.site.hangUp(beginning, () => new Promise((resolve) => setTimeout(resolve, 5)));
      }
      await eventually(async () => expect(await target.ground.staged()).toEqual([]));
      expect(await stored()).toEqual([]);
    });
  });

  /** A change of some bytes: replace `drop` bytes at a place, told as a share of the length, with others. */
  const change = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    drop: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 30 })),
    insert: fc.oneof(
      fc.uint8Array({ maxLength: 4 }),
      fc
        .constantFrom(
          '\r\n',
          '\n',
          '\r',
          '"',
          '\\"',
          ';',
          '--',
          `--${BOUNDARY}`,
          `\r\n--${BOUNDARY}--\r\n`,
          '\0',
          '=',
          '%',
          "''",
          'filename=',
          'x'.repeat(9000),
        )
        .map((text) => new Uint8Array(Buffer.from(text))),
    ),
  });

  function changed(
    bytes: Buffer,
    changes: readonly { at: number; drop: number; insert: Uint8Array }[],
  ): Buffer {
    return changes.reduce((before, { at, drop, insert }) => {
      const begin = Math.floor(at * before.length);
      return Buffer.concat([before.subarray(0, begin), insert, before.subarray(begin + drop)]);
    }, bytes);
  }

  describe('a form in which any bytes are changed', () => {
    const form = rawForm([
      { disposition: 'name="days"', body: '1' },
      { disposition: 'name="comment[a][]"', body: 'hello' },
      { disposition: 'name="f"; filename="a.txt"', type: 'text/plain', body: 'some text\r\nof two lines' },
      {
        disposition: `name="g"; filename*=UTF-8''%c3%a4.txt`,
        type: 'application/octet-stream',
        body: '\r\n--limit',
      },
      { disposition: 'name="h"; filename=""', type: 'application/octet-stream', body: '' },
    ]);

    it('is stored, or refused with a reason; in its directory, and with nothing left over', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
          const answer = await target.send(rawRequest('POST /files/ns/in', POST, changed(form, changes)));
          expect([201, 400, 409, 413]).toContain(statusOf(answer));
          if (statusOf(answer) !== 201) expect(answer).toContain('application/problem+json');
        }),
        { numRuns: kind === 's3fs' ? 40 : 200 },
      );
      const paths: string[] = [];
      for await (const info of target.ns.scanTree('')) if (!info.isDir) paths.push(info.path);
      for (const path of paths) expect(path).toMatch(/^(?:in\/[^/.][^/]*|dir\/ok\.txt)$/u);
    });

    it('in the type that tells its boundary, too', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 2 }), async (changes) => {
          const type = changed(Buffer.from(FORM_TYPE), changes)
            .toString('latin1')
            .replace(/[\0\r\n]/g, '')
            .slice(0, 3000);
          const answer = await target.send(rawRequest('POST /files/ns/in', [`Content-Type: ${type}`], form));
          expect([201, 400, 413, 415]).toContain(statusOf(answer));
        }),
        { numRuns: kind === 's3fs' ? 20 : 80 },
      );
    });
  });
});
