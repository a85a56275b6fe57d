/**
 * Where a path lies, told in the foreground: for what is done or asked in one
 * breath, and so can wait for no directory. Who gets null does it another way.
 */
import type { Moment } from '../../clock/moment.js';
import { basename, dirname } from '../../path/parts.js';
import type { DiskRoot } from './disk-root.js';
import { type Pin, pinDirectoryNow } from './pin.js';
import { stagingDirectory } from './staging.js';
import { lstat, lstatSync, QUIETLY, type Stats } from './system-calls.js';
import type { Enclosure } from './system-path.js';

/** What of an OSFS is needed to find places in it. */
export interface PlacedScope {
  readonly root: DiskRoot;
  enclosure(): Promise<Enclosure>;
  isHidden(path: string): boolean;
}

/** Where things lie, once somebody had the time to find out. */
interface Places {
  readonly enclosure: Enclosure;
  /** System path of the directory for what is not whole yet. */
  readonly temporary: string;
  /** That directory as it was found: where it is another one, so may be the whole storage. */
  readonly found: Stats;
}

/** A path in its pinned directory, and the directory for what is not whole yet; both are let go of by themselves. */
export interface Spot {
  readonly parent: Pin;
  readonly name: string;
  readonly staging: Pin;
}

/** Finds in the foreground where a path lies, in directories that were met, of the storage that was met. */
export class PromptPlaces {
  readonly #scope: PlacedScope;
  #places: Places | null = null;
  #isLookingUp = false;
  /** The directory for what is not whole yet, when it was last seen to be the one that was found. */
  #seen: Pin | null = null;

  constructor(scope: PlacedScope) {
    this.#scope = scope;
  }

  /** Whether there is any use in asking; false at first, while it is being found out. */
  get areKnown(): boolean {
    if (this.#places === null) this.#lookUp();
    return this.#places !== null;
  }

  /**
   * @param path canonical
   * @param moment directories are looked at once in each; undefined: for this path alone
   * @returns null: it is none of ours, or can't be told at once
   */
  spot(path: string, moment: Moment = Symbol()): Spot | null {
    const places = this.#placesOf(path);
    if (places === null) return null;
    const { enclosure, temporary } = places;
    const { momentPins } = this.#scope.root;
    const parent = momentPins.get(enclosure.systemPath(dirname(path)), moment);
    const staging = momentPins.get(temporary, moment);
    if (parent === null || staging === null || !this.#isTheOne(staging, places)) return null;
    const name = basename(path);
    return isOurs(enclosure, parent, name) ? { parent, name, staging } : null;
  }

  /**
   * Whether nothing is at a canonical path, not even a link that leads nowhere; false also where that can't be told at once.
   * @throws the system's errors
   */
  isFree(path: string): boolean {
    const places = this.#placesOf(path);
    if (places === null) return false;
    const { enclosure } = places;
    const { foreground } = this.#scope.root;
    const parent = pinDirectoryNow(enclosure.systemPath(dirname(path)), foreground);
    if (parent === null) return false;
    try {
      const name = basename(path);
      if (!parent.isNear || !isOurs(enclosure, parent, name)) return false;
      return foreground.ask(() => lstatSync(parent.at(name), QUIETLY)) === undefined;
    } finally {
      parent.close();
    }
  }

  /** Null where they are not known, or the path is the root or hidden. */
  #placesOf(path: string): Places | null {
    if (!this.areKnown || path === '' || this.#scope.isHidden(path)) return null;
    return this.#places;
  }

  /** Asked once in each moment. */
  #isTheOne(staging: Pin, { found }: Places): boolean {
    if (staging === this.#seen) return true;
    const { dev, ino } = staging.statNow();
    if (dev !== found.dev || ino !== found.ino) return false;
    this.#seen = staging;
    return true;
  }

  #lookUp(): void {
    if (this.#isLookingUp) return;
    this.#isLookingUp = true;
    this.#findPlaces().then(
      (places) => {
        this.#places = places;
      },
      () => {
        this.#isLookingUp = false;
      },
    );
  }

  async #findPlaces(): Promise<Places> {
    const { base } = await this.#scope.root.enclosure();
    const temporary = stagingDirectory(base);
    return { enclosure: await this.#scope.enclosure(), temporary, found: await lstat(temporary) };
  }
}

function isOurs(enclosure: Enclosure, parent: Pin, name: string): boolean {
  return enclosure.holds(parent.real) && !enclosure.hides(parent.real, name);
}
