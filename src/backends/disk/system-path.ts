/**
 * From a path to the thing on the disk, and never outside of the root.
 *
 * Looking first and using the path afterwards leaves a gap in which a
 * directory can be exchanged for a link. So a path is *pinned*: opened without
 * reading (`O_PATH`, see open(2)), which holds on to one file or directory
 * whatever happens to its name. Linux tells in `/proc/self/fd` where the pinned
 * thing really lies; if that is inside, everything is done through the pin. The
 * calls made while pinned on procfs itself are synchronous: they never wait for
 * a disk.
 *
 * Without `/proc/self/fd` (macOS, Windows) the real path is looked up and then
 * used: links that lie there are found, a link that is planted in between is
 * not.
 */
import { ancestors, dirname } from '../../path/parts.js';
import { errnoOf, saysNothingThere, saysRefused } from './errno-errors.js';
import type { Foreground } from './foreground.js';
import { targetOf } from './link-target.js';
import { hasDescriptorLinks, type Pin, pinAnywhere, pinDirectoryAnywhere, pinInForeground } from './pin.js';
import { closeSync, constants, fstat, lstat, open, readlinkSync, type Stats } from './system-calls.js';

/** Directory at a root for what is mayfly's own; invisible and out of reach by any path. */
export const HIDDEN_DIRECTORY = '.mayfly';

/** Some file systems fold case, so there every spelling of the hidden name is hidden. */
const foldsCase = process.platform === 'darwin' || process.platform === 'win32';

export function isHiddenName(name: string): boolean {
  return (foldsCase ? name.toLowerCase() : name) === HIDDEN_DIRECTORY;
}

/** A directory out of which no path leads. */
export class Enclosure {
  /** Real system path of the directory, without a slash at the end. */
  readonly base: string;
  readonly #hidden: string;
  readonly #foreground: Foreground;

  /**
   * @param base real system path of the directory
   * @param root real system path of the root that it belongs to, which has the hidden directory
   * @param foreground of that root
   */
  constructor(base: string, root: string, foreground: Foreground) {
    this.#foreground = foreground;
    this.base = withoutSlash(base);
    this.#hidden = `${withoutSlash(root)}/${HIDDEN_DIRECTORY}`;
  }

  /** System path for a canonical path, not looked up. */
  systemPath(path: string): string {
    return path === '' ? this.base || '/' : `${this.base}/${path}`;
  }

  /** Whether a real system path lies inside and not in what is hidden. */
  holds(real: string): boolean {
    return isInside(this.base, real) && !isInside(this.#hidden, real);
  }

  /** Whether a name in a directory is that of the hidden one. */
  hides(directory: string, name: string): boolean {
    return isHiddenName(name) && `${withoutSlash(directory)}/${HIDDEN_DIRECTORY}` === this.#hidden;
  }

  /** Pin what is at `path`, links followed; null when nothing is there, or it lies outside. Other errors are the system's. */
  async pin(path: string): Promise<Pin | null> {
    const systemPath = this.systemPath(path);
    const pinning = this.#mayPinNow(path)
      ? pinInForeground(systemPath, this.#foreground)
      : pinAnywhere(systemPath, 0);
    return this.#ours(pinning, () => this.#wayTo(path));
  }

  /** To look for something new may take a disk, or be a mount point: in the foreground only where worse is done there, or where `isFree` asks. */
  #mayPinNow(path: string): boolean {
    const foreground = this.#foreground;
    return foreground.isOpenForChanges && foreground.knows(this.systemPath(dirname(path)));
  }

  /** As `pin`, for a directory; null also for a file. */
  pinDirectory(path: string): Promise<Pin | null> {
    return this.#ours(pinDirectoryAnywhere(this.systemPath(path), this.#foreground), () => this.#wayTo(path));
  }

  /** As `pin`, for a path of the system's, which may go through another pin. */
  pinSystemPath(systemPath: string, flags = 0): Promise<Pin | null> {
    return this.#ours(pinAnywhere(systemPath, flags), () => [systemPath]);
  }

  /** System paths of all that is passed below the base on the way to `path`, and of that itself. */
  #wayTo(path: string): string[] {
    return [...ancestors(path).reverse(), path].map((passed) => this.systemPath(passed));
  }

  /** @param way system paths that are passed, the outermost first: asked for where the system refuses */
  async #ours(pinning: Promise<Pin | null>, way: () => string[]): Promise<Pin | null> {
    let pin: Pin | null;
    try {
      pin = await pinning;
    } catch (error) {
      if (saysRefused(error) && (await this.#leadsOut(way()))) return null;
      return nullWhenNotThere(error);
    }
    if (pin === null || this.holds(pin.real)) return pin;
    pin.close();
    return null;
  }

  /**
   * Whether a way that we may not go to its end leaves by a link: then what
   * refuses is none of ours, and nothing is told of it. What lies inside and
   * refuses for now is there all the same, and so is its deadline.
   */
  async #leadsOut(way: readonly string[]): Promise<boolean> {
    for (const systemPath of way) {
      const stats = await lstat(systemPath).catch(() => null);
      if (stats === null) return false;
      if (stats.isSymbolicLink() && !(await this.#leadsInside(systemPath))) return true;
    }
    return false;
  }

  async #leadsInside(link: string): Promise<boolean> {
    const pin = await pinAnywhere(link, 0).catch(() => null);
    pin?.close();
    const target = pin === null ? await targetOf(link) : pin.real;
    return target !== null && this.holds(target);
  }

  /**
   * Open the file at `path` for reading; null when nothing is there.
   *
   * The plain case takes one call: opened without following a last link and
   * without waiting (a FIFO would), then looked at before a byte is read. What
   * refuses that (a link, a leased file, what we may not read or reach) goes by
   * way of a pin, which tells whether it is ours at all.
   */
  async openForReading(path: string): Promise<OpenedFile | 'directory' | null> {
    if (hasDescriptorLinks) {
      try {
        return await this.#openDirectly(this.systemPath(path), READ | constants.O_NOFOLLOW);
      } catch (error) {
        if (!wantsPin(error)) return nullWhenNotThere(error);
      }
    }
    const pin = await this.pin(path);
    if (pin === null) return null;
    try {
      const stats = await pin.stat();
      if (stats.isDirectory()) return 'directory';
      if (!stats.isFile()) return null;
      return await this.#openDirectly(pin.here, READ & ~NONBLOCK).catch(nullWhenNotThere);
    } finally {
      pin.close();
    }
  }

  async #openDirectly(systemPath: string, flags: number): Promise<OpenedFile | 'directory' | null> {
    const fd = await open(systemPath, flags);
    let wanted = false;
    try {
      const real = hasDescriptorLinks ? readlinkSync(`/proc/self/fd/${fd}`) : systemPath;
      if (!this.holds(real)) return null;
      const stats = await fstat(fd);
      wanted = stats.isFile();
      if (wanted) return { fd, stats, real };
      return stats.isDirectory() ? 'directory' : null;
    } finally {
      if (!wanted) closeSync(fd);
    }
  }
}

/** A file open for reading. Whoever gets one closes it. */
export interface OpenedFile {
  readonly fd: number;
  readonly stats: Stats;
  /** Where it lies, every link resolved. */
  readonly real: string;
}

// Some of these are not in the node:fs of Windows.
const NONBLOCK = constants.O_NONBLOCK ?? 0;
const READ = constants.O_RDONLY | NONBLOCK | (constants.O_NOCTTY ?? 0);

function wantsPin(error: unknown): boolean {
  return saysRefused(error) || errnoOf(error) === 'ELOOP' || errnoOf(error) === 'EAGAIN';
}

function nullWhenNotThere(error: unknown): null {
  if (saysNothingThere(error)) return null;
  throw error;
}

function isInside(directory: string, real: string): boolean {
  return real === directory || real.startsWith(`${directory}/`);
}

function withoutSlash(directory: string): string {
  return directory.endsWith('/') ? directory.slice(0, -1) : directory;
}
