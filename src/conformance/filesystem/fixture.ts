/** A small tree to walk, copy and move. */
import type { Filesystem } from '../../fs/filesystem.js';
import { relativePath } from '../../path/parts.js';

/** Files below the directory of a fixture, in the order of a walk by depth without its directories. */
const fixtureFiles: readonly (readonly [path: string, content: string])[] = [
  ['a/b/c/deep.txt', 'deep'],
  ['a/b/two.py', '22'],
  ['a/one.txt', '1'],
  ['a-b/near.txt', 'near'],
  ['top.txt', 'top'],
];

/** Every path of the fixture, sorted. */
export const fixturePaths = [
  'a',
  'a-b',
  'a-b/near.txt',
  'a/b',
  'a/b/c',
  'a/b/c/deep.txt',
  'a/b/two.py',
  'a/one.txt',
  'empty',
  'top.txt',
];

/** Make the tree below a directory, which is made as well. */
export async function makeFixture(fs: Filesystem, base = ''): Promise<void> {
  const at = (path: string): string => (base === '' ? path : `${base}/${path}`);
  for (const directory of ['', 'a/b/c', 'a-b', 'empty']) await fs.makeDirs(at(directory), { recreate: true });
  for (const [path, content] of fixtureFiles) await fs.write(at(path), content);
}

/** All that is in a filesystem: text of files by path, null for directories. */
export async function contentOf(fs: Filesystem, base = ''): Promise<Record<string, string | null>> {
  const content: [string, string | null][] = [];
  for await (const { path, isDir } of fs.walk(base)) {
    content.push([relativePath(base, path), isDir ? null : await fs.readText(path)]);
  }
  return Object.fromEntries(content.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What `contentOf` tells of the fixture. */
export const fixtureContent: Record<string, string | null> = Object.fromEntries(
  fixturePaths.map((path) => [path, fixtureFiles.find(([file]) => file === path)?.[1] ?? null]),
);
