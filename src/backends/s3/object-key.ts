/**
 * Paths as object keys and back.
 *
 * A file is the object of its key. A directory is there as long as any key
 * begins with `its-key/`, so that objects of other tools are seen; an empty
 * one is kept by a marker, the empty object `its-key/`.
 */
import { InvalidPath } from '../../errors/errors.js';
import { normalizePath } from '../../path/normalize.js';

/** Amazon S3 User Guide, "Naming Amazon S3 objects": bytes of a key in UTF-8. */
const MAX_KEY_BYTES = 1024;

/** What is not the user's lies here, right below the prefix; no namespace begins with a dot. */
export const HIDDEN = '.mayfly';

/** In there, where hidden objects wait to be copied to their place. */
export const PARKING = 'tmp/';

/** The keys of one filesystem: all that begin with its prefix. */
export class KeySpace {
  /** Empty, or ending in a slash. */
  readonly prefix: string;
  readonly #isRoot: boolean;

  private constructor(prefix: string, isRoot: boolean) {
    this.prefix = prefix;
    this.#isRoot = isRoot;
  }

  /**
   * @param prefix any spelling; slashes at its ends mean nothing, so `/pyfs/` is `pyfs`
   * @throws TypeError, InvalidPath, IllegalBackReference
   */
  static ofPrefix(prefix: string): KeySpace {
    const canonical = normalizePath(prefix);
    return new KeySpace(canonical === '' ? '' : `${canonical}/`, true);
  }

  /** The keys of one directory below. */
  below(directory: string): KeySpace {
    return new KeySpace(this.directoryKey(directory), false);
  }

  /** Key of the file at a canonical path. */
  key(path: string): string {
    return this.prefix + path;
  }

  /** What all keys in a directory begin with, and the key of its marker; the root's is the prefix itself. */
  directoryKey(path: string): string {
    return path === '' ? this.prefix : `${this.prefix}${path}/`;
  }

  /** Key of something that no path leads to. */
  hiddenKey(name: string): string {
    return `${this.prefix}${HIDDEN}/${name}`;
  }

  /** Whether a canonical path is none of the user's. */
  hides(path: string): boolean {
    return this.#isRoot && (path === HIDDEN || path.startsWith(`${HIDDEN}/`));
  }

  /** Whether a listed key is none of the user's. */
  hidesKey(key: string): boolean {
    return this.#isRoot && key.startsWith(this.hiddenKey(''));
  }

  /** @throws InvalidPath the key would be too long */
  check(path: string): void {
    const key = this.key(path);
    if (key.length <= MAX_KEY_BYTES / 3 || Buffer.byteLength(key) <= MAX_KEY_BYTES) return;
    throw new InvalidPath(path, {
      message: `the key of the path is over ${MAX_KEY_BYTES} bytes with its prefix: shorten it`,
    });
  }
}

/** Whether a listed name can be a component of a path; other tools may have written anything. */
export function isPathName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[\u0000-\u001f\u007f-\u009f]/.test(name);
}
