import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { IllegalBackReference, InvalidNamespace, InvalidPath } from '../../src/errors/errors.js';
import { checkNamespaceName, isNamespaceName } from '../../src/path/namespace-name.js';
import { checkComponentLength, normalizePath } from '../../src/path/normalize.js';
import {
  ancestors,
  basename,
  compareCodePoints,
  dirname,
  isWithin,
  joinPath,
  splitExtension,
} from '../../src/path/parts.js';

const anyPath = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc
    .array(fc.constantFrom('a', 'b', '.', '..', '', '...', 'é😀', ' '), { maxLength: 12 })
    .map((all) => all.join('/')),
);

/** The canonical form, or null where there is none. */
function canonical(path: string): string | null {
  try {
    return normalizePath(path);
  } catch (error) {
    if (error instanceof InvalidPath || error instanceof IllegalBackReference) return null;
    throw error;
  }
}

describe('normalizePath', () => {
  it.each([
    ['', ''],
    ['/', ''],
    ['.', ''],
    ['./', ''],
    ['a/..', ''],
    ['a/b', 'a/b'],
    ['/a/b/', 'a/b'],
    ['a//b/./c/..', 'a/b'],
    ['//a', 'a'],
    ['...', '...'],
    ['a/..b', 'a/..b'],
    [' a ', ' a '],
    ['a\\b', 'a\\b'],
    ['%2e%2e/a', '%2e%2e/a'],
  ])('%j is %j', (path, expected) => {
    expect(normalizePath(path)).toBe(expected);
  });

  it.each(['..', '/..', '../a', 'a/../..', 'a/b/../../../c', './../a'])(
    'refuses %j, which climbs',
    (path) => {
      expect(() => normalizePath(path)).toThrow(IllegalBackReference);
    },
  );

  it.each(['\u0000', 'a\tb', 'a\u001f', '\u007f', '\u0080', 'a\u009fb', '\ud800', 'a\udc00'])(
    'refuses %j',
    (path) => {
      expect(() => normalizePath(path)).toThrow(InvalidPath);
    },
  );

  it.each([undefined, null, 5, {}, ['a']])('refuses %j, which is no string', (path) => {
    expect(() => normalizePath(path as never)).toThrow(TypeError);
  });

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(anyPath, (path) => {
        const once = canonical(path);
        if (once !== null) expect(normalizePath(once)).toBe(once);
      }),
    );
  });

  it('never leaves a slash at an end, an empty component or a dot', () => {
    fc.assert(
      fc.property(anyPath, (path) => {
        const components = canonical(path)?.split('/') ?? [];
        if (components.length === 1 && components[0] === '') return;
        for (const component of components) expect(['', '.', '..']).not.toContain(component);
      }),
    );
  });

  it('is put together again from its directory and name', () => {
    fc.assert(
      fc.property(anyPath, (path) => {
        const once = canonical(path);
        if (once === null) return;
        expect(joinPath(dirname(once), basename(once))).toBe(once);
        expect(isWithin(dirname(once), once)).toBe(true);
        for (const above of ancestors(once)) expect(isWithin(above, once)).toBe(true);
      }),
    );
  });
});

describe('checkComponentLength', () => {
  it.each(['a'.repeat(255), 'é'.repeat(127), `${'a'.repeat(255)}/${'b'.repeat(255)}`, ''])(
    'lets %j pass',
    (path) => {
      expect(() => checkComponentLength(path, 255)).not.toThrow();
    },
  );

  it.each(['a'.repeat(256), 'é'.repeat(128), '😀'.repeat(64), `a/${'b'.repeat(256)}/c`])(
    'refuses %j',
    (path) => {
      expect(() => checkComponentLength(path, 255)).toThrow(InvalidPath);
    },
  );

  it('agrees with the bytes of UTF-8', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 30 }),
        fc.integer({ min: 1, max: 40 }),
        (name, max) => {
          const fits = name.split('/').every((part) => Buffer.byteLength(part) <= max);
          const check = (): void => checkComponentLength(name, max);
          if (fits) expect(check).not.toThrow();
          else expect(check).toThrow(InvalidPath);
        },
      ),
    );
  });
});

describe('compareCodePoints', () => {
  it('orders as the bytes of UTF-8', () => {
    const text = fc.string({ unit: 'binary', maxLength: 6 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareCodePoints(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['a', 'b'],
    ['a', 'aa'],
    ['\uffff', '\u{10000}'],
    ['\ue000', '😀'],
    ['\ud7ff', '😀'],
    ['😀', '😁'],
  ])('%j comes before %j', (a, b) => {
    expect(compareCodePoints(a, b)).toBeLessThan(0);
    expect(compareCodePoints(b, a)).toBeGreaterThan(0);
    expect(compareCodePoints(a, a)).toBe(0);
  });
});

describe('parts of a path', () => {
  it('joins, and empty parts vanish', () => {
    expect([joinPath('a', 'b/c'), joinPath('', 'a'), joinPath('a', ''), joinPath()]).toEqual([
      'a/b/c',
      'a',
      'a',
      '',
    ]);
  });

  it('tells what lies in what, by whole components', () => {
    expect(isWithin('foo', 'foo/bar')).toBe(true);
    expect(isWithin('foo', 'foo')).toBe(true);
    expect(isWithin('foo', 'foobar')).toBe(false);
    expect(isWithin('', 'anything')).toBe(true);
  });

  it('lists what is above, nearest first', () => {
    expect(ancestors('a/b/c')).toEqual(['a/b', 'a']);
    expect(ancestors('a')).toEqual([]);
    expect(ancestors('')).toEqual([]);
  });

  it.each([
    ['a.txt', 'a', '.txt'],
    ['a.tar.gz', 'a.tar', '.gz'],
    ['.env', '.env', ''],
    ['.env.local', '.env', '.local'],
    ['none', 'none', ''],
    ['dot.', 'dot', '.'],
    ['', '', ''],
  ])('splits %j into %j and %j', (name, stem, extension) => {
    expect(splitExtension(name)).toEqual({ stem, extension });
  });
});

describe('namespace names', () => {
  it.each(['a', 'charts', 'A-Z_0.9', '-', '_', '0', 'a.', 'a..b', 'x'.repeat(128)])('takes %j', (name) => {
    expect(isNamespaceName(name)).toBe(true);
    expect(() => checkNamespaceName(name)).not.toThrow();
  });

  it.each([
    ['', 'empty'],
    ['.', 'a dot'],
    ['..', 'dots'],
    ['.hidden', 'begins with a dot'],
    ['a/b', 'a slash'],
    ['a\\b', 'a backslash'],
    ['a b', 'a space'],
    ['a\n', 'a line end'],
    ['$HOME', 'a dollar'],
    ['é', 'not ASCII'],
    ['x'.repeat(129), 'too long'],
    [undefined, 'missing'],
    [['a'], 'an array'],
  ] as [unknown, string][])('refuses %j: %s', (name) => {
    expect(isNamespaceName(name)).toBe(false);
    expect(() => checkNamespaceName(name as never)).toThrow(InvalidNamespace);
  });
});
