import { describe, expect, it } from '@jest/globals';
import {
  cacheControlFor,
  guardedCacheControlFor,
  parseCacheControl,
  secondsLeft,
} from '../../../src/http/semantics/cache-lifetime.js';

describe('cacheControlFor', () => {
  it.each([
    [undefined, null, undefined],
    ['public, max-age=60', null, 'public, max-age=60'],
    [undefined, 300, 'max-age=300, must-revalidate'],
    ['public', 300, 'public, max-age=300, must-revalidate'],
    ['public, max-age=60', 300, 'public, max-age=60, must-revalidate'],
    ['public, max-age=86400, immutable', 300, 'public, max-age=300, must-revalidate'],
    ['max-age=9, s-maxage=900, stale-while-revalidate=60', 300, 'max-age=9, s-maxage=300, must-revalidate'],
    ['Max-Age="900", must-revalidate', 300, 'max-age=300, must-revalidate'],
    ['max-age=forever', 300, 'max-age=0, must-revalidate'],
    ['no-store', 300, 'no-store'],
    ['no-cache', 0, 'no-cache, max-age=0, must-revalidate'],
  ])('policy %j with %j seconds left', (policy, left, expected) => {
    expect(cacheControlFor(policy, left)).toBe(expected);
  });
});

describe('guardedCacheControlFor (RFC 9111 §3.5)', () => {
  it.each([
    [undefined, null, 'private, no-cache'],
    [undefined, 300, 'private, max-age=300, must-revalidate'],
    ['max-age=60', null, 'private, max-age=60'],
    ['max-age=900', 300, 'private, max-age=300, must-revalidate'],
    ['must-revalidate, max-age=60', 300, 'private, must-revalidate, max-age=60'],
    ['no-cache', null, 'private, no-cache'],
    ['public, max-age=60', null, 'public, max-age=60'],
    ['Public', 300, 'Public, max-age=300, must-revalidate'],
    ['private="set-cookie"', null, 'private="set-cookie"'],
    ['max-age=9, S-MaxAge=900', 300, 'max-age=9, s-maxage=300, must-revalidate'],
    ['no-store', 300, 'no-store'],
  ])('policy %j with %j seconds left', (policy, left, expected) => {
    expect(guardedCacheControlFor(policy, left)?.toLowerCase()).toBe(expected.toLowerCase());
  });
});

describe('secondsLeft', () => {
  it.each([
    [1000, 1],
    [1999, 1], // a cache that counts whole seconds is never late
    [999, 0],
    [0, 0],
    [-5000, 0],
    [1e15, 2_147_483_647], // RFC 9111 §1.2.2
  ])('%i ms are %i s', (ms, expected) => {
    expect(secondsLeft(1000 + ms, 1000)).toBe(expected);
  });
});

describe('parseCacheControl', () => {
  it('keeps a comma that is quoted', () => {
    expect(parseCacheControl('private="a, b", max-age=1')).toEqual([
      { name: 'private', value: '"a, b"' },
      { name: 'max-age', value: '1' },
    ]);
  });

  it.each(['', 'max-age=1\r\nX: y', 'a b', '=1'])('does not take %j', (field) => {
    expect(parseCacheControl(field)).toBeNull();
  });
});
