/** Making and removing directories of a bucket, which are there by a marker or by what is in them. */
import { DirectoryExists, DirectoryNotEmpty } from '../../errors/errors.js';
import type { MakeDirOptions } from '../../fs/essentials.js';
import type { ObjectTree } from './object-tree.js';

/** See `S3FS.makeDir`. @param path canonical */
export async function makeDirectory(
  tree: ObjectTree,
  path: string,
  { recreate = false, assumeClear = false }: MakeDirOptions,
): Promise<void> {
  tree.refuseHidden(path);
  if (path === '') {
    if (recreate) return;
    throw new DirectoryExists(path);
  }
  if (assumeClear) return tree.putMarker(path, recreate);
  const [file, isDirectory] = await Promise.all([
    tree.head(path),
    tree.isDirectory(path),
    tree.checkParent(path, false),
  ]);
  if (isDirectory && file === null && recreate) return;
  if (isDirectory || file !== null) throw new DirectoryExists(path);
  await tree.putMarker(path, recreate);
}

/**
 * Remove a directory that has nothing in it.
 * @param path canonical, not the root
 * @throws DirectoryNotEmpty, ResourceNotFound, DirectoryExpected
 */
export async function removeDirectory(tree: ObjectTree, path: string): Promise<void> {
  const { bucket, keys } = tree;
  const marker = keys.directoryKey(path);
  const { objects } = await bucket.list({ prefix: marker, maxKeys: 2 }, { path });
  if (objects.length === 0 || keys.hides(path)) throw await tree.noDirectory(path);
  if (objects.some(({ key }) => key !== marker)) throw new DirectoryNotEmpty(path);
  await bucket.delete(marker, { path });
}
