import { describe, expect, it } from '@jest/globals';
import { evaluateConditions, rangeStillApplies } from '../../../src/http/semantics/conditional.js';

const EARLIER = 'Wed, 31 Dec 2025 23:59:59 GMT';
const SAME = 'Thu, 01 Jan 2026 00:00:00 GMT';
const LATER = 'Thu, 01 Jan 2026 00:00:01 GMT';
/** Half a second into its second, as files are. */
const current = { etag: '"a"', size: 1, modified: new Date(Date.UTC(2026, 0, 1) + 500) };
const weak = { ...current, etag: 'W/"a"' };

describe('If-Match (RFC 9110 §13.1.1)', () => {
  it.each([
    ['*', current, 'proceed'],
    ['*', null, 'failed'],
    ['"a"', current, 'proceed'],
    ['"b", "a"', current, 'proceed'],
    ['"b"', current, 'failed'],
    ['"a"', null, 'failed'],
    ['W/"a"', current, 'failed'], // strong comparison
    ['W/"a"', weak, 'failed'],
    ['a', current, 'failed'], // no entity tag
  ] as const)('%s', (field, what, expected) => {
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE']) {
      expect(evaluateConditions(method, { 'if-match': field }, what)).toBe(expected);
    }
  });
});

describe('If-Unmodified-Since (RFC 9110 §13.1.4)', () => {
  it.each([
    [LATER, 'proceed'],
    [SAME, 'proceed'],
    [EARLIER, 'failed'],
    ['yesterday', 'proceed'], // not a date: ignored
  ])('%s', (field, expected) => {
    expect(evaluateConditions('PUT', { 'if-unmodified-since': field }, current)).toBe(expected);
  });

  it('fails when nothing is there', () => {
    expect(evaluateConditions('PUT', { 'if-unmodified-since': LATER }, null)).toBe('failed');
  });

  it('is ignored beside If-Match (§13.2.2, step 2)', () => {
    const headers = { 'if-match': '"a"', 'if-unmodified-since': EARLIER };
    expect(evaluateConditions('PUT', headers, current)).toBe('proceed');
  });
});

describe('If-None-Match (RFC 9110 §13.1.2)', () => {
  it.each([
    ['*', current, 'not-modified', 'failed'],
    ['*', null, 'proceed', 'proceed'],
    ['"a"', current, 'not-modified', 'failed'],
    ['W/"a"', current, 'not-modified', 'failed'], // weak comparison
    ['"b", W/"a"', weak, 'not-modified', 'failed'],
    ['"b"', current, 'proceed', 'proceed'],
    ['"a"', null, 'proceed', 'proceed'],
  ] as const)('%s', (field, what, reading, writing) => {
    const headers = { 'if-none-match': field };
    expect(evaluateConditions('GET', headers, what)).toBe(reading);
    expect(evaluateConditions('HEAD', headers, what)).toBe(reading);
    expect(evaluateConditions('PUT', headers, what)).toBe(writing);
  });

  it('decides alone beside If-Modified-Since (§13.1.3)', () => {
    const headers = { 'if-none-match': '"b"', 'if-modified-since': LATER };
    expect(evaluateConditions('GET', headers, current)).toBe('proceed');
  });
});

describe('If-Modified-Since (RFC 9110 §13.1.3)', () => {
  it.each([
    [LATER, 'not-modified'],
    [SAME, 'not-modified'], // dates have whole seconds
    [EARLIER, 'proceed'],
    ['2026', 'proceed'], // not a date of HTTP: ignored
  ])('%s', (field, expected) => {
    expect(evaluateConditions('GET', { 'if-modified-since': field }, current)).toBe(expected);
    expect(evaluateConditions('PUT', { 'if-modified-since': field }, current)).toBe('proceed');
  });
});

it('a failed If-Match wins over a matching If-None-Match (RFC 9110 §13.2.2)', () => {
  const headers = { 'if-match': '"b"', 'if-none-match': '"a"' };
  expect(evaluateConditions('GET', headers, current)).toBe('failed');
});

describe('If-Range (RFC 9110 §13.1.5)', () => {
  it.each([
    [undefined, current, true],
    ['"a"', current, true],
    ['"b"', current, false],
    ['W/"a"', weak, false], // strong comparison
    [SAME, current, true],
    [LATER, current, false], // an exact match, not "since"
    [EARLIER, current, false],
    ['2026', current, false],
    ['', current, false],
  ] as const)('%s', (field, what, expected) => {
    expect(rangeStillApplies(field, what)).toBe(expected);
  });
});
