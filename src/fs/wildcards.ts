/**
 * Wildcards for single names, as in pyfilesystem2's `fs.wildcard`: `*`, `?`,
 * `[seq]` and `[!seq]`, without quoting; a `[` that is never closed stands for
 * itself. The whole name has to match.
 *
 * Matched by going back to the last `*` only, so the time grows with the
 * product of the lengths. A regular expression for `*a*a*a*b` can take for ever,
 * and patterns may come from outside.
 */

/** Whether a name matches one of the patterns that this was made of. */
export type NameMatcher = (name: string) => boolean;

/** What one character of a name may be. */
export type Token = '*' | ((character: string) => boolean);

/**
 * @param patterns undefined, null and the empty list match every name
 * @param foldCase take `A` for `a`; default false
 * @throws TypeError `patterns` is no list of strings
 */
export function nameMatcher(patterns: readonly string[] | null | undefined, foldCase = false): NameMatcher {
  checkPatterns('patterns', patterns);
  if (patterns === undefined || patterns === null || patterns.length === 0) return () => true;
  const fold = (text: string): string => (foldCase ? text.toLowerCase() : text);
  const all = patterns.map((pattern) => tokensOf(fold(pattern)));
  return (name) => {
    const characters = [...fold(name)];
    return all.some((tokens) => matchesTokens(tokens, characters));
  };
}

/** @throws TypeError `patterns` is given, and is no list of strings; one string alone is a slip too easily made */
export function checkPatterns(name: string, patterns: unknown): void {
  if (patterns === undefined || patterns === null) return;
  if (Array.isArray(patterns) && patterns.every((pattern) => typeof pattern === 'string')) return;
  throw new TypeError(`${name} must be a list of strings, such as ['*.txt']`);
}

function tokensOf(pattern: string): Token[] {
  const characters = [...pattern];
  const tokens: Token[] = [];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] as string;
    const closing = character === '[' ? endOfClass(characters, at) : -1;
    if (closing !== -1) {
      tokens.push(classOf(characters.slice(at + 1, closing)));
      at = closing;
    } else if (character === '*') {
      if (tokens.at(-1) !== '*') tokens.push('*');
    } else if (character === '?') tokens.push(() => true);
    else tokens.push((other) => other === character);
  }
  return tokens;
}

/** A `]` that comes first belongs to the class. */
function endOfClass(characters: readonly string[], opening: number): number {
  const first = opening + (characters[opening + 1] === '!' ? 2 : 1);
  return characters.indexOf(']', first + 1);
}

function classOf(inside: readonly string[]): (character: string) => boolean {
  const negated = inside[0] === '!';
  const members = negated ? inside.slice(1) : inside;
  const ranges: [string, string][] = [];
  for (let at = 0; at < members.length; at++) {
    const from = members[at] as string;
    const isRange = members[at + 1] === '-' && at + 2 < members.length;
    ranges.push([from, isRange ? (members[at + 2] as string) : from]);
    if (isRange) at += 2;
  }
  const point = (character: string): number => character.codePointAt(0) ?? 0;
  return (character) =>
    ranges.some(([from, to]) => point(from) <= point(character) && point(character) <= point(to)) !== negated;
}

export function matchesTokens(tokens: readonly Token[], characters: readonly string[]): boolean {
  let token = 0;
  let at = 0;
  let star = -1;
  let resume = 0;
  while (at < characters.length) {
    const expected = tokens[token];
    if (expected === '*') {
      star = token++;
      resume = at;
    } else if (expected?.(characters[at] as string)) {
      token++;
      at++;
    } else if (star !== -1) {
      token = star + 1;
      at = ++resume;
    } else return false;
  }
  while (tokens[token] === '*') token++;
  return token === tokens.length;
}
