/** Code blocks of the docs, and a project of a user's own in which they are run. */
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryDirectory } from '../support/temporary-directory.js';

export const root = join(import.meta.dirname, '../..');

/**
 * The code blocks of a language, in order.
 * @param file from the root of the project
 */
export async function blocksOf(file: string, language: string): Promise<string[]> {
  const text = await readFile(join(root, file), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(
    ([, code = '']) => code,
  );
}

/** A directory in which mayfly, express and multer are installed. */
export async function userProject(): Promise<{ path: string; remove: () => Promise<void> }> {
  const directory = await temporaryDirectory();
  const modules = join(directory.path, 'node_modules');
  await mkdir(modules);
  await symlink(root, join(modules, 'mayfly'));
  for (const name of ['express', 'multer'])
    await symlink(join(root, 'node_modules', name), join(modules, name));
  await writeFile(join(directory.path, 'package.json'), '{ "type": "module" }');
  return directory;
}
