import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryDirectory } from './temporary-directory.js';

const root = join(import.meta.dirname, '../..');

/** An empty project of a user's own, with mayfly (as built) and express installed. */
export async function userProject(): Promise<{ path: string; remove: () => Promise<void> }> {
  const directory = await temporaryDirectory();
  const installed = join(directory.path, 'node_modules');
  await mkdir(installed);
  await symlink(root, join(installed, 'mayfly'));
  await symlink(join(root, 'node_modules', 'express'), join(installed, 'express'));
  await writeFile(join(directory.path, 'package.json'), '{ "type": "module" }');
  return directory;
}
