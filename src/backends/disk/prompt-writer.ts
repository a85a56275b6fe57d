/**
 * Small files stored in the foreground from first to last: the same steps as
 * those of `staging.ts` and `publishing.ts`, without a turn of the event loop
 * between them, which together take longer than the steps do.
 */
import type { Moment } from '../../clock/moment.js';
import type { Info } from '../../fs/info.js';
import type { CreateNowOptions, PromptWriter } from '../../fs/prompt-writer.js';
import { keptFilename } from '../../path/content-disposition.js';
import { basename, dirname } from '../../path/parts.js';
import { SMALL_BYTES } from './changing-calls.js';
import { distinctTime, infoOf } from './disk-info.js';
import type { DiskRoot } from './disk-root.js';
import { errnoOf } from './errno-errors.js';
import type { Pin } from './pin.js';
import { noHardLink } from './publishing.js';
import { CREATE, stagingDirectory } from './staging.js';
import {
  closeSync,
  fstatSync,
  futimesSync,
  linkSync,
  lstat,
  openSync,
  type Stats,
  unlinkSync,
  writeSync,
} from './system-calls.js';
import type { Enclosure } from './system-path.js';
import { temporaryName } from './writer-name.js';

/** What of an OSFS a prompt writer needs. */
interface WrittenScope {
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

export class DiskPromptWriter implements PromptWriter {
  readonly mostBytes = SMALL_BYTES;
  readonly #scope: WrittenScope;
  readonly #isClosed: () => boolean;
  #places: Places | null = null;
  #isLookingUp = false;
  /** The directory for what is not whole yet, when it was last seen to be the one that was found. */
  #seen: Pin | null = null;
  /** The file system has no hard links, by which alone a new file gets its name and replaces none. */
  #hasNoLinks = false;

  /** @param isClosed whether the filesystem was closed */
  constructor(scope: WrittenScope, isClosed: () => boolean) {
    this.#scope = scope;
    this.#isClosed = isClosed;
  }

  get isReady(): boolean {
    if (this.#places === null) this.#lookUp();
    const isAble = this.#places !== null && !this.#hasNoLinks && !this.#isClosed();
    return isAble && this.#scope.root.foreground.isOpenForChanges;
  }

  createNow(path: string, bytes: Uint8Array, { filename, moment }: CreateNowOptions = {}): Info | null {
    const places = this.isReady ? this.#places : null;
    if (places === null) return null;
    const { foreground } = this.#scope.root;
    const isOdd = path === '' || this.#scope.isHidden(path) || keptFilename(filename, path) !== undefined;
    if (isOdd || bytes.byteLength > SMALL_BYTES) return null;
    const { enclosure, temporary } = places;
    const { momentPins } = this.#scope.root;
    const at: Moment = moment ?? Symbol();
    const parent = momentPins.get(enclosure.systemPath(dirname(path)), at);
    const staging = momentPins.get(temporary, at);
    if (parent === null || staging === null) return null;
    const name = basename(path);
    try {
      if (!this.#isTheOne(staging, places)) return null;
      if (!enclosure.holds(parent.real) || enclosure.hides(parent.real, name)) return null;
      const stats = foreground.ask(() => create(staging.at(temporaryName()), parent.at(name), bytes));
      return infoOf(path, stats);
    } catch (error) {
      if (noHardLink.has(errnoOf(error))) this.#hasNoLinks = true;
      return null; // It is told by who does it again, with the time to see why.
    }
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

/** Make a file by a name of its own, then give it the one that it shall have. @throws the system's errors */
function create(temporary: string, target: string, bytes: Uint8Array): Stats {
  const fd = openSync(temporary, CREATE, 0o666);
  try {
    const stats = fill(fd, bytes);
    linkSync(temporary, target);
    return stats;
  } finally {
    // One that can't be removed is swept when this process is gone.
    tryUnlink(temporary);
  }
}

/** @param fd is closed whatever happens */
function fill(fd: number, bytes: Uint8Array): Stats {
  try {
    for (let at = 0; at < bytes.byteLength; ) at += writeSync(fd, bytes, at);
    const now = Date.now();
    futimesSync(fd, now / 1000, distinctTime(now));
    return fstatSync(fd);
  } finally {
    closeSync(fd);
  }
}

function tryUnlink(systemPath: string): void {
  try {
    unlinkSync(systemPath);
  } catch {}
}
