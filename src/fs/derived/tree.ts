/** `tree`: a directory drawn in text, as pyfilesystem2's `fs.tree` draws it. */
import { FilesystemClosed, FSError } from '../../errors/errors.js';
import { normalizePath } from '../../path/normalize.js';
import type { Meta } from '../capabilities.js';
import type { Info } from '../info.js';
import type { Scannable } from '../tree-options.js';
import { optionsChecker } from './option-types.js';
import { checkLevels, filterDir } from './walk.js';

/** Options of `tree`. */
export interface TreeOptions {
  /** Levels to draw, from 1; default 5. */
  maxLevels?: number;
  /** Draw the directories of a directory before its files; default true. */
  dirsFirst?: boolean;
  /** Draw only files whose name matches one of these wildcards; default all. */
  filter?: readonly string[];
  /** Leave out files and directories whose name matches one of these; default none. */
  exclude?: readonly string[];
}

const checkTypes = optionsChecker<Pick<TreeOptions, 'maxLevels' | 'dirsFirst'>>({
  maxLevels: 'number',
  dirsFirst: 'boolean',
});

interface Drawable extends Scannable {
  getMeta(): Meta;
}

export async function tree(fs: Drawable, path: string, options: TreeOptions = {}): Promise<string> {
  checkTypes(options);
  const { maxLevels = 5 } = options;
  checkLevels('maxLevels', maxLevels);
  const start = normalizePath(path);
  const lines: string[] = [];
  await draw(fs, await entriesOf(fs, start, options), '', maxLevels, options, lines);
  return lines.join('\n');
}

async function draw(
  fs: Drawable,
  entries: readonly Info[],
  indent: string,
  levels: number,
  options: TreeOptions,
  lines: string[],
): Promise<void> {
  const { links } = fs.getMeta();
  for (const [i, info] of entries.entries()) {
    const isLast = i === entries.length - 1;
    lines.push(`${indent}${isLast ? '`-- ' : '|-- '}${info.name}`);
    if (!info.isDir || levels === 1 || (links && (await fs.isLink(info.path).catch(() => true)))) continue;
    const below = `${indent}${isLast ? '    ' : '|   '}`;
    try {
      await draw(fs, await entriesOf(fs, info.path, options), below, levels - 1, options, lines);
    } catch (error) {
      if (!(error instanceof FSError) || error instanceof FilesystemClosed) throw error;
      lines.push(`${below}\`-- (${error.code})`); // One directory that can't be read does not spoil the picture.
    }
  }
}

async function entriesOf(fs: Drawable, path: string, options: TreeOptions): Promise<Info[]> {
  const { dirsFirst = true, filter, exclude } = options;
  const shown = filterDir(fs, path, {
    ...(filter === undefined ? {} : { files: filter }),
    ...(exclude === undefined ? {} : { excludeFiles: exclude, excludeDirs: exclude }),
  });
  const entries: Info[] = [];
  for await (const info of shown) entries.push(info);
  if (!dirsFirst) return entries;
  return [...entries.filter(({ isDir }) => isDir), ...entries.filter(({ isDir }) => !isDir)];
}
