/**
 * Small files stored in the foreground from first to last, and staged ones of
 * any size given their name: the same steps as those of `staging.ts` and
 * `publishing.ts`, without a turn of the event loop between them, which
 * together take longer than the steps do.
 */
import type { Info } from '../../fs/info.js';
import type { CreateNowOptions, PromptWriter } from '../../fs/prompt-writer.js';
import { keptFilename } from '../../path/content-disposition.js';
import { SMALL_BYTES } from './changing-calls.js';
import { distinctTime, infoOf } from './disk-info.js';
import { errnoOf } from './errno-errors.js';
import type { Foreground } from './foreground.js';
import type { PromptPlaces, Spot } from './prompt-places.js';
import { noHardLink } from './publishing.js';
import { CREATE, type TemporaryFile } from './staging.js';
import {
  closeSync,
  fstatSync,
  futimesSync,
  linkSync,
  lstatSync,
  openSync,
  QUIETLY,
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

  createNow(path: string, bytes: Uint8Array, options: CreateNowOptions = {}): Info | null {
    if (bytes.byteLength > SMALL_BYTES) return null;
    return this.#storeAt(path, options, ({ parent, name, staging }) =>
      create(staging.at(temporaryName()), parent.at(name), bytes),
    );
  }

  /** As `createNow`, of what waits in a temporary file and need not be synced. */
  publishNow(file: TemporaryFile, path: string, options: CreateNowOptions): Info | null {
    return this.#storeAt(path, options, ({ parent, name }) => {
      giveName(file.systemPath, parent.at(name));
      return file.stats;
    });
  }

  /** @param store in the foreground; throws the system's errors */
  #storeAt(path: string, { filename, moment }: CreateNowOptions, store: (spot: Spot) => Stats): Info | null {
    if (!this.isReady || keptFilename(filename, path) !== undefined) return null;
    try {
      const spot = this.#places.spot(path, moment);
      if (spot === null) return null;
      return infoOf(
        path,
        this.#foreground.ask(() => store(spot)),
      );
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

/** @throws the system's errors; then it has no other name than before */
function giveName(temporary: string, target: string): void {
  linkSync(temporary, target);
  try {
    unlinkSync(temporary);
  } catch (error) {
    const [first, second] = [temporary, target].map((path) => lstatSync(path, QUIETLY));
    if (first === undefined) return; // It is gone all the same.
    if (second?.ino === first.ino && second.dev === first.dev) tryUnlink(target);
    throw error;
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
