/** Which of the mounted filesystems a path belongs to, and how what they say reads from outside. */
import { FSError } from '../errors/errors.js';
import type { Filesystem } from '../fs/filesystem.js';
import type { Info } from '../fs/info.js';
import { basename, compareCodePoints, dirname, isWithin, joinPath } from '../path/parts.js';

/** What a path belongs to. */
export interface Spot {
  readonly fs: Filesystem;
  /** Where `fs` is mounted. */
  readonly mount: string;
  /** The path in `fs`. */
  readonly inner: string;
}

/** Paths are canonical. */
export class MountTable {
  readonly #rest: Filesystem;
  readonly #mounts = new Map<string, Filesystem>();

  /** @param rest what lies under no mount */
  constructor(rest: Filesystem) {
    this.#rest = rest;
  }

  /** Whether something is mounted at this very path. */
  has(path: string): boolean {
    return this.#mounts.has(path);
  }

  set(path: string, fs: Filesystem): void {
    this.#mounts.set(path, fs);
  }

  /** The mounted filesystems. */
  values(): Iterable<Filesystem> {
    return this.#mounts.values();
  }

  /** The mount with the longest prefix of a path. */
  spot(path: string): Spot {
    for (let mount = path; ; mount = dirname(mount)) {
      const fs = this.#mounts.get(mount);
      if (fs !== undefined) return { fs, mount, inner: mount === '' ? path : path.slice(mount.length + 1) };
      if (mount === '') return { fs: this.#rest, mount, inner: path };
    }
  }

  /** Where the destination lies, when it is in the same filesystem as the source. */
  commonSpot(source: string, destination: string): Spot | null {
    const [from, to] = [this.spot(source), this.spot(destination)];
    return from.mount === to.mount ? to : null;
  }

  /** Whether a path is a directory because it leads to a mount point. */
  isImplied(path: string): boolean {
    return !this.#mounts.has(path) && this.hasBelow(path);
  }

  /** Whether a mount point lies below a path. */
  hasBelow(path: string): boolean {
    return [...this.#mounts.keys()].some((mount) => mount !== path && isWithin(path, mount));
  }

  /** Names in a directory that are mount points or lead to one, in order. */
  impliedIn(path: string): string[] {
    const names = new Set<string>();
    for (const mount of this.#mounts.keys()) {
      if (mount === path || !isWithin(path, mount)) continue;
      const [name = ''] = mount.slice(path === '' ? 0 : path.length + 1).split('/', 1);
      names.add(name);
    }
    return [...names].sort(compareCodePoints);
  }
}

/** An entry of a mounted filesystem as one of the whole. */
export function localInfo(info: Info, mount: string): Info {
  const path = joinPath(mount, info.path);
  return { ...info, path, name: basename(path) };
}

/** An error of a mounted filesystem as one of the whole. */
export function localError(error: unknown, mount: string): unknown {
  if (mount === '' || !(error instanceof FSError) || error.path === undefined) return error;
  return error.relocated(joinPath(mount, error.path));
}
