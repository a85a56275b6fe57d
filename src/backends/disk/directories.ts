/** Making and removing directories of an OSFS. Paths are canonical; errors are the system's, or ours. */
import { DirectoryExists, DirectoryExpected } from '../../errors/errors.js';
import type { DiskScope } from './disk-scope.js';
import { errnoOf } from './errno-errors.js';
import { syncDirectory } from './publishing.js';
import { emptyDirectory, removeOne } from './removal.js';
import { lstat, mkdir, rmdir } from './system-calls.js';

/** @throws DirectoryExists, ResourceNotFound, DirectoryExpected; PermissionDenied: mayfly's own */
export async function makeDirectory(scope: DiskScope, path: string, recreate: boolean): Promise<void> {
  const made = path === '' ? await scope.makeSelf() : await makeIn(scope, path);
  if (made) return;
  const isThere = (await scope.stat(path))?.isDirectory() === true;
  if (path === '' && !isThere) throw await scope.inTheWay(path);
  if (!recreate || !isThere) throw new DirectoryExists(path);
}

/** @returns false when something is there */
async function makeIn(scope: DiskScope, path: string): Promise<boolean> {
  return scope.intoParent(path, async (parent, name) => {
    try {
      await mkdir(parent.at(name), 0o777);
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false;
      throw error;
    }
    if (scope.root.durable) await syncDirectory(parent);
    return true;
  });
}

/** Remove an empty directory. @throws DirectoryExpected, ResourceNotFound */
export async function removeDirectory(scope: DiskScope, path: string): Promise<void> {
  await scope.needDirectory(path);
  await scope.inParent(path, async (parent, name) => {
    if ((await lstat(parent.at(name))).isSymbolicLink()) {
      throw new DirectoryExpected(path, { message: `"${path}" is a link: remove takes it away` });
    }
    await rmdir(parent.at(name));
  });
}

/** Remove a directory with all in it; the root is emptied. @throws DirectoryExpected, ResourceNotFound */
export async function removeDirectoryTree(scope: DiskScope, path: string): Promise<void> {
  if (path !== '' && (await scope.isLink(path))) {
    await scope.needDirectory(path);
    return removeOne(scope, path);
  }
  const directory = await scope.pinDirectory(path);
  try {
    await emptyDirectory(await scope.enclosure(), directory, path);
  } finally {
    directory.close();
  }
  if (path !== '') await scope.inParent(path, (parent, name) => rmdir(parent.at(name)));
}
