/** The order of copies where some go to places of other ones' sources. */
import type { Location } from '../fs/transfer-options.js';

/** What a copy reads and what it replaces. */
export interface CopyEnds {
  readonly source: Location;
  readonly target: Location;
}

/**
 * Copies in waves, each to be done before the next begins: what a copy replaces
 * has been read by then by all that read it. One wave, unless one goes where
 * another comes from. Those that replace each other in a circle are in one.
 */
export function inWaves<T>(copies: readonly T[], endsOf: (copy: T) => CopyEnds): T[][] {
  const readers = new Readers();
  let waiting = copies.map((copy) => ({ copy, ...endsOf(copy) }));
  for (const { source } of waiting) readers.add(source, 1);
  const waves: T[][] = [];
  while (waiting.length > 0) {
    const free = new Set(waiting.filter((ends) => !readers.hasOther(ends)));
    const wave = free.size > 0 ? [...free] : waiting;
    for (const { source } of wave) readers.add(source, -1);
    waiting = free.size > 0 ? waiting.filter((ends) => !free.has(ends)) : [];
    waves.push(wave.map(({ copy }) => copy));
  }
  return waves;
}

/** How many copies have yet to read what is at a place. */
class Readers {
  readonly #counts = new Map<unknown, Map<string, number>>();

  add({ storage, path }: Location, more: number): void {
    const counts = this.#counts.get(storage) ?? new Map<string, number>();
    this.#counts.set(storage, counts.set(path, (counts.get(path) ?? 0) + more));
  }

  /** Whether another copy has yet to read what this one replaces. */
  hasOther({ source, target }: CopyEnds): boolean {
    const isOwn = source.storage === target.storage && source.path === target.path;
    return (this.#counts.get(target.storage)?.get(target.path) ?? 0) > (isOwn ? 1 : 0);
  }
}
