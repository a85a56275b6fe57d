/** Links in the docs to files and headings of this project lead somewhere, in the package too. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
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

/** Links to this project, as they stand. */
async function linksOf(page: string): Promise<string[]> {
  const links = [...(await proseOf(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => !/^[a-z]+:/.test(link));
}

describe.each(pages)('%s', (page) => {
  it('links to what there is', async () => {
    const missing: string[] = [];
    for (const link of await linksOf(page)) {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      const there = existsSync(join(root, target));
      if (!there || (anchor !== undefined && !(await anchorsOf(target)).includes(anchor))) missing.push(link);
    }
    expect(missing).toEqual([]);
  });
});

it('finds the pages', () => expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/HTTP.md'])));

describe('the package', () => {
  let packed: Set<string>;

  beforeAll(async () => {
    const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
    const { stdout } = await promisify(execFile)('npm', args, { cwd: root, maxBuffer: 1e8 });
    const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    packed = new Set(files.map(({ path }) => path));
  });

  it('has what its pages link to', async () => {
    const missing: string[] = [];
    for (const page of pages.filter((name) => packed.has(name))) {
      for (const link of await linksOf(page)) {
        const [path = ''] = link.split('#');
        if (path !== '' && !packed.has(join(dirname(page), path))) missing.push(`${page}: ${link}`);
      }
    }
    expect(missing).toEqual([]);
  });

  it('has maps that bring their sources along', async () => {
    // What an earlier build has left behind is not meant.
    const isBuilt = (name: string) =>
      existsSync(join(root, name.replace(/^dist/, 'src').replace(/\.js\.map$/, '.ts')));
    const maps = [...packed].filter((name) => name.endsWith('.map') && isBuilt(name));
    expect(maps.length).toBeGreaterThan(0);
    const bare: string[] = [];
    for (const name of maps) {
      const { sources, sourcesContent = [] } = JSON.parse(await readFile(join(root, name), 'utf8')) as {
        sources: string[];
        sourcesContent?: string[];
      };
      if (sources.length !== sourcesContent.length) bare.push(name);
    }
    expect(bare).toEqual([]);
  });
});
