/**
 * A directory that goes into one above it meets itself where it holds a path
 * like its own: when `b` is moved to the root, `b/b/f` goes to `b/f`, and what
 * is at `b/f` goes to `f`. All of it is to come out as if the tree had been
 * taken whole, so it is brought over in steps: first all but `b/b`; then `b/b`
 * to `b`, all but `b/b/b`; and so on. A step ends before the next one puts
 * anything where it took from, and none of them sees what another has brought.
 */
import { FileExpected, InvalidPath } from '../../errors/errors.js';
import { ancestors, isWithin, joinPath } from '../../path/parts.js';
import type { Info } from '../info.js';
import { findInfo } from './read.js';
import type { Place } from './transfer-place.js';
import { isLinked, wayDown } from './transfer-place.js';

/** A directory that goes to another without meeting itself. */
export interface TransferStep {
  readonly from: Place;
  readonly to: Place;
  /** The directory below `from` that is left to the next step, if there is one: it and those above it are destinations of that. */
  readonly except: string | null;
  /** Directories above `from`, nearest first, that are there for its sake and no destinations: they go with it. */
  readonly leading: readonly string[];
}

/**
 * The steps by which a directory goes to another: one, unless it meets itself.
 * @throws FileExpected: a file would have to take the place of a directory that it lies in
 */
export async function stepsOf(from: Place, to: Place): Promise<TransferStep[]> {
  const way = wayDown(to, from);
  if (way === null || way === '') return [{ from, to, except: null, leading: [] }];
  const names = way.split('/');
  const steps: TransferStep[] = [];
  for (let [source, target] = [from, to]; ; ) {
    const depth = await depthOf(names, source, target);
    if (depth < names.length) {
      const leading = steps.length === 0 ? [] : ancestors(source.path).slice(0, names.length - 1 - depth);
      return [...steps, { from: source, to: target, except: null, leading }];
    }
    const next = joinPath(source.path, way);
    steps.push({ from: source, to: target, except: next, leading: [] });
    source = { fs: source.fs, path: next };
    target = { fs: target.fs, path: joinPath(target.path, way) };
  }
}

/** How far down the names lead, one after the other, from directory to directory. A link is left out of a transfer, so it ends them. */
async function depthOf(names: readonly string[], from: Place, to: Place): Promise<number> {
  for (let depth = 0; depth < names.length; depth++) {
    const below = names.slice(0, depth + 1);
    const place = { fs: from.fs, path: joinPath(from.path, ...below) };
    const info = await look(place);
    if (info === null) return depth;
    if (!info.isDir) throw new FileExpected(joinPath(to.path, ...below));
    if (await isLinked(place)) return depth;
  }
  return names.length;
}

/** A path that can't be, such as one too long, has nothing there. */
async function look({ fs, path }: Place): Promise<Info | null> {
  try {
    return await findInfo(fs, path);
  } catch (error) {
    if (error instanceof InvalidPath) return null;
    throw error;
  }
}

/** All below the source that the step takes care of, each directory right before what is in it. */
export function entriesOf({ from: { fs, path }, except }: TransferStep): AsyncIterable<Info> {
  if (except === null) return fs.scanTree(path);
  return allBut(except, fs.scanTree(path, { enter: (directory) => directory.path !== except }));
}

async function* allBut(except: string, entries: AsyncIterable<Info>): AsyncGenerator<Info> {
  for await (const info of entries) if (!isWithin(except, info.path)) yield info;
}
