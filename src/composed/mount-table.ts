/** Which of the mounted filesystems a path belongs to, and how what they say reads from outside. */
import { FSError, RemoveRootError } from '../errors/errors.js';
import type { Filesystem } from '../fs/filesystem.js';
import type { Info } from '../fs/info.js';
import { basename, compareCodePoints, dirname, isWithin, joinPath, relativePath } from '../path/parts.js';

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

  /** What the mounted filesystems answer, each with where it is mounted; null when none of them knows. */
  async identify(options: { create?: boolean }): Promise<string | null> {
    const identities: [mount: string, identity: string | null][] = [];
    for (const [mount, fs] of this.#mounts) identities.push([mount, await fs.identify(options)]);
    if (identities.every(([, identity]) => identity === null)) return null;
    return JSON.stringify(identities.sort(([a], [b]) => compareCodePoints(a, b)));
  }

  /** The mount with the longest prefix of a path. */
  spot(path: string): Spot {
    for (let mount = path; ; mount = dirname(mount)) {
      const fs = this.#mounts.get(mount);
      if (fs !== undefined) return { fs, mount, inner: relativePath(mount, path) };
      if (mount === '') return { fs: this.#rest, mount, inner: path };
    }
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

  /** Files by the mount that they belong to. */
  grouped(paths: readonly string[]): Map<Spot, string[]> {
    const spots = new Map<string, Spot>();
    const groups = new Map<Spot, string[]>();
    for (const path of paths) {
      const { mount } = this.spot(path);
      const spot = spots.get(mount) ?? this.spot(mount);
      const members = groups.get(spot);
      spots.set(mount, spot);
      if (members === undefined) groups.set(spot, [path]);
      else members.push(path);
    }
    return groups;
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

/** What refuses to remove a directory that is there for what is mounted. */
export function mountedError(path: string): RemoveRootError {
  const message = `another filesystem is mounted at or below ${JSON.stringify(path)}: remove what is in that one instead`;
  return new RemoveRootError(path, { message });
}

/** Close filesystems, each once, though it be mounted twice. @throws the first error, when all have been tried */
export async function closeAll(filesystems: Iterable<Filesystem>): Promise<void> {
  // Async, so that one which throws at once is no worse than one that rejects.
  const closings = [...new Set(filesystems)].map(async (fs) => fs.close());
  for (const closing of await Promise.allSettled(closings)) {
    if (closing.status === 'rejected') throw closing.reason;
  }
}
