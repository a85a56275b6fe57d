/**
 * A whole tree from one listing, in order of keys. Directories that are there
 * only for what is in them are told before it.
 */
import type { Info } from '../../fs/info.js';
import { joinPath } from '../../path/parts.js';
import type { Bucket } from './bucket.js';
import type { StoredObject } from './bucket-types.js';
import { listObjects, refuseUnlessRoot } from './listing.js';
import { directoryInfo, fileInfo } from './object-info.js';
import type { KeySpace } from './object-key.js';
import { isPathName } from './object-key.js';

/**
 * Everything below a directory, each directory right before what is in it. A request for each 1000 keys.
 * @param path canonical
 * @throws ResourceNotFound, DirectoryExpected at the first `next()`
 */
export async function* listTree(bucket: Bucket, keys: KeySpace, path: string): AsyncGenerator<Info> {
  const prefix = keys.directoryKey(path);
  const tree = new TreeOfKeys(path);
  let isEmpty = true;
  for await (const page of listObjects(bucket, prefix, { path })) {
    isEmpty &&= page.length === 0;
    for (const object of page) {
      if (!keys.hidesKey(object.key)) yield* tree.take(object.key.slice(prefix.length), object);
    }
  }
  if (isEmpty) await refuseUnlessRoot(bucket, keys, path);
}

class TreeOfKeys {
  readonly #base: string;
  /** Names of the directories that the last key lay in, from the base. */
  #open: string[] = [];
  /** Files whose path the last key began with: what lies below one can't be seen. */
  #files: string[] = [];

  constructor(base: string) {
    this.#base = base;
  }

  /**
   * What an object adds to the tree.
   * @param relative its key below the base; of a marker it ends in a slash
   */
  *take(relative: string, object: StoredObject): Generator<Info> {
    const names = relative.split('/');
    const file = names.pop() ?? '';
    this.#files = this.#files.filter((path) => relative.startsWith(path));
    if (this.#files.some((path) => relative.startsWith(`${path}/`))) return;
    // No path leads to a bad name, but the directories above it are there.
    const bad = names.findIndex((name) => !isPathName(name));
    yield* this.#enter(bad === -1 ? names : names.slice(0, bad));
    if (bad !== -1 || !isPathName(file)) return;
    this.#files.push(relative);
    yield fileInfo(joinPath(this.#base, relative), object);
  }

  *#enter(names: readonly string[]): Generator<Info> {
    const known = names.findIndex((name, i) => this.#open[i] !== name);
    const first = known === -1 ? names.length : known;
    for (let depth = first + 1; depth <= names.length; depth++) {
      yield directoryInfo(joinPath(this.#base, names.slice(0, depth).join('/')));
    }
    this.#open = [...names];
  }
}
