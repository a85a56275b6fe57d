import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SNIFFED_BYTES, sniffMediaType } from '../../../src/http/semantics/sniff.js';
import { isMediaRange, matchesRange } from '../../../src/path/media-range.js';
import { PDF, PNG } from '../../support/samples.js';

const JPEG = Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex');
const GIF = Buffer.from('GIF89a\x01\0\x01\0\0\0\0;', 'latin1');
const ZIP = Buffer.from('504b0304140000000000000021000000000000000000000000000100000061', 'hex');
const ELF = Buffer.from('7f454c4602010100000000000000000002003e0001000000', 'hex');
const UTF16 = Buffer.from('\ufeff<script>', 'utf16le');

describe('the type of a file by its first bytes', () => {
  it.each<[string, Buffer | string, string, string]>([
    ['a PNG, whatever its name', PNG, 'a.html', 'image/png'],
    ['a JPEG', JPEG, 'a.png', 'image/jpeg'],
    ['a GIF', GIF, '', 'image/gif'],
    ['a PDF', PDF, 'a.txt', 'application/pdf'],
    ['a ZIP', ZIP, 'a.zip', 'application/zip'],
    ['a document in a ZIP, by its name', ZIP, 'a.odt', 'application/vnd.oasis.opendocument.text'],
    ['a ZIP that is called an image', ZIP, 'a.png', 'application/zip'],
    ['a program', ELF, 'a.jpg', 'application/x-elf'],
    ['nothing', '', 'a.png', 'text/plain'],
    ['text', 'hello', 'a', 'text/plain'],
    ['text that is called an image', 'hello', 'a.png', 'text/plain'],
    ['text that is called HTML', 'hello', 'a.html', 'text/plain'],
    ['text that is called a script', 'alert(1)', 'a.js', 'text/plain'],
    ['text of a kind that its name tells', 'a,b\n1,2', 'a.csv', 'text/csv'],
    ['JSON', '{"a":1}', 'a.json', 'application/json'],
    ['Latin-1', Buffer.from('Bär', 'latin1'), 'a.txt', 'text/plain'],
    ['UTF-8 with a mark', '\ufeffBär', 'a.txt', 'text/plain'],
    ['bytes', Buffer.from([1, 2, 3, 4]), 'a.txt', 'application/octet-stream'],
    ['text with a NUL', 'a\0b', 'a.txt', 'application/octet-stream'],
    ['HTML', '<!DOCTYPE html><p>', 'a.png', 'text/html'],
    ['HTML in any case', '<HtMl>', 'a', 'text/html'],
    ['HTML after white space', ' \n\t\f<script>alert(1)</script>', 'a.txt', 'text/html'],
    ['HTML after a mark', '\ufeff<body>', 'a.txt', 'text/html'],
    ['HTML after a comment', '<!-- x --><!-- y --> <iframe src=x>', 'a.txt', 'text/html'],
    ['HTML with a slash in its tag', '<img/src=x onerror=alert(1)>', 'a.txt', 'text/html'],
    ['a comment without an end', '<!-- x', 'a.txt', 'text/html'],
    ['HTML in UTF-16', UTF16, 'a.txt', 'text/html'],
    ['XHTML', '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">', 'a.xml', 'text/html'],
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'a.png', 'image/svg+xml'],
    ['SVG after a declaration', '<?xml version="1.0"?>\n<!-- x --><svg>', 'a.xml', 'image/svg+xml'],
    [
      'SVG after a document type',
      '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x">\n<svg>',
      'a',
      'image/svg+xml',
    ],
    ['a document type without an end', `<!doctype ${'a'.repeat(4090)}`, 'a.png', 'text/html'],
    ['words in one without an end', `<!doctype${' a'.repeat(2040)}`, 'a.png', 'text/html'],
    ['a name that goes on', '<!DOCTYPE svg-x><p>', 'a.png', 'image/svg+xml'],
    ['a longer name', '<!DOCTYPE svgx><p>', 'a.png', 'text/html'],
    ['no name', '<!DOCTYPE><svg>', 'a.png', 'image/svg+xml'],
    ['a name between brackets', '<!DOCTYPE[svg]><p>', 'a.png', 'text/html'],
    ['SVG with entities', '<!DOCTYPE x [<!ENTITY a "b">]><svg>', 'a', 'image/svg+xml'],
    [
      'SVG with a prefix',
      '<?xml version="1.0"?><s:svg xmlns:s="http://www.w3.org/2000/svg">',
      'a',
      'image/svg+xml',
    ],
    ['XML', '<?xml version="1.0"?><feed>', 'a.txt', 'application/xml'],
    ['XML of a kind that its name tells', '<?xml version="1.0"?><rss>', 'a.rss', 'application/rss+xml'],
    ['XML that is called SVG', '<?xml version="1.0"?><feed>', 'a.svg', 'application/xml'],
    ['XML without a declaration', '<feed xmlns="http://www.w3.org/2005/Atom">', 'a', 'application/xml'],
    ['text with a sign in it', '<3 you', 'a.txt', 'text/plain'],
    ['text that quotes HTML', 'write <html> first', 'a.txt', 'text/plain'],
  ])('%s', async (_what, head, name, expected) => {
    expect(await sniffMediaType(Buffer.from(head as string), name)).toBe(expected);
  });

  it('is told of whatever there is, by any name', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: SNIFFED_BYTES }), fc.string(), async (bytes, name) => {
        expect(await sniffMediaType(Buffer.from(bytes), name)).toMatch(/^[\w.+-]+\/[\w.+-]+/);
      }),
    );
  });
});

describe('media ranges', () => {
  it.each([
    ['image/png', ['image/*'], true],
    ['IMAGE/PNG; a=b', ['image/png'], true],
    ['image/png', ['IMAGE/*'], true],
    ['image/png', ['image/jpeg', 'image/png'], true],
    ['image/png', ['image/jpeg'], false],
    ['image/jpeg', ['image/jpg'], true],
    ['images/png', ['image/*'], false],
    ['text/plain', ['*/*'], true],
    ['text/plain', [], false],
    ['constructor', ['image/*'], false],
  ])('%s in %j: %p', (type, ranges, matches) => {
    expect(matchesRange(type, ranges)).toBe(matches);
  });

  it.each([
    ['image/*', true],
    ['*/*', true],
    ['image/svg+xml', true],
    ['image', false],
    ['*/png', false],
    ['image/*; q=1', false],
    ['.png', false],
    ['', false],
  ])('%s is one: %p', (text, is) => {
    expect(isMediaRange(text)).toBe(is);
  });
});
