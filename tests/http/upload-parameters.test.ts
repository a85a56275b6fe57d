import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HttpProblem } from '../../src/http/http-problem.js';
import { UploadParameters } from '../../src/http/upload-parameters.js';
import { createMayfly } from '../../src/index.js';

const mayfly = createMayfly({ storage: { type: 'memoryfs', urlRoot: '/files' }, purge: false });

/** The number that was taken; null when it was refused. */
function taken(value: string): number | null {
  const parameters = new UploadParameters(mayfly.getFilesystem('ns'), () => 0);
  try {
    parameters.add('timeout', value);
  } catch (error) {
    expect(error).toBeInstanceOf(HttpProblem);
    return null;
  }
  return parameters.timeout ?? Number.NaN;
}

describe('a number of an upload', () => {
  it.each([
    ['0', 0],
    ['60', 60],
    ['007', 7],
    ['1.', 1],
    ['1.5', 1.5],
    ['.5', 0.5],
    ['0.0000000001', 1e-10],
    ['9'.repeat(100), 1e100],
    ['', null],
    ['.', null],
    ['1.2.3', null],
    ['..5', null],
    ['1,5', null],
    ['-1', null],
    ['+1', null],
    ['1e3', null],
    ['0x10', null],
    [' 1', null],
    ['1 ', null],
    ['1\n', null],
    ['1_000', null],
    ['\u0661', null], // a digit, but not one of ours
    ['NaN', null],
    ['Infinity', null],
    ['0'.repeat(101), null],
    [`${'1'.repeat(65_000)}x`, null],
    [`${'1'.repeat(32_000)}.${'1'.repeat(32_000)}x`, null],
  ])('%j', (value, expected) => {
    expect(taken(value)).toBe(expected);
  });

  it('is taken however it is written, and nothing but digits and one point is', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 12 });
    fc.assert(
      fc.property(digits, digits, fc.boolean(), (whole, part, point) => {
        const text = whole + (point ? '.' : '') + part;
        expect(taken(text)).toBe(whole + part === '' ? null : Number(text));
      }),
    );
    const unlike = fc.string({ unit: fc.constantFrom('1', '0', '.', 'x', '-', ' ', 'e'), maxLength: 6 });
    fc.assert(
      fc.property(unlike, (text) => {
        const [points, digitsOnly] = [text.split('.').length - 1, text.replaceAll('.', '')];
        expect(taken(text) !== null).toBe(points <= 1 && /^[01]+$/.test(digitsOnly));
      }),
    );
  });
});
