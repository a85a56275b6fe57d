import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ServedRange } from '../../../src/http/semantics/range.js';
import {
  contentRange,
  frameRanges,
  MOST_RANGES,
  parseRange,
  unsatisfiedRange,
} from '../../../src/http/semantics/range.js';

describe('parseRange, int-range form (RFC 9110 §14.1.2)', () => {
  it.each([
    ['bytes=0-0', 10, { first: 0, last: 0 }],
    ['bytes=2-5', 10, { first: 2, last: 5 }],
    ['bytes=5-', 10, { first: 5, last: 9 }],
    ['bytes=9-', 10, { first: 9, last: 9 }],
    ['bytes=0-99', 10, { first: 0, last: 9 }], // past the end means the end
    ['bytes=0-99999999999999999999999', 10, { first: 0, last: 9 }],
    ['bytes=10-', 10, 'unsatisfiable'],
    ['bytes=10-20', 10, 'unsatisfiable'],
    ['bytes=99999999999999999999999-', 10, 'unsatisfiable'],
    ['bytes=0-', 0, 'unsatisfiable'],
  ] as const)('%s of %i bytes', (field, sizeBytes, expected) => {
    expect(parseRange(field, sizeBytes)).toEqual(expected);
  });
});

describe('parseRange, suffix form (RFC 9110 §14.1.2)', () => {
  it.each([
    ['bytes=-3', 10, { first: 7, last: 9 }],
    ['bytes=-500', 10, { first: 0, last: 9 }], // longer than the file: all
    ['bytes=-0', 10, 'unsatisfiable'],
    ['bytes=-5', 0, 'whole'], // satisfiable, but there is no byte to name
  ] as const)('%s of %i bytes', (field, sizeBytes, expected) => {
    expect(parseRange(field, sizeBytes)).toEqual(expected);
  });
});

describe('parseRange, several (RFC 9110 §15.3.7.2)', () => {
  it.each([
    [
      'bytes=0-1,4-5',
      [
        { first: 0, last: 1 },
        { first: 4, last: 5 },
      ],
    ],
    [
      'bytes=4-5,0-1',
      [
        { first: 4, last: 5 },
        { first: 0, last: 1 },
      ],
    ], // in the order of the request
    [
      'bytes=0-0,-1',
      [
        { first: 0, last: 0 },
        { first: 9, last: 9 },
      ],
    ],
    ['bytes=0-1,2-3', { first: 0, last: 3 }], // they touch
    ['bytes=0-4,2-6', { first: 0, last: 6 }], // they overlap
    [
      'bytes=8-9,0-1,1-2',
      [
        { first: 8, last: 9 },
        { first: 0, last: 2 },
      ],
    ],
    ['bytes=0-,0-,0-', { first: 0, last: 9 }],
    ['bytes=0-1,20-30', { first: 0, last: 1 }], // §14.1.2: what can't be satisfied falls away
    ['bytes=20-30,-0', 'unsatisfiable'],
    ['bytes=0-1,5-2', 'whole'], // one that is invalid makes all of it invalid
  ] as const)('%s of 10 bytes', (field, expected) => {
    expect(parseRange(field, 10)).toEqual(expected);
  });
});

describe('parseRange ignores (RFC 9110 §14.2)', () => {
  it.each([
    [undefined],
    [''],
    ['bytes'],
    ['bytes='],
    ['bytes=,'],
    ['bytes=-'],
    ['bytes=5-2'], // §14.1.1: ends before it begins
    ['bytes=a-b'],
    ['bytes=1-2-3'],
    ['bytes=+1-2'],
    ['bytes=0x1-2'],
    ['bytes=1.5-2'],
    ['bytes 0-1'],
    ['items=0-1'],
    ['bytes=0-1,x'],
  ])('%s', (field) => {
    expect(parseRange(field, 10)).toBe('whole');
  });
});

describe('parseRange', () => {
  it('knows the unit in any case (RFC 9110 §14.1)', () => {
    expect(parseRange('BYTES=0-1', 10)).toEqual({ first: 0, last: 1 });
  });

  it('passes over empty members (RFC 9110 §5.6.1.2)', () => {
    expect(parseRange('bytes=, 0-1 ,', 10)).toEqual({ first: 0, last: 1 });
  });

  it('ignores more ranges than anybody needs (RFC 9110 §17.15)', () => {
    const ranges = (count: number): string =>
      `bytes=${Array.from({ length: count }, (_, i) => `${i * 3}-${i * 3}`)}`;
    expect(parseRange(ranges(MOST_RANGES), 1000)).toHaveLength(MOST_RANGES);
    expect(parseRange(ranges(MOST_RANGES + 1), 1000)).toBe('whole');
    expect(parseRange(`bytes=0-1,${' '.repeat(5000)}4-5`, 1000)).toBe('whole');
  });

  it('refuses several ranges of which none can be satisfied', () => {
    expect(parseRange('bytes=10-,20-30', 10)).toBe('unsatisfiable');
  });

  it('never names a byte outside of the file', () => {
    const number = fc.oneof(fc.constant(''), fc.nat(30).map(String));
    fc.assert(
      fc.property(number, number, fc.nat(20), (from, to, size) => {
        const range = parseRange(`bytes=${from}-${to}`, size);
        if (typeof range === 'string') return;
        const { first, last } = range as ServedRange;
        expect(first).toBeGreaterThanOrEqual(0);
        expect(last).toBeGreaterThanOrEqual(first);
        expect(last).toBeLessThan(size);
      }),
    );
  });

  it('of several ranges gives each byte that was asked for, once', () => {
    const spec = fc.tuple(fc.nat(25), fc.nat(8)).map(([from, more]) => ({ first: from, last: from + more }));
    fc.assert(
      fc.property(
        fc.array(spec, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 20 }),
        (specs, size) => {
          const field = `bytes=${specs.map(({ first, last }) => `${first}-${last}`).join(',')}`;
          const outcome = parseRange(field, size);
          const asked = new Set(
            specs.flatMap(({ first, last }) =>
              Array.from({ length: last - first + 1 }, (_, i) => first + i).filter((at) => at < size),
            ),
          );
          if (outcome === 'unsatisfiable') return expect(asked.size).toBe(0);
          const parts = [outcome].flat() as ServedRange[];
          const given = parts.flatMap(({ first, last }) =>
            Array.from({ length: last - first + 1 }, (_, i) => first + i),
          );
          expect(given.sort((a, b) => a - b)).toEqual([...asked].sort((a, b) => a - b));
        },
      ),
    );
  });
});

it('Content-Range tells which part of how many bytes (RFC 9110 §14.4)', () => {
  expect(contentRange({ first: 2, last: 5 }, 10)).toBe('bytes 2-5/10');
  expect(unsatisfiedRange(10)).toBe('bytes */10');
});

it('several ranges are framed as multipart/byteranges (RFC 9110 §14.6, RFC 2046 §5.1.1)', () => {
  const ranges = [
    { first: 0, last: 1 },
    { first: 7, last: 9 },
  ];
  const { contentType, heads, tail, lengthBytes } = frameRanges(ranges, 10, 'text/plain', 'limit');
  expect(contentType).toBe('multipart/byteranges; boundary=limit');
  const body = `${heads[0]}ab${heads[1]}hij${tail}`;
  expect(body).toBe(
    '--limit\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\nab' +
      '\r\n--limit\r\nContent-Type: text/plain\r\nContent-Range: bytes 7-9/10\r\n\r\nhij' +
      '\r\n--limit--\r\n',
  );
  expect(lengthBytes).toBe(body.length);
});
