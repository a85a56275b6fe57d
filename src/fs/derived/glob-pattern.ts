/**
 * Matching paths with a pattern of `glob`. The patterns are picomatch's
 * (bash's, that is), without its extended forms, so that parentheses stand for
 * themselves.
 *
 * Picomatch makes a regular expression of a pattern, and that tries every way
 * to share a name out among the stars: a pattern with some of them can take for
 * ever, and patterns may come from outside. So they are matched component by
 * component, and picomatch is left with sets of characters, and with braces,
 * which may hold few stars only.
 */
import picomatch from 'picomatch';
import { matchesTokens, type Token } from '../wildcards.js';

export type PathMatcher = (path: string) => boolean;

/** In one component of a pattern with braces; and components `**` in the whole. */
const MOST_STARS = 3;

/** @throws RangeError a pattern with braces and too many stars */
export function pathMatcher(pattern: string, foldCase: boolean): PathMatcher {
  if (/(?<!\\)(?:\\\\)*\{/.test(pattern)) {
    checkStars(pattern);
    return expressionOf(pattern, foldCase);
  }
  const parts = pattern
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .map((part) => partOf(part, foldCase));
  if (parts.at(-1) === '**') parts.push(() => true); // What is below a directory, and not itself.
  const fold = (path: string): string => (foldCase ? path.toLowerCase() : path);
  return (path) =>
    matchesParts(
      parts,
      fold(path)
        .split('/')
        .filter((name) => name !== ''),
    );
}

/** `u`, so that `?` is a whole character; a pattern with escapes that it forbids goes without. What makes no sense, such as `[b-a]`, matches nothing. */
function expressionOf(pattern: string, foldCase: boolean): PathMatcher {
  const options = { dot: true, posix: true, noextglob: true, nonegate: true, strictSlashes: true };
  for (const flags of ['u', '']) {
    try {
      const how = { ...options, flags: foldCase ? `i${flags}` : flags, debug: true };
      const expression = picomatch.makeRe(pattern, how);
      return (path) => expression.test(path);
    } catch {
      // Tried without.
    }
  }
  return () => false;
}

function checkStars(pattern: string): void {
  const parts = pattern.split('/');
  const isTooMuch =
    parts.filter((part) => part.includes('**')).length > MOST_STARS ||
    parts.some((part) => (part.match(/\*+/g) ?? []).length > MOST_STARS);
  if (!isTooMuch) return;
  throw new RangeError(
    `a pattern with braces may have at most ${MOST_STARS} stars in a component: give a pattern for each of the alternatives`,
  );
}

/** What one component of a path may be; `**` stands for any number of them. */
type Part = '**' | ((name: string) => boolean);

function partOf(part: string, foldCase: boolean): Part {
  if (part === '**') return '**';
  const tokens = tokensOf(part, foldCase);
  return (name) => matchesTokens(tokens, [...name]);
}

function tokensOf(part: string, foldCase: boolean): Token[] {
  const characters = [...(foldCase ? part.toLowerCase() : part)];
  const tokens: Token[] = [];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] as string;
    const end = character === '[' ? endOfSet(characters, i) : -1;
    if (character === '*') {
      if (tokens.at(-1) !== '*') tokens.push('*');
    } else if (character === '?') tokens.push(() => true);
    else if (end !== -1) {
      tokens.push(expressionOf(characters.slice(i, end + 1).join(''), foldCase));
      i = end;
    } else {
      const literal = character === '\\' ? (characters[++i] ?? character) : character;
      tokens.push((other) => other === literal);
    }
  }
  return tokens;
}

/** Index of the bracket that closes a set; -1 when none does, and the opening one stands for itself. */
function endOfSet(characters: readonly string[], start: number): number {
  let at = start + 1;
  if (characters[at] === '!' || characters[at] === '^') at++;
  if (characters[at] === ']') at++; // The first one is a member.
  for (; at < characters.length; at++) {
    if (characters[at] === ']') return at;
    if (characters[at] === '\\') at++;
    else if (characters[at] === '[' && characters[at + 1] === ':') {
      const close = characters.indexOf(']', at + 2);
      if (close !== -1 && characters[close - 1] === ':') at = close;
    }
  }
  return -1;
}

/** Goes back to the last `**` only, which is enough: what an earlier one could take as well, the last one can. */
function matchesParts(parts: readonly Part[], names: readonly string[]): boolean {
  let [part, name, back, resume] = [0, 0, -1, 0];
  while (name < names.length) {
    const wanted = parts[part];
    if (wanted === '**') {
      back = ++part;
      resume = name;
    } else if (wanted?.(names[name] as string)) {
      part++;
      name++;
    } else if (back === -1) return false;
    else {
      part = back;
      name = ++resume;
    }
  }
  while (parts[part] === '**') part++;
  return part === parts.length;
}
