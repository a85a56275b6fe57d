import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { asksForJson } from '../../../src/http/semantics/accept.js';
import { declaredMediaType, mediaTypeOf } from '../../../src/http/semantics/content-headers.js';
import { attachmentDisposition } from '../../../src/path/content-disposition.js';
import { contentTypeHeader, isActiveContent, isInlineType } from '../../../src/path/media-type.js';

describe('mediaTypeOf', () => {
  it.each([
    ['a.png', undefined, 'image/png'],
    ['a.PNG', undefined, 'image/png'],
    ['a.png', 'image/webp', 'image/webp'], // what was kept knows better than the name
    ['a.png', 'no type', 'image/png'],
    ['a', undefined, 'application/octet-stream'],
    ['a.unheard-of', undefined, 'application/octet-stream'],
  ])('%s kept as %j', (name, contentType, expected) => {
    expect(mediaTypeOf({ name, contentType })).toBe(expected);
  });
});

describe('contentTypeHeader', () => {
  it.each([
    ['text/plain', 'text/plain; charset=utf-8'],
    ['text/html', 'text/html; charset=utf-8'],
    ['text/plain; charset=iso-8859-1', 'text/plain; charset=iso-8859-1'],
    ['image/png', 'image/png'],
  ])('%s', (type, expected) => {
    expect(contentTypeHeader(type)).toBe(expected);
  });
});

describe('declaredMediaType', () => {
  it.each([
    ['image/png', 'image/png'],
    ['text/plain; charset=utf-8', 'text/plain; charset=utf-8'],
    ['application/octet-stream', undefined],
    ['application/x-www-form-urlencoded', undefined], // curl's default for a body
    ['image', undefined],
    ['image/png, text/html', undefined],
    [`image/${'x'.repeat(300)}`, undefined],
    [undefined, undefined],
  ])('%s', (field, expected) => {
    expect(declaredMediaType(field)).toBe(expected);
  });
});

describe('isActiveContent', () => {
  it.each([
    'text/html',
    'TEXT/HTML; charset=utf-8',
    'application/xhtml+xml',
    'image/svg+xml',
    'text/xml',
    'application/xml',
    'application/rss+xml',
    'application/xslt+xml',
    'text/javascript',
    'application/javascript',
    'multipart/x-mixed-replace',
  ])('%s', (type) => {
    expect(isActiveContent(type)).toBe(true);
  });

  it.each(['image/png', 'text/plain', 'application/json', 'application/pdf', 'video/mp4'])(
    'not %s',
    (type) => {
      expect(isActiveContent(type)).toBe(false);
    },
  );
});

describe('isInlineType, the list of docs/HTTP.md', () => {
  it.each([
    ['image/png', true],
    ['IMAGE/JPEG', true],
    ['text/plain; charset=utf-8', true],
    ['application/pdf', true],
    ['application/octet-stream', true],
    ['audio/mpeg', true],
    ['image/svg+xml', false],
    ['text/html', false],
    ['text/xml', false],
    ['text/css', false],
    ['application/wasm', false],
    ['application/x-shockwave-flash', false],
    ['text/x-something-new', false],
    ['image/png+html', false],
    ['video/', false],
    ['audio/x+xml', false],
    ['VIDEO/x+XML; charset=utf-8', false],
    ['font/x+xml', false],
    ['audio/html', false],
    ['audio/x.y-z+flac', true],
  ])('%s: %p', (type, inline) => {
    expect(isInlineType(type)).toBe(inline);
  });
});

describe('attachmentDisposition (RFC 6266, RFC 8187)', () => {
  it.each([
    ['a.png', 'attachment; filename="a.png"'],
    ['a b.png', 'attachment; filename="a b.png"'],
    ['naïve.png', `attachment; filename="na_ve.png"; filename*=UTF-8''na%C3%AFve.png`],
    ['a"b\\c', `attachment; filename="c"`],
    ['50%.txt', `attachment; filename="50_.txt"; filename*=UTF-8''50%25.txt`],
    ["it's.txt", `attachment; filename="it's.txt"`],
    ['../x', 'attachment; filename="x"'],
    ['a\r\nX: y', 'attachment; filename="aX: y"'],
    ['', 'attachment'],
  ])('%j', (name, expected) => {
    expect(attachmentDisposition(name)).toBe(expected);
  });

  it('is a header field whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        expect(attachmentDisposition(name)).toMatch(/^[\x20-\x7e]+$/);
      }),
    );
  });
});

describe('asksForJson', () => {
  it.each([
    ['application/json', true],
    ['text/html, Application/JSON;q=0.5', true],
    ['application/json;q=0', false],
    ['*/*', false], // what browsers and curl send for a file
    ['application/*', false],
    ['application/jsonl', false],
    [undefined, false],
  ])('%s', (accept, expected) => {
    expect(asksForJson(accept)).toBe(expected);
  });
});
