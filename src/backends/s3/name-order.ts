/**
 * From S3's order of listing to the order of names.
 *
 * S3 lists in order of keys, in which the directory `a` stands as `a/`: behind
 * `a.txt` and `a-1`, whose names come after its own. So an entry is held back
 * as long as a directory may still come whose name begins it. Mostly the next
 * page tells; when many entries wait, S3 is asked for the directory itself.
 * Memory is bounded by a few pages, whatever the directory holds.
 */
import type { Info } from '../../fs/info.js';
import { basename, compareCodePoints } from '../../path/parts.js';
import { directoryInfo } from './object-info.js';

/** A file or directory of a listing. */
export interface Entry {
  /** As S3 orders: a directory has its slash. */
  readonly sortKey: string;
  readonly info: Info;
}

/** Turns the order of keys into the order of names. */
export class NameOrder {
  readonly #isDirectory: (name: string) => Promise<boolean>;
  readonly #mostWaiting: number;
  #waiting: Entry[] = [];
  /** How far the listing has come: the last key of the pages, whether it waits or has been told. */
  #lastKey = '';
  /** Names of which it is known whether they are directories, as long as it matters; true: told already. */
  #asked = new Map<string, boolean>();

  /**
   * @param isDirectory asks the storage
   * @param mostWaiting entries that may wait for the next pages before it is asked
   */
  constructor(isDirectory: (name: string) => Promise<boolean>, mostWaiting: number) {
    this.#isDirectory = isDirectory;
    this.#mostWaiting = mostWaiting;
  }

  /** @returns what can be told now that this page has come */
  async take(page: readonly Entry[], isLast: boolean): Promise<Info[]> {
    for (const entry of page) {
      if (compareCodePoints(entry.sortKey, this.#lastKey) > 0) this.#lastKey = entry.sortKey;
      const told = entry.info.isDir && this.#asked.get(entry.info.name) === true;
      if (!told) this.#waiting.push(entry);
    }
    this.#waiting.sort((a, b) => compareCodePoints(a.info.name, b.info.name));
    if (isLast) return this.#tell(this.#waiting.length);
    const open = this.#openNames();
    if (this.#waiting.length > this.#mostWaiting) {
      for (const name of open.splice(0)) await this.#ask(name);
      this.#waiting.sort((a, b) => compareCodePoints(a.info.name, b.info.name));
    }
    const first = open[0];
    if (first === undefined) return this.#tell(this.#waiting.length - this.#sameNameAtEnd());
    const held = this.#waiting.findIndex(
      ({ info: { name } }) => name === first || followsBefore(name, first),
    );
    return this.#tell(held === -1 ? this.#waiting.length : held);
  }

  /** Names of directories that may still come and begin names that have come, shortest first. */
  #openNames(): string[] {
    const last = this.#lastKey;
    const names: string[] = [];
    for (let i = 1; i < last.length; i++) {
      if (last.charAt(i) < '/') names.push(last.slice(0, i));
    }
    // What does not begin the last key can't come any more.
    this.#asked = new Map([...this.#asked].filter(([name]) => names.includes(name)));
    return names.filter((name) => !this.#asked.has(name));
  }

  /** A file at the very end may be followed by the directory of its name, which is not told then. */
  #sameNameAtEnd(): number {
    return this.#waiting.at(-1)?.info.isDir === false ? 1 : 0;
  }

  async #ask(name: string): Promise<void> {
    const found = await this.#isDirectory(name);
    this.#asked.set(name, found);
    if (!found) return;
    const directory = this.#waiting[0]?.info.path ?? name;
    const parent = directory.slice(0, directory.length - basename(directory).length);
    this.#waiting.push({ sortKey: `${name}/`, info: directoryInfo(parent + name) });
  }

  #tell(count: number): Info[] {
    const infos = this.#waiting.splice(0, count).map(({ info }) => info);
    // With a file and a directory of one name, the file is what the path leads to.
    return infos.filter(({ name, isDir }, i) => !isDir || !hasFileBeside(infos, i, name));
  }
}

/** Whether a name stands before the directory `first/` in the order of keys, but after it in that of names. */
function followsBefore(name: string, first: string): boolean {
  return name.startsWith(first) && name.charAt(first.length) < '/' && name.length > first.length;
}

function hasFileBeside(infos: readonly Info[], i: number, name: string): boolean {
  return [infos[i - 1], infos[i + 1]].some((beside) => beside?.name === name && !beside.isDir);
}
