/** Holding on to what is at a system path, wherever it leads: `system-path.ts` says what for, and asks where it lies. */
import type { Foreground } from './foreground.js';
import { closeRead } from './freeing.js';
import {
  closeSync,
  constants,
  fstat,
  fstatSync,
  lstatSync,
  open,
  openSync,
  QUIETLY,
  readlinkSync,
  realpath,
  type Stats,
  stat,
  statSync,
} from './system-calls.js';

/** Not in node:fs; the same on every architecture that Node runs on. */
const O_PATH = 0o10000000;

/** Refuse to open what is no directory; missing on Windows. */
export const DIRECTORY = constants.O_DIRECTORY ?? 0;

export const hasDescriptorLinks =
  process.platform === 'linux' && statSync('/proc/self/fd', QUIETLY) !== undefined;

/** A file or directory that is held on to. Whoever gets one closes it. */
export class Pin {
  readonly #fd: number | null;
  /** In bytes, when it was last looked at: what nobody looks at is not held for long. */
  #size = 0;
  /** Where it lies, every link resolved. */
  readonly real: string;
  /** It may be looked at in the foreground: see `Foreground`. */
  readonly isNear: boolean;

  constructor(fd: number | null, real: string, isNear = false) {
    this.#fd = fd;
    this.real = real;
    this.isNear = isNear;
  }

  /** System path of the thing itself. */
  get here(): string {
    return this.#fd === null ? this.real : `/proc/self/fd/${this.#fd}`;
  }

  /** System path of what has this name in the pinned directory. */
  at(name: string): string {
    return `${this.here}/${name}`;
  }

  async stat(): Promise<Stats> {
    if (this.#fd === null) return stat(this.real);
    const stats = this.isNear ? fstatSync(this.#fd) : await fstat(this.#fd);
    this.#size = stats.size;
    return stats;
  }

  /** As `stat`, at once; only of what is near. */
  statNow(): Stats {
    return this.#fd === null ? statSync(this.real) : fstatSync(this.#fd);
  }

  close(): void {
    if (this.#fd !== null) closeRead(this.#fd, this.#size);
  }
}

/** Pin without asking where it leads. */
export async function pinAnywhere(systemPath: string, flags: number): Promise<Pin> {
  if (!hasDescriptorLinks) return pinByName(systemPath, flags);
  const fd = await open(systemPath, O_PATH | flags);
  return new Pin(fd, realOf(fd));
}

/**
 * As `pinAnywhere`, for a directory; in the foreground if it was met before, and
 * is no link now. One that is reached by way of a link is never near: the link
 * may lead to something else at any time, such as a mount that does not answer.
 */
export async function pinDirectoryAnywhere(systemPath: string, foreground: Foreground): Promise<Pin> {
  if (!hasDescriptorLinks) return pinByName(systemPath, DIRECTORY);
  // Whatever is there now, or is wrong with it, the second one tells.
  return pinDirectoryNow(systemPath, foreground) ?? meetDirectory(systemPath, foreground);
}

/** As `pinDirectoryAnywhere`, in the foreground or not at all; null for a directory that was not met, or is a link now. */
export function pinDirectoryNow(systemPath: string, foreground: Foreground): Pin | null {
  if (!foreground.knows(systemPath)) return null;
  try {
    const flags = O_PATH | DIRECTORY | constants.O_NOFOLLOW;
    return foreground.ask(() => pinNear(openSync(systemPath, flags), systemPath));
  } catch {
    foreground.forget(systemPath);
    return null;
  }
}

/** As `pinAnywhere`, in the foreground but for a link, which may lead to what takes long; null when nothing is there. */
export async function pinInForeground(systemPath: string, foreground: Foreground): Promise<Pin | null> {
  const pin = foreground.ask(() => pinUnlessLink(systemPath));
  return pin === 'link' ? pinAnywhere(systemPath, 0) : pin;
}

function pinUnlessLink(systemPath: string): Pin | 'link' | null {
  const stats = lstatSync(systemPath, QUIETLY);
  if (stats === undefined) return null;
  if (stats.isSymbolicLink()) return 'link';
  return pinNear(openSync(systemPath, O_PATH), systemPath);
}

async function meetDirectory(systemPath: string, foreground: Foreground): Promise<Pin> {
  const fd = await open(systemPath, O_PATH | DIRECTORY);
  const real = realOf(fd);
  const meet = (stats: Stats): boolean => foreground.meet(systemPath, stats);
  const mayBeNear = foreground.isLocal && real === systemPath;
  return new Pin(fd, real, mayBeNear && (await fstat(fd).then(meet, () => false)));
}

/** Near, in the foreground, is what lies where it was asked for. */
function pinNear(fd: number, systemPath: string): Pin {
  const real = realOf(fd);
  return new Pin(fd, real, real === systemPath);
}

/** Where an open file lies; closed when that can't be told. */
function realOf(fd: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

async function pinByName(systemPath: string, flags: number): Promise<Pin> {
  const real = await realpath(systemPath);
  const wantsDirectory = (flags & DIRECTORY) !== 0;
  if (wantsDirectory && !(await stat(real)).isDirectory()) {
    throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR', syscall: 'open' });
  }
  return new Pin(null, real);
}
