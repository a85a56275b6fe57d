/** `walk` and `filterDir`, over `scanDir` and `scanTree`. Follows pyfilesystem2's `fs.walk.Walker`. */

import { FilesystemClosed, FSError } from '../../errors/errors.js';
import { normalizePath } from '../../path/normalize.js';
import { relativePath } from '../../path/parts.js';
import type { Meta } from '../capabilities.js';
import type { Info } from '../info.js';
import type { Scannable } from '../tree-options.js';
import { checkPatterns, nameMatcher } from '../wildcards.js';
import { checkObject, optionsChecker } from './option-types.js';

/** Options of `walk`. */
export interface WalkOptions {
  /** Give out only files whose name matches one of these wildcards; default all. */
  filter?: readonly string[];
  /** Leave out files whose name matches one of these; default none. */
  exclude?: readonly string[];
  /** Give out, and go into, only directories whose name matches one of these; default all. */
  filterDirs?: readonly string[];
  /** Leave out directories whose name matches one of these, with all in them; default none. */
  excludeDirs?: readonly string[];
  /** How many levels to go down, a whole number: 1 gives out only what is in the start itself. Default no limit. */
  maxDepth?: number;
  /**
   * `breadth` (the default): level by level, each directory before what is in
   * it. `depth`: what is in a directory before the directory, which is the order
   * for removing, and where it can a backend lists the whole tree at once.
   */
  search?: 'breadth' | 'depth';
  /**
   * Called with the path of a directory that can't be read. The walk goes on
   * without the rest of it, unless `false` comes back: then the error is thrown.
   * Default: every error is thrown.
   */
  onError?: (path: string, error: FSError) => unknown;
}

/** Options of `filterDir`. */
export interface FilterDirOptions {
  /** Show only files whose name matches one of these wildcards; default all. Directories are not touched by it. */
  files?: readonly string[];
  /** Show only directories whose name matches one of these; default all. */
  dirs?: readonly string[];
  /** Leave out files whose name matches one of these; default none. */
  excludeFiles?: readonly string[];
  /** Leave out directories whose name matches one of these; default none. */
  excludeDirs?: readonly string[];
  /** Of what is left, give out the entries from the first number up to, and without, the second; default all. */
  page?: readonly [start: number, end: number];
}

const checkTypes = optionsChecker<Pick<WalkOptions, 'maxDepth' | 'onError'>>({
  maxDepth: 'number',
  onError: 'function',
});

interface Walkable extends Scannable {
  getMeta(): Meta;
}

export async function* walk(fs: Walkable, path: string, options: WalkOptions = {}): AsyncGenerator<Info> {
  const plan = new WalkPlan(normalizePath(path), options, fs.getMeta().caseInsensitive);
  yield* options.search === 'depth' ? depthFirst(fs, plan) : breadthFirst(fs, plan);
}

export async function* filterDir(
  fs: Walkable,
  path: string,
  options: FilterDirOptions = {},
): AsyncGenerator<Info> {
  checkObject('options', options);
  for (const name of ['files', 'dirs', 'excludeFiles', 'excludeDirs'] as const) {
    checkPatterns(name, options[name]);
  }
  const { files, dirs, excludeFiles, excludeDirs, page } = options;
  const shown = shownNames(
    { filter: files, exclude: excludeFiles, filterDirs: dirs, excludeDirs },
    fs.getMeta().caseInsensitive,
  );
  const [start, end] = checkPage(page);
  let at = 0;
  for await (const info of fs.scanDir(path)) {
    if (!shown(info)) continue;
    if (at >= end) return;
    if (at++ >= start) yield info;
  }
}

type NameOptions = {
  [K in 'filter' | 'exclude' | 'filterDirs' | 'excludeDirs']?: readonly string[] | undefined;
};

/** Whether the patterns let an entry be seen. */
function shownNames(options: NameOptions, foldCase: boolean): (info: Info) => boolean {
  for (const name of ['filter', 'exclude', 'filterDirs', 'excludeDirs'] as const) {
    checkPatterns(name, options[name]);
  }
  const rule = (wanted: readonly string[] | undefined, unwanted: readonly string[] | undefined) => {
    const isWanted = nameMatcher(wanted, foldCase);
    const isUnwanted = unwanted?.length ? nameMatcher(unwanted, foldCase) : () => false;
    return ({ name }: Info): boolean => isWanted(name) && !isUnwanted(name);
  };
  const files = rule(options.filter, options.exclude);
  const directories = rule(options.filterDirs, options.excludeDirs);
  return (info) => (info.isDir ? directories(info) : files(info));
}

/** The options of a walk, checked. */
class WalkPlan {
  readonly start: string;
  readonly shows: (info: Info) => boolean;
  readonly #deepest: number;
  readonly #onError: WalkOptions['onError'];

  constructor(start: string, options: WalkOptions, foldCase: boolean) {
    checkTypes(options);
    const { maxDepth, search = 'breadth', onError } = options;
    if (maxDepth !== undefined) checkLevels('maxDepth', maxDepth);
    if (search !== 'breadth' && search !== 'depth') {
      throw new TypeError(`search must be 'breadth' or 'depth', not ${JSON.stringify(search)}`);
    }
    this.start = start;
    this.shows = shownNames(options, foldCase);
    this.#deepest = maxDepth ?? Number.POSITIVE_INFINITY;
    this.#onError = onError;
  }

  get isShallow(): boolean {
    return this.#deepest !== Number.POSITIVE_INFINITY;
  }

  /** Whether a walk goes into a directory that it met. */
  readonly enters = (directory: Info): boolean =>
    this.shows(directory) && depthBelow(this.start, directory.path) < this.#deepest;

  readonly tolerates = (path: string, error: unknown): boolean =>
    this.#onError !== undefined &&
    error instanceof FSError &&
    !(error instanceof FilesystemClosed) &&
    this.#onError(path, error) !== false;
}

/** Check how many levels of directories to go down. @throws RangeError no whole number, or below 1 */
export function checkLevels(name: string, levels: number): void {
  if (!Number.isInteger(levels) || levels < 1)
    throw new RangeError(`${name} must be a whole number from 1, not ${levels}`);
}

/** 1 for what is in the start itself. */
function depthBelow(start: string, path: string): number {
  return relativePath(start, path).split('/').length;
}

/** A link to a directory is given out and not entered, as in `scanTree`. */
async function* breadthFirst(fs: Walkable, plan: WalkPlan): AsyncGenerator<Info> {
  const { links } = fs.getMeta();
  let level = [plan.start];
  while (level.length > 0) {
    const below: string[] = [];
    for (const directory of level) {
      const entries = fs.scanTree(directory, { enter: () => false, sparse: true, tolerate: plan.tolerates });
      for await (const info of entries) {
        if (!plan.shows(info)) continue;
        yield info;
        if (!info.isDir || !plan.enters(info)) continue;
        if (!links || !(await isLink(fs, plan, info.path))) below.push(info.path);
      }
    }
    level = below;
  }
}

async function* depthFirst(fs: Walkable, plan: WalkPlan): AsyncGenerator<Info> {
  const above: Info[] = [];
  const { enters: enter, isShallow: sparse, tolerates: tolerate } = plan;
  for await (const info of fs.scanTree(plan.start, { enter, sparse, tolerate })) {
    for (let last = above.at(-1); last && !info.path.startsWith(`${last.path}/`); last = above.at(-1)) {
      yield above.pop() as Info;
    }
    if (!plan.shows(info)) continue;
    if (info.isDir) above.push(info);
    else yield info;
  }
  yield* above.reverse();
}

async function isLink(fs: Walkable, plan: WalkPlan, path: string): Promise<boolean> {
  try {
    return await fs.isLink(path);
  } catch (error) {
    if (plan.tolerates(path, error)) return true;
    throw error;
  }
}

function checkPage(page: readonly [number, number] | undefined): readonly [number, number] {
  if (page === undefined) return [0, Number.POSITIVE_INFINITY];
  if (!Array.isArray(page) || page.length !== 2) throw new TypeError('page must be two numbers');
  for (const bound of page) {
    if (typeof bound !== 'number') throw new TypeError('page must be two numbers');
    if (!(bound >= 0)) throw new RangeError('page must be two numbers from 0');
  }
  return page;
}
