/** Links in the docs to files and headings of this project lead somewhere. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from './blocks.js';

const FOLDERS = ['.', 'docs', 'config', 'deploy', 'examples', 'bench'];

const pages = (
  await Promise.all(
    FOLDERS.map(async (folder) =>
      (
        await readdir(join(root, folder))
      )
        .filter((name) => name.endsWith('.md'))
        .map((name) => join(folder, name)),
    ),
  )
).flat();

/** Without code, which has brackets of its own. */
const proseOf = async (page: string) =>
  (await readFile(join(root, page), 'utf8'))
    .replace(/^```.*?^```/gms, '')
    .replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ''));

/** Names by which headings are linked to, as GitHub makes them. */
async function anchorsOf(page: string): Promise<string[]> {
  return [...(await proseOf(page)).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
}

describe.each(pages)('%s', (page) => {
  it('links to what there is', async () => {
    const links = [...(await proseOf(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const missing: string[] = [];
    for (const link of links.filter((link) => !/^[a-z]+:/.test(link))) {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      const there = existsSync(join(root, target));
      if (!there || (anchor !== undefined && !(await anchorsOf(target)).includes(anchor))) missing.push(link);
    }
    expect(missing).toEqual([]);
  });
});

it('finds the pages', () => expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/HTTP.md'])));
