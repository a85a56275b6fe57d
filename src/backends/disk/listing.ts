/** The entries of a pinned directory, as far as they are ours to show. */
import type { Info } from '../../fs/info.js';
import type { ScanTreeOptions } from '../../fs/tree-options.js';
import { normalizePath } from '../../path/normalize.js';
import { compareCodePoints, joinPath } from '../../path/parts.js';
import { infoOf } from './disk-info.js';
import { saysNothingThere, saysRefused, translateError } from './errno-errors.js';
import { DIRECTORY, type Pin } from './pin.js';
import { lstat, opendir, readdir, type Stats } from './system-calls.js';
import type { Enclosure } from './system-path.js';

/** Looked at in parallel before the first of them is given out. */
const BATCH = 64;

const ENTRIES_A_READ = 1024;

/** Stands in names that are no UTF-8; the file is then not found by it. */
const GARBLED = '\ufffd';

/** An entry of a directory. A link shows as what it leads to. */
interface Entry {
  readonly info: Info;
  readonly isLink: boolean;
}

/**
 * Files and directories of `directory`, in code-point order. A link shows as
 * what it leads to; one that leads out or may not be followed, and special files,
 * do not show.
 * @param after names up to this one are left out, and not looked at
 */
export async function* list(
  enclosure: Enclosure,
  directory: Pin,
  path: string,
  after?: string,
): AsyncGenerator<Info> {
  for await (const { info } of entriesOf(enclosure, directory, path, after)) yield info;
}

/** As `list`, but names only, for which no file has to be looked at. */
export async function listNames(enclosure: Enclosure, directory: Pin): Promise<string[]> {
  const names: string[] = [];
  // Read piece by piece: entries with their types are large, and only the names are kept.
  for await (const entry of await opendir(directory.here, { bufferSize: ENTRIES_A_READ })) {
    const { name } = entry;
    const isPlain = (entry.isFile() || entry.isDirectory()) && !name.includes(GARBLED);
    if (isPlain || (await lookAt(enclosure, directory.at(name))).stats !== null) names.push(name);
  }
  return shownNames(enclosure, directory, names);
}

/** A directory on the way of `listTree`. Its pin is closed by whoever takes it off. */
interface Level {
  readonly pin: Pin;
  readonly path: string;
  readonly entries: AsyncGenerator<Entry, void>;
}

/** All below `directory`, each directory right before what is in it. Links are not entered. Closes the pin. */
export async function* listTree(
  enclosure: Enclosure,
  directory: Pin,
  path: string,
  { enter = () => true, tolerate = () => false }: ScanTreeOptions,
): AsyncGenerator<Info> {
  const levels: Level[] = [{ pin: directory, path, entries: entriesOf(enclosure, directory, path) }];
  try {
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      const entry = await nextOf(level, tolerate);
      if (entry === null) {
        levels.pop()?.pin.close();
        continue;
      }
      const { info, isLink } = entry;
      yield info;
      if (!info.isDir || isLink || !enter(info)) continue;
      const pin = await pinBelow(enclosure, level.pin, info, tolerate);
      if (pin !== null) levels.push({ pin, path: info.path, entries: entriesOf(enclosure, pin, info.path) });
    }
  } finally {
    for (const { pin } of levels) pin.close();
  }
}

type Tolerate = NonNullable<ScanTreeOptions['tolerate']>;

async function nextOf({ path, entries }: Level, tolerate: Tolerate): Promise<Entry | null> {
  try {
    const { done, value } = await entries.next();
    return done === true ? null : value;
  } catch (error) {
    return nullIfTolerated(tolerate, path, error);
  }
}

function nullIfTolerated(tolerate: Tolerate, path: string, error: unknown): null {
  const translated = translateError(error, path);
  if (tolerate(path, translated)) return null;
  throw translated;
}

/** Null when it has gone, or was exchanged for a link meanwhile. */
async function pinBelow(
  enclosure: Enclosure,
  parent: Pin,
  { name, path }: Info,
  tolerate: Tolerate,
): Promise<Pin | null> {
  const pin = await enclosure.pinSystemPath(parent.at(name), DIRECTORY).catch((error: unknown) => {
    return nullIfTolerated(tolerate, path, error);
  });
  if (pin === null || pin.real === `${parent.real}/${name}`) return pin;
  pin.close();
  return null;
}

/** The next batch is looked at while this one is given out. */
async function* entriesOf(
  enclosure: Enclosure,
  directory: Pin,
  path: string,
  after?: string,
): AsyncGenerator<Entry, void> {
  const listed = await readdir(directory.here);
  const wanted = after === undefined ? listed : listed.filter((name) => compareCodePoints(name, after) > 0);
  const names = shownNames(enclosure, directory, wanted);
  let looking = lookAtAll(enclosure, directory, names.slice(0, BATCH));
  for (let at = 0; at < names.length; at += BATCH) {
    const seen = await looking;
    looking = lookAtAll(enclosure, directory, names.slice(at + BATCH, at + 2 * BATCH));
    looking.catch(() => undefined); // Who leaves early does not want to know.
    for (const [i, { stats, isLink }] of seen.entries()) {
      if (stats !== null) yield { info: infoOf(joinPath(path, names[at + i] as string), stats), isLink };
    }
  }
}

function lookAtAll(enclosure: Enclosure, directory: Pin, names: readonly string[]): Promise<Seen[]> {
  return Promise.all(names.map((name) => lookAt(enclosure, directory.at(name))));
}

/** The names that are ours to show, in order. */
function shownNames(enclosure: Enclosure, directory: Pin, names: readonly string[]): string[] {
  const shown = names.filter((name) => isPathName(name) && !enclosure.hides(directory.real, name));
  // Names that are no UTF-8 arrive garbled, and may do so alike.
  return sortByCodePoint(shown).filter((name, i, all) => name !== all[i - 1]);
}

/** Below U+D800 code points and UTF-16 units sort alike, and the engine's own order is several times as fast. */
function sortByCodePoint(names: string[]): string[] {
  return names.some((name) => /[\ud800-\uffff]/.test(name)) ? names.sort(compareCodePoints) : names.sort();
}

/** A link is followed as far as it stays inside. */
interface Seen {
  /** Null for what is not ours to show. */
  readonly stats: Stats | null;
  readonly isLink: boolean;
}

async function lookAt(enclosure: Enclosure, systemPath: string): Promise<Seen> {
  const stats = await lstat(systemPath).catch((error: unknown) => {
    if (saysNothingThere(error)) return null; // Removed since it was listed.
    throw error;
  });
  if (stats === null || !stats.isSymbolicLink()) return { stats: fileOrDirectory(stats), isLink: false };
  const pin = await enclosure.pinSystemPath(systemPath).catch((error: unknown) => {
    if (saysRefused(error)) return null; // Else it would make all that lies beside it unreadable.
    throw error;
  });
  return { stats: await statThrough(pin), isLink: true };
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

/** What most names are made of; the system never lists `.` and `..`, and no name holds a slash. */
const PLAIN_NAME = /^[\x20-\x7e]+$/;

/** Other programs may make names that no path can have. */
function isPathName(name: string): boolean {
  if (PLAIN_NAME.test(name)) return true;
  try {
    return normalizePath(name) === name;
  } catch {
    return false;
  }
}
