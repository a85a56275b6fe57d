/** What a caller of `scanTree` says about the directories on the way. */
import type { Info } from './info.js';

/** Options of `scanTree`. */
export interface ScanTreeOptions {
  /** Whether to go into a directory; it is given out either way. Default: into every one. */
  enter?: (directory: Info) => boolean;
  /**
   * Little of what lies deeper is wanted, so going from directory to directory
   * is cheaper than listing the whole tree at once. Default false.
   */
  sparse?: boolean;
  /**
   * Called when a directory can't be read. True leaves out the rest of it and
   * goes on, false throws the error. Default: throws.
   */
  tolerate?: (path: string, error: unknown) => boolean;
}

/** What walking needs of a filesystem. */
export interface Scannable {
  getInfo(path: string): Promise<Info>;
  scanDir(path: string): AsyncIterable<Info>;
  scanTree(path: string, options?: ScanTreeOptions): AsyncIterable<Info>;
  isLink(path: string): Promise<boolean>;
}
