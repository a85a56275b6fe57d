/**
 * Small files stored in the foreground from first to last: the same steps as
 * those of `staging.ts` and `publishing.ts`, without a turn of the event loop
 * between them, which together take longer than the steps do.
 */
import type { Info } from '../../fs/info.js';
import type { CreateNowOptions, PromptWriter } from '../../fs/prompt-writer.js';
import { keptFilename } from '../../path/content-disposition.js';
import { SMALL_BYTES } from './changing-calls.js';
import { distinctTime, infoOf } from './disk-info.js';
import { errnoOf } from './errno-errors.js';
import type { Foreground } from './foreground.js';
import type { PromptPlaces } from './prompt-places.js';
import { noHardLink } from './publishing.js';
import { CREATE } from './staging.js';
import {
  closeSync,
  fstatSync,
  futimesSync,
  linkSync,
  openSync,
  type Stats,
  unlinkSync,
  writeSync,
} from './system-calls.js';
import { temporaryName } from './writer-name.js';

export class DiskPromptWriter implements PromptWriter {
  readonly mostBytes = SMALL_BYTES;
  readonly #foreground: Foreground;
  readonly #places: PromptPlaces;
  readonly #isClosed: () => boolean;
  /** The file system has no hard links, by which alone a new file gets its name and replaces none. */
  #hasNoLinks = false;

  /** @param isClosed whether the filesystem was closed */
  constructor(foreground: Foreground, places: PromptPlaces, isClosed: () => boolean) {
    this.#foreground = foreground;
    this.#places = places;
    this.#isClosed = isClosed;
  }

  get isReady(): boolean {
    const isAble = this.#places.areKnown && !this.#hasNoLinks && !this.#isClosed();
    return isAble && this.#foreground.isOpenForChanges;
  }

  createNow(path: string, bytes: Uint8Array, { filename, moment }: CreateNowOptions = {}): Info | null {
    if (!this.isReady || bytes.byteLength > SMALL_BYTES) return null;
    if (keptFilename(filename, path) !== undefined) return null;
    try {
      const spot = this.#places.spot(path, moment);
      if (spot === null) return null;
      const { parent, name, staging } = spot;
      const stats = this.#foreground.ask(() => create(staging.at(temporaryName()), parent.at(name), bytes));
      return infoOf(path, stats);
    } catch (error) {
      if (noHardLink.has(errnoOf(error))) this.#hasNoLinks = true;
      return null; // It is told by who does it again, with the time to see why.
    }
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
