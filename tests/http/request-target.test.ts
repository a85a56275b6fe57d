import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HttpProblem } from '../../src/http/http-problem.js';
import { cutter, parseTarget } from '../../src/http/request-target.js';
import { fileUrl } from '../../src/urls/url-root.js';

describe('parseTarget', () => {
  it.each([
    ['/ns/a/b.txt', 'ns', 'a/b.txt', false],
    ['/ns', 'ns', '', true],
    ['/ns/', 'ns', '', true],
    ['/ns/a/', 'ns', 'a/', true],
    ['/ns/a/..', 'ns', 'a/..', true],
    ['/ns/a/%2e', 'ns', 'a/.', true],
    ['/ns/%F0%9F%93%88', 'ns', '📈', false],
    ['/ns/a%20b+c', 'ns', 'a b+c', false],
    ['/ns/100%2525', 'ns', '100%25', false], // decoded once
    ['/ns/a%5Cb', 'ns', 'a\\b', false],
    ['/ns/a?x=/b/', 'ns', 'a', false],
    ['/ns/a#/b/', 'ns', 'a', false],
    ['/', '', '', true],
    ['//ns/a', '', 'ns/a', false],
    ['http://host/ns/a', 'ns', 'a', false],
  ])('%s', (url, namespace, path, namesDirectory) => {
    expect(parseTarget(url)).toMatchObject({ namespace, path, namesDirectory });
  });

  it.each(['/ns/%', '/ns/%zz', '/ns/%E0%A4', '/ns/%ff', '/ns/a%2Fb', '/ns/..%2f..%2fetc', '/a%2Fb'])(
    'refuses %s with 400',
    (url) => {
      const refused = (): unknown => parseTarget(url);
      expect(refused).toThrow(HttpProblem);
      expect(refused).toThrow(expect.objectContaining({ status: 400 }));
    },
  );

  it('reads back every URL that is made', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/[/]|^\.\.?$/.test(text));
    fc.assert(
      fc.property(fc.array(name, { minLength: 1 }), (names) => {
        const path = names.join('/');
        expect(parseTarget(fileUrl('', 'ns', path))).toMatchObject({ namespace: 'ns', path });
      }),
    );
  });
});

describe('cutter', () => {
  it.each([
    ['/files', '/files/ns/a?x', '/ns/a?x'],
    ['/files', '/files', '/'],
    ['/files', '/files?x', '/?x'],
    ['/files', '/filesystem/a', null],
    ['/files', '/', null],
    ['/files', 'http://host/files/ns', '/ns'],
    ['/files', '*', null],
    ['/', '/ns/a', '/ns/a'],
    ['/a/b', '/a/b/ns', '/ns'],
    ['/dateien ä', '/dateien%20%C3%A4/ns', '/ns'],
    ['/%C3%A4', '/%c3%a4/ns', '/ns'],
  ])('%s of %s', (urlRoot, url, expected) => {
    expect(cutter(urlRoot)(url)).toBe(expected);
  });
});
