/**
 * Small files in memory, each compared with the disk whenever it is asked for.
 *
 * What costs is not the disk but the turns of the thread pool: open, stat, read
 * and close take 20 µs and more each, while lstat(2) of a path that the kernel
 * knows takes 2 µs on the spot. So a file that was read before is looked at in
 * the foreground: every directory from the base on must be one itself, and no
 * link, and the file must have the device, inode, size and both times of the
 * version in memory. A change of whatever kind, by whomever, sets the time of
 * change (`ctime`), which no program can set back.
 *
 * Times stand still for a grain: some ms on Linux, a second or two on old file
 * systems. Two changes within it look alike. So a version whose last change is
 * not older than that when it is read is not kept, but read anew each time.
 */
import type { Moment } from '../../clock/moment.js';
import type { FileVersion } from '../../fs/servable.js';
import type { Foreground } from './foreground.js';
import { lstatSync, QUIETLY, type Stats } from './system-calls.js';

/** Larger files are read from the disk each time; the kernel has them in memory as well. */
export const MOST_CACHED_FILE_BYTES = 512 * 1024;
/** What a version takes beside its bytes: paths, times, headers made of them. */
const OVERHEAD_BYTES = 1500;

/** Longest time for which a clock of files stands still: FAT's, and that of file systems with finer ones. */
const COARSE_GRAIN_MS = 2500;
const FINE_GRAIN_MS = 50;

interface CachedVersion {
  readonly version: FileVersion;
  readonly stats: Stats;
  /** System paths of the directories on the way, which must be no links. */
  readonly directories: readonly string[];
  readonly costBytes: number;
  /** Asked for since it was last considered for removal. */
  used: boolean;
}

export class FileCache {
  readonly #limitBytes: number;
  readonly #foreground: Foreground;
  readonly #versions = new Map<string, CachedVersion>();
  #bytes = 0;
  /** When these directories were seen to be ones. */
  #moment: Moment | undefined;
  readonly #seen = new Set<string>();

  /** @param foreground files that may not be asked for there are not kept */
  constructor(limitBytes: number, foreground: Foreground) {
    this.#limitBytes = limitBytes;
    this.#foreground = foreground;
  }

  /** Bytes that the cache takes now. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The version at a system path, if it is in memory and still the one on the disk.
   * @param moment directories are looked at once in each
   */
  get(systemPath: string, moment?: Moment): FileVersion | null {
    const cached = this.#versions.get(systemPath);
    if (cached === undefined) return null;
    if (!this.#foreground.isFast) return null;
    if (moment === undefined || moment !== this.#moment) {
      this.#moment = moment;
      this.#seen.clear();
    }
    if (!this.#foreground.ask(() => this.#isCurrent(systemPath, cached))) {
      this.#remove(systemPath, cached);
      return null;
    }
    cached.used = true;
    return cached.version;
  }

  /**
   * Keep a version, if it may be kept.
   * @param readAt by the system's clock, not later than when the reading began
   * @param stats the same before the reading and after it
   */
  put(
    systemPath: string,
    version: FileVersion,
    stats: Stats,
    directories: readonly string[],
    readAt: number,
  ): void {
    if (!this.#foreground.holds(stats)) return;
    const costBytes = stats.size + OVERHEAD_BYTES + 4 * systemPath.length;
    if (!isSettled(stats, readAt) || costBytes > this.#limitBytes) return;
    const before = this.#versions.get(systemPath);
    if (before !== undefined) this.#remove(systemPath, before);
    this.#makeRoom(costBytes);
    this.#versions.set(systemPath, { version, stats, directories, costBytes, used: false });
    this.#bytes += costBytes;
  }

  #isCurrent(systemPath: string, { stats, directories }: CachedVersion): boolean {
    try {
      for (const directory of directories) {
        if (this.#seen.has(directory)) continue;
        if (lstatSync(directory, QUIETLY)?.isDirectory() !== true) return false;
        this.#seen.add(directory);
      }
      const now = lstatSync(systemPath, QUIETLY);
      return now !== undefined && isSameVersion(now, stats);
    } catch {
      return false; // Whatever it is, it is told by who opens the file.
    }
  }

  /** The oldest go first, but who was asked for gets another turn. */
  #makeRoom(bytes: number): void {
    for (const [systemPath, cached] of this.#versions) {
      if (this.#bytes + bytes <= this.#limitBytes) return;
      this.#versions.delete(systemPath);
      if (cached.used) {
        cached.used = false;
        this.#versions.set(systemPath, cached); // Comes up again at the end of this very loop.
      } else {
        this.#bytes -= cached.costBytes;
      }
    }
  }

  #remove(systemPath: string, cached: CachedVersion): void {
    if (this.#versions.delete(systemPath)) this.#bytes -= cached.costBytes;
  }
}

export function isSameVersion(a: Stats, b: Stats): boolean {
  return (
    a.ino === b.ino &&
    a.ctimeMs === b.ctimeMs &&
    a.mtimeMs === b.mtimeMs &&
    a.size === b.size &&
    a.mode === b.mode &&
    a.dev === b.dev
  );
}

/** Whether every later change will show in the times. */
function isSettled({ ctimeMs, mtimeMs }: Stats, readAt: number): boolean {
  // A time in whole seconds may come from a clock that has no finer ones.
  const grain = ctimeMs % 1000 === 0 || mtimeMs % 1000 === 0 ? COARSE_GRAIN_MS : FINE_GRAIN_MS;
  return ctimeMs < readAt - grain;
}
