/**
 * What is in a directory, page by page, in code-point order of name.
 *
 * S3 lists in order of keys, in which the directory `a` stands as `a/`: behind
 * `a.txt` and `a-1`, whose names come after its own. So an entry is held back
 * as long as a directory may still come whose name begins it. Mostly the next
 * page tells; when many entries wait, S3 is asked for the directory itself.
 * Memory is bounded by a few pages, whatever the directory holds.
 */
import { DirectoryExpected, ResourceNotFound } from '../../errors/errors.js';
import type { Info } from '../../fs/info.js';
import { basename, compareCodePoints, joinPath } from '../../path/parts.js';
import type { Bucket, CallContext, ListPage, StoredObject } from './bucket.js';
import { LIST_PAGE } from './bucket.js';
import type { KeySpace } from './object-key.js';
import { isPathName } from './object-key.js';

/** Entries that may wait for the next pages before S3 is asked what they wait for. */
const MOST_WAITING = 2 * LIST_PAGE;

/** Directories have no dates in S3. */
const NO_DATE = new Date(0);

export function fileInfo(path: string, { size, modified, etag }: Omit<StoredObject, 'key'>): Info {
  return {
    name: basename(path),
    path,
    isDir: false,
    size,
    modified,
    ...(etag === undefined ? {} : { etag }),
  };
}

export function directoryInfo(path: string): Info {
  return { name: basename(path), path, isDir: true, size: 0, modified: NO_DATE };
}

/** Whether any key lies in a directory, its marker included. One request. */
export async function directoryExists(
  bucket: Bucket,
  prefix: string,
  context: CallContext,
): Promise<boolean> {
  const { objects } = await bucket.list({ prefix, maxKeys: 1 }, context);
  return objects.length > 0;
}

/**
 * The direct children of a directory. A request for each 1000.
 * @param path canonical
 * @throws ResourceNotFound, DirectoryExpected at the first `next()`
 */
export async function* listDirectory(bucket: Bucket, keys: KeySpace, path: string): AsyncGenerator<Info> {
  const prefix = keys.directoryKey(path);
  const context = { path };
  const order = new NameOrder((name) => directoryExists(bucket, `${prefix}${name}/`, context));
  let continuation: string | undefined;
  do {
    const page: ListPage = await bucket.list(
      { prefix, delimited: true, ...(continuation === undefined ? {} : { continuation }) },
      context,
    );
    if (continuation === undefined && isNothing(page)) await refuseUnlessRoot(bucket, keys, path);
    continuation = page.continuation;
    for (const info of await order.take(entriesOf(page, prefix, path, keys), continuation === undefined)) {
      yield info;
    }
  } while (continuation !== undefined);
}

function isNothing({ objects, prefixes }: ListPage): boolean {
  return objects.length + prefixes.length === 0;
}

async function refuseUnlessRoot(bucket: Bucket, keys: KeySpace, path: string): Promise<void> {
  if (path === '') return;
  const file = await bucket.head(keys.key(path), { path });
  throw file === null ? new ResourceNotFound(path) : new DirectoryExpected(path);
}

interface Entry {
  /** As S3 orders: a directory has its slash. */
  readonly sortKey: string;
  readonly info: Info;
}

function entriesOf({ objects, prefixes }: ListPage, prefix: string, path: string, keys: KeySpace): Entry[] {
  const files = objects.map((object): Entry => {
    const name = object.key.slice(prefix.length);
    return { sortKey: name, info: fileInfo(joinPath(path, name), object) };
  });
  const directories = prefixes.map((folded): Entry => {
    const sortKey = folded.slice(prefix.length);
    return { sortKey, info: directoryInfo(joinPath(path, sortKey.slice(0, -1))) };
  });
  return [...files, ...directories].filter(
    ({ sortKey, info }) => isPathName(sortKey.replace(/\/$/, '')) && !keys.hides(info.path),
  );
}

/** Turns the order of keys into the order of names. */
class NameOrder {
  readonly #isDirectory: (name: string) => Promise<boolean>;
  #waiting: Entry[] = [];
  /** Names of which it is known whether they are directories, as long as it matters; true: told already. */
  #asked = new Map<string, boolean>();

  constructor(isDirectory: (name: string) => Promise<boolean>) {
    this.#isDirectory = isDirectory;
  }

  /** @returns what can be told now that this page has come */
  async take(page: readonly Entry[], isLast: boolean): Promise<Info[]> {
    for (const entry of page) {
      const told = entry.info.isDir && this.#asked.get(entry.info.name) === true;
      if (!told) this.#waiting.push(entry);
    }
    this.#waiting.sort((a, b) => compareCodePoints(a.info.name, b.info.name));
    if (isLast) return this.#tell(this.#waiting.length);
    const open = this.#openNames();
    if (this.#waiting.length > MOST_WAITING) {
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
    const last = this.#lastKey();
    const names: string[] = [];
    for (let i = 1; i < last.length; i++) {
      if (last.charAt(i) < '/') names.push(last.slice(0, i));
    }
    // What does not begin the last key can't come any more.
    this.#asked = new Map([...this.#asked].filter(([name]) => names.includes(name)));
    return names.filter((name) => !this.#asked.has(name));
  }

  #lastKey(): string {
    return this.#waiting.reduce(
      (last, { sortKey }) => (compareCodePoints(sortKey, last) > 0 ? sortKey : last),
      '',
    );
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

/** All objects below a prefix, in order of keys. A request for each 1000. */
export async function* listObjects(
  bucket: Bucket,
  prefix: string,
  context: CallContext,
): AsyncGenerator<readonly StoredObject[]> {
  let continuation: string | undefined;
  do {
    const page: ListPage = await bucket.list(
      { prefix, ...(continuation === undefined ? {} : { continuation }) },
      context,
    );
    yield page.objects;
    continuation = page.continuation;
  } while (continuation !== undefined);
}
