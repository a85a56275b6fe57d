/** The order of copies where some go to places of other ones' sources. */
import type { Location } from '../fs/transfer-options.js';

/** What a copy reads and what it replaces. */
export interface CopyEnds {
  readonly source: Location;
  readonly target: Location;
}

const UNDER_WAY = -1;

/**
 * Copies in waves, each to be done before the next begins: what a copy replaces
 * has been copied itself by then. One wave, unless one goes where another comes
 * from. Of two that replace each other, either may be first.
 */
export function inWaves<T>(copies: readonly T[], endsOf: (copy: T) => CopyEnds): T[][] {
  const ends = copies.map(endsOf);
  const replacedBy = lookUp(ends);
  const waveOf: number[] = [];
  for (const first of copies.keys()) {
    const chain: number[] = [];
    let at: number | undefined = first;
    for (; at !== undefined && waveOf[at] === undefined; at = replacedBy(at)) {
      waveOf[at] = UNDER_WAY;
      chain.push(at);
    }
    let wave = at === undefined ? UNDER_WAY : (waveOf[at] as number);
    for (const one of chain.reverse()) waveOf[one] = ++wave;
  }
  const waves: T[][] = [];
  for (const [at, copy] of copies.entries()) {
    const wave = waveOf[at] as number;
    waves[wave] ??= [];
    waves[wave].push(copy);
  }
  return waves;
}

/** @returns tells which copy's source a copy replaces; undefined: none's */
function lookUp(ends: readonly CopyEnds[]): (copy: number) => number | undefined {
  const sources = new Map<unknown, Map<string, number>>();
  for (const [copy, { source }] of ends.entries()) {
    const paths = sources.get(source.storage) ?? new Map<string, number>();
    sources.set(source.storage, paths.set(source.path, copy));
  }
  return (copy) => {
    const { target } = ends[copy] as CopyEnds;
    return sources.get(target.storage)?.get(target.path);
  };
}
