/**
 * `glob`: paths by pattern, see `glob-pattern.ts`.
 *
 * The walk begins at the part of the pattern that has no wildcard, and goes no
 * deeper than the pattern can reach.
 */
import picomatch from 'picomatch';
import { ResourceNotFound } from '../../errors/errors.js';
import { normalizePath } from '../../path/normalize.js';
import { joinPath } from '../../path/parts.js';
import type { Meta } from '../capabilities.js';
import type { Info } from '../info.js';
import type { Scannable } from '../tree-options.js';
import { nameMatcher } from '../wildcards.js';
import { pathMatcher } from './glob-pattern.js';
import { optionsChecker } from './option-types.js';
import { findInfo } from './read.js';

/** Options of `glob`. */
export interface GlobOptions {
  /** Whether `a` and `A` differ; default as in the filesystem. */
  caseSensitive?: boolean;
  /** Don't go into, or give out, directories whose name matches one of these wildcards; default none. */
  excludeDirs?: readonly string[];
}

const checkTypes = optionsChecker<Pick<GlobOptions, 'caseSensitive'>>({ caseSensitive: 'boolean' });

interface Globbed extends Scannable {
  getMeta(): Meta;
}

export async function* glob(fs: Globbed, pattern: string, options: GlobOptions = {}): AsyncGenerator<Info> {
  if (typeof pattern !== 'string') throw new TypeError(`pattern must be a string, not ${typeof pattern}`);
  checkTypes(options);
  const { caseSensitive } = options;
  const foldCase = caseSensitive === undefined ? fs.getMeta().caseInsensitive : !caseSensitive;
  const plan = planOf(pattern, foldCase);
  if (plan === null) return;
  const isExcluded = options.excludeDirs?.length ? nameMatcher(options.excludeDirs, foldCase) : () => false;
  const start = await findInfo(fs, plan.base);
  if (start === null) return;
  if (plan.deepest === 0 && plan.matches(start)) yield start;
  if (!start.isDir || plan.deepest === 0) return;
  const enter = (directory: Info): boolean =>
    !isExcluded(directory.name) && componentsOf(directory.path) < plan.deepest;
  let excluded: string | null = null;
  const sparse = plan.deepest !== Number.POSITIVE_INFINITY;
  for await (const info of fs.scanTree(plan.base, { enter, sparse, tolerate: vanished })) {
    if (excluded !== null && info.path.startsWith(excluded)) continue;
    excluded = info.isDir && isExcluded(info.name) ? `${info.path}/` : null;
    if (excluded === null && plan.matches(info)) yield info;
  }
}

interface GlobPlan {
  /** Canonical path of the directory under which all matches lie. */
  readonly base: string;
  /** Components that a match can have at most; 0 when the base itself is the only one. */
  readonly deepest: number;
  matches(info: Info): boolean;
}

function planOf(pattern: string, foldCase: boolean): GlobPlan | null {
  const scanned = picomatch.scan(withoutRegex(pattern.replace(/^\/+/, '')));
  const base = normalizePath(scanned.base);
  const onlyDirectories = pattern.endsWith('/');
  if (!scanned.isGlob && base === '') return null;
  if (!scanned.isGlob && !foldCase) {
    return { base: unescaped(base), deepest: 0, matches: ({ isDir }) => isDir || !onlyDirectories };
  }
  // Who folds case can't begin at a directory of a certain spelling.
  const start = foldCase ? '' : unescaped(base);
  const slash = scanned.isGlob || !onlyDirectories ? '' : '/';
  const isMatch = pathMatcher((foldCase ? joinPath(base, scanned.glob) : scanned.glob) + slash, foldCase);
  const below = start === '' ? 0 : start.length + 1;
  return {
    base: start,
    deepest: deepestOf(joinPath(base, scanned.glob)),
    matches: ({ path, isDir }) => {
      const rest = path.slice(below);
      return onlyDirectories ? isDir && isMatch(`${rest}/`) : isMatch(rest);
    },
  };
}

/** Picomatch lets groups and `+` of regular expressions pass: here they stand for themselves, and can't be made to take for ever. */
function withoutRegex(pattern: string): string {
  return pattern.replace(/\\.|[()|+]/gs, (found) => (found.length > 1 ? found : `\\${found}`));
}

/** Braces may hold slashes, so with them there is no telling. */
function deepestOf(pattern: string): number {
  if (pattern.includes('**') || pattern.includes('{')) return Number.POSITIVE_INFINITY;
  return componentsOf(pattern.replace(/\/+$/, ''));
}

function componentsOf(path: string): number {
  return path.split('/').length;
}

function unescaped(pattern: string): string {
  return pattern.replace(/\\(.)/g, '$1');
}

/** A directory that was removed since it was met has no matches any more. */
function vanished(_path: string, error: unknown): boolean {
  return error instanceof ResourceNotFound;
}
