/** The entries of a pinned directory, as far as they are ours to show. */
import type { Info } from '../../fs/info.js';
import { normalizePath } from '../../path/normalize.js';
import { compareCodePoints, joinPath } from '../../path/parts.js';
import { infoOf } from './disk-info.js';
import { saysNothingThere } from './errno-errors.js';
import { lstat, readdir, type Stats } from './system-calls.js';
import type { Enclosure, Pin } from './system-path.js';

/** Looked at in parallel before the first of them is given out. */
const BATCH = 64;

/**
 * Files and directories of `directory`, in code-point order. A link shows as
 * what it leads to; one that leads out, and special files, do not show.
 */
export async function* list(enclosure: Enclosure, directory: Pin, path: string): AsyncGenerator<Info> {
  const names = (await readdir(directory.here)).filter(
    (name) => isPathName(name) && !enclosure.hides(directory.real, name),
  );
  names.sort(compareCodePoints);
  for (let at = 0; at < names.length; at += BATCH) {
    // Names that are no UTF-8 arrive garbled, and may do so alike.
    const batch = names.slice(at, at + BATCH).filter((name, i) => name !== names[at + i - 1]);
    const all = await Promise.all(batch.map((name) => statEntry(enclosure, directory.at(name))));
    for (const [i, name] of batch.entries()) {
      const stats = all[i];
      if (stats) yield infoOf(joinPath(path, name), stats);
    }
  }
}

/** Stats of a file or directory, a link followed as far as it stays inside; null for all else. */
export async function statEntry(enclosure: Enclosure, systemPath: string): Promise<Stats | null> {
  const stats = await lstat(systemPath).catch((error: unknown) => {
    if (saysNothingThere(error)) return null; // Removed since it was listed.
    throw error;
  });
  if (stats === null || !stats.isSymbolicLink()) return fileOrDirectory(stats);
  return statThrough(await enclosure.pinSystemPath(systemPath));
}

/** Stats of what is pinned, and the end of the pin. */
export async function statThrough(pin: Pin | null): Promise<Stats | null> {
  if (pin === null) return null;
  try {
    return fileOrDirectory(await pin.stat());
  } finally {
    pin.close();
  }
}

function fileOrDirectory(stats: Stats | null): Stats | null {
  return stats !== null && (stats.isFile() || stats.isDirectory()) ? stats : null;
}

/** Other programs may make names that no path can have. */
function isPathName(name: string): boolean {
  try {
    return normalizePath(name) === name;
  } catch {
    return false;
  }
}
