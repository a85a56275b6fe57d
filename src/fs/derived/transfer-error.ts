/** Of which end of a transfer an error tells; for who shows the paths of one end, or of both, under others. */
import {
  DestinationExists,
  DirectoryExpected,
  FileExpected,
  FSError,
  IllegalDestination,
} from '../../errors/errors.js';
import { dirname, isWithin } from '../../path/parts.js';

/** The end from which a file is brought. */
interface SourceEnd {
  readonly fs: { isDir(path: string): Promise<boolean> };
  /** Canonical path in `fs`. */
  readonly inner: string;
}

/**
 * Whether an error is the source's. It tells a path, but not in which filesystem: both may have such a path.
 * @param to canonical path of the destination in its filesystem
 */
export async function isOfSource(
  error: unknown,
  { fs, inner: from }: SourceEnd,
  to: string,
): Promise<boolean> {
  if (error instanceof DestinationExists || error instanceof IllegalDestination) return false;
  if (!(error instanceof FSError) || error.path === undefined || !isWithin(from, error.path)) return false;
  // A file that is above the destination; a source below one is just not found.
  if (error instanceof DirectoryExpected && error.path !== to && isWithin(error.path, to)) return false;
  // One path in both, and one of them has a directory there: only a look can tell.
  if (from === to && error instanceof FileExpected) return fs.isDir(from).catch(() => true);
  // Where one of them is above the other, as a mount's own root is above all in it, the nearer one is meant.
  return !isWithin(to, error.path) || from.length >= to.length;
}

/**
 * An error of `inner`, or of a directory above it, where that is shown as `shown`: each directory above it as the one that
 * is as far above `shown`. Both are canonical.
 */
export function shownAt(error: unknown, inner: string, shown: string): unknown {
  if (!(error instanceof FSError) || error.path === undefined || !isWithin(error.path, inner)) return error;
  let path = shown;
  for (let at = inner; at !== error.path; at = dirname(at)) path = dirname(path);
  return path === error.path ? error : error.relocated(path);
}
