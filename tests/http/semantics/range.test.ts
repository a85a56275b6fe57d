import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { contentRange, parseRange, unsatisfiedRange } from '../../../src/http/semantics/range.js';

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

  it('answers several ranges with the whole', () => {
    expect(parseRange('bytes=0-1,4-5', 10)).toBe('whole');
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
        expect(range.first).toBeGreaterThanOrEqual(0);
        expect(range.last).toBeGreaterThanOrEqual(range.first);
        expect(range.last).toBeLessThan(size);
      }),
    );
  });
});

it('Content-Range tells which part of how many bytes (RFC 9110 §14.4)', () => {
  expect(contentRange({ first: 2, last: 5 }, 10)).toBe('bytes 2-5/10');
  expect(unsatisfiedRange(10)).toBe('bytes */10');
});
