import { describe, expect, it } from '@jest/globals';
import { nameMatcher } from '../../src/fs/wildcards.js';

describe('wildcards', () => {
  it.each<[string, string[], string[]]>([
    ['*', ['', 'a', '.hidden', 'a.b'], []],
    ['', [''], ['a']],
    ['a*b', ['ab', 'axb', 'abab'], ['a', 'abc', 'xab']],
    ['**a**', ['a', 'bab'], ['b', '']],
    ['?', ['a', 'é', '😀'], ['', 'ab']],
    ['*.t?t', ['a.txt', '.tot'], ['a.tt', 'a.txt2']],
    ['[abc]', ['a', 'c'], ['d', 'ab', '']],
    ['[a-c]x', ['bx'], ['dx', '-x']],
    ['[!a-c]x', ['dx', '!x'], ['bx']],
    ['[]]', [']'], ['[']],
    ['[!]]', ['['], [']']],
    ['[a-]', ['a', '-'], ['b']],
    ['[-a]', ['a', '-'], ['b']],
    ['[', ['['], ['']],
    ['[a', ['[a'], ['a']],
    ['a[!', ['a[!'], ['ab']],
    ['[😀-😂]', ['😁'], ['😃']],
    ['\\*', ['\\', '\\x'], ['*']],
    ['a.b+(c)^$', ['a.b+(c)^$'], ['axb+(c)^$']],
    ['{a,b}', ['{a,b}'], ['a']],
    ['a\nb', ['a\nb'], ['a b']],
  ])('%j', (pattern, matching, others) => {
    const matches = nameMatcher([pattern]);
    expect(matching.filter((name) => !matches(name))).toEqual([]);
    expect(others.filter((name) => matches(name))).toEqual([]);
  });

  it('folds case when told', () => {
    expect([nameMatcher(['*.JPG'], true)('a.jpg'), nameMatcher(['[A-C]'], true)('b')]).toEqual([true, true]);
    expect(nameMatcher(['*.JPG'])('a.jpg')).toBe(false);
  });

  it('matches any of several, and everything by none', () => {
    expect(nameMatcher(['a', 'b*'])('bc')).toBe(true);
    for (const none of [[], null, undefined]) expect(nameMatcher(none)('x')).toBe(true);
  });

  it.each(['*.txt', [1], {}, 5])('refuses %j', (patterns) => {
    expect(() => nameMatcher(patterns as never)).toThrow(TypeError);
  });

  it('comes to an end on patterns that are made to take for ever', () => {
    expect(nameMatcher([`${'*a'.repeat(30)}*b`])('a'.repeat(255))).toBe(false);
  });
});
