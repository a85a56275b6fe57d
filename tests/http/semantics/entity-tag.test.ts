import { describe, expect, it } from '@jest/globals';
import {
  entityTagOf,
  matchesStrongly,
  matchesWeakly,
  parseEntityTags,
} from '../../../src/http/semantics/entity-tag.js';

describe('comparison of entity tags (RFC 9110 §8.8.3.2, its table)', () => {
  it.each([
    ['W/"1"', 'W/"1"', false, true],
    ['W/"1"', 'W/"2"', false, false],
    ['W/"1"', '"1"', false, true],
    ['"1"', '"1"', true, true],
  ])('%s and %s', (a, b, strong, weak) => {
    expect(matchesStrongly(a, b)).toBe(strong);
    expect(matchesWeakly(a, b)).toBe(weak);
  });
});

describe('parseEntityTags', () => {
  it.each([
    ['*', '*'],
    [' * ', '*'],
    ['"a"', ['"a"']],
    ['"a","b" , W/"c"', ['"a"', '"b"', 'W/"c"']],
    ['"a,b"', ['"a,b"']], // a comma inside is part of the tag
    ['""', ['""']],
    [', "a",', ['"a"']],
    ['a', []],
    ['"a" b', []],
    ['', []],
  ])('%s', (field, expected) => {
    expect(parseEntityTags(field)).toEqual(expected);
  });
});

describe('entityTagOf', () => {
  const info = { size: 35, modified: new Date(36) };

  it('is what the filesystem says', () => {
    expect(entityTagOf({ ...info, etag: '"x"' })).toBe('"x"');
  });

  it.each([undefined, 'x', '"x', '"a\nb"'])('is a weak one of size and time for %j', (etag) => {
    expect(entityTagOf({ ...info, ...(etag === undefined ? {} : { etag }) })).toBe('W/"z-10"');
  });
});
