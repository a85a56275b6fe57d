import { validateHeaderValue } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  attachmentDisposition,
  inlineDisposition,
  inlineFilename,
  keptFilename,
} from '../../src/path/content-disposition.js';

/** Names as strangers give them: any text, and what breaks headers, paths and terminals. */
const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.constantFrom(
        '\r\n',
        '\0',
        '"',
        '\\',
        '/',
        '..',
        '%0d%0a',
        '%',
        ';',
        "''",
        '=?utf-8?q?x?=',
        'filename=',
        '\u202e',
        '\u0085',
        '\ud800',
        '\u2028',
        '  ',
        'é',
        'e\u0301',
        '𝒳.txt',
      ),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

/** What a client that knows RFC 8187 makes of the field; it has to be well-formed for it. */
function read(field: string): string | undefined {
  const match =
    /^(?:inline|attachment)(?:; filename="([ !#$&-[\]-~]*)"(?:; filename\*=UTF-8''((?:[\w.~-]|%[\dA-F]{2})+))?)?$/.exec(
      field,
    );
  expect(match).not.toBeNull();
  const [, plain, encoded] = match ?? [];
  return encoded === undefined ? plain : decodeURIComponent(encoded);
}

describe('Content-Disposition of a hostile name', () => {
  it('is one field of visible ASCII that every client reads as the same name', () => {
    fc.assert(
      fc.property(hostile, (name) => {
        for (const field of [attachmentDisposition(name), inlineDisposition(name)]) {
          expect(field).toMatch(/^[\x20-\x7e]*$/);
          expect(() => validateHeaderValue('Content-Disposition', field)).not.toThrow();
          const told = read(field) ?? '';
          expect(told).not.toMatch(/[/\\\u0000-\u001f\u007f-\u009f]/);
          expect(told.isWellFormed()).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('of what is kept of the name gives that back, and kept again it is the same', () => {
    fc.assert(
      fc.property(hostile, (name) => {
        const kept = keptFilename(name, 'dir/path');
        if (kept === undefined) return;
        expect(kept).not.toMatch(/[/\\\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
        expect(kept).not.toMatch(/^\.*$/);
        expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(255);
        expect(inlineFilename(inlineDisposition(kept))).toBe(kept);
        expect(read(attachmentDisposition(kept))).toBe(kept);
        expect(keptFilename(kept, 'dir/path')).toBe(kept);
        expect(keptFilename(name, `dir/${kept}`)).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['photo.jpg', 'inline; filename="photo.jpg"'],
    ['naïve.jpg', `inline; filename="na_ve.jpg"; filename*=UTF-8''na%C3%AFve.jpg`],
    ['a"b.jpg', `inline; filename="a_b.jpg"; filename*=UTF-8''a%22b.jpg`],
    ['', 'inline'],
  ])('of %j is %s', (name, expected) => {
    expect(inlineDisposition(name)).toBe(expected);
  });

  it.each([
    undefined,
    '',
    'inline',
    'attachment; filename="a.txt"',
    'inline; filename=a.txt',
    'inline; filename="a.txt"; x=y',
    `inline; filename="a"; filename*=UTF-8''%zz`,
    `inline; filename="a"; filename*=ISO-8859-1''a`,
  ])('that others have set, such as %j, is not taken for a name of ours', (field) => {
    expect(inlineFilename(field)).toBeUndefined();
  });
});
