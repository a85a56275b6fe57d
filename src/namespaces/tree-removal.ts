/** Removes a directory of a namespace with all in it, and what else is known of the paths below it. */
import { DirectoryNotEmpty } from '../errors/errors.js';
import type { FileKey } from '../expirations/expiration.js';
import type { RemovableTree } from '../fs/derived/directories.js';
import { removeTree } from '../fs/derived/directories.js';
import { findInfo } from '../fs/derived/read.js';
import type { NamespaceScope } from './scope.js';

const PATHS_A_PAGE = 500;

/**
 * See `NamespaceFS.removeTree`.
 * @param tree the filesystem of the scope, whose `remove` knows of deadlines
 */
export async function removeWithDeadlines(
  tree: RemovableTree,
  scope: NamespaceScope,
  path: string,
): Promise<void> {
  const target = scope.validatePath(path);
  const { namespace, host } = scope;
  await host.storage.bound();
  await removeFilesBelow(tree, scope, target);
  const directory = scope.keyOf(target).path;
  for (let after = ''; ; ) {
    const paths = await host.findBelow(namespace, directory, after, PATHS_A_PAGE);
    for (const below of paths) await forgetMissing(scope, { namespace, path: below });
    const last = paths.at(-1);
    if (last === undefined) return;
    after = last;
  }
}

/** File by file, for their deadlines; then what is left and can't be seen from here, such as links that lead out. */
async function removeFilesBelow(
  tree: RemovableTree,
  { files }: NamespaceScope,
  target: string,
): Promise<void> {
  if (target === '' && (await findInfo(files, target)) === null) return;
  try {
    await removeTree(tree, target);
  } catch (error) {
    if (!(error instanceof DirectoryNotEmpty)) throw error;
    await files.removeTree(target);
  }
}

function forgetMissing({ host: { storage, ledger } }: NamespaceScope, key: FileKey): Promise<void> {
  const files = storage.open(key.namespace);
  return ledger.forgetIf(key, async () => {
    if ((await findInfo(files, key.path)) !== null) return false;
    await storage.checkPresent();
    return true;
  });
}
