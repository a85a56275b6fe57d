/** Whole trees on the disk, where links lie and other programs are at work. */
import { chmod, lstat, mkdir, readdir, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OSFS } from '../../src/backends/disk/disk-filesystem.js';
import { DirectoryNotEmpty, type FSError } from '../../src/errors/errors.js';
import type { Filesystem } from '../../src/fs/filesystem.js';
import { mirror } from '../../src/fs/mirror.js';
import { copyFS } from '../../src/fs/transfer.js';
import { expectError } from '../support/expect-error.js';
import { openBelow } from '../support/open-descriptors.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

describe('trees of an OSFS', () => {
  let base: string;
  let directory: string;
  let remove: () => Promise<void>;
  let fs: OSFS;
  beforeEach(async () => {
    ({ path: base, remove } = await temporaryDirectory());
    directory = join(base, 'root');
    await mkdir(directory);
    await mkdir(join(base, 'outside'));
    await writeFile(join(base, 'outside/secret'), 'secret');
    fs = new OSFS(directory, { durable: false });
    await fs.makeDirs('d/e');
    await fs.write('d/e/f', 'f');
    await fs.write('other', 'o');
  });
  afterEach(() => remove());

  const paths = async (search: 'breadth' | 'depth', of: Filesystem = fs): Promise<string[]> => {
    const found: string[] = [];
    for await (const { path } of of.walk('', { search })) found.push(path);
    return found.sort();
  };

  it.each(['breadth', 'depth'] as const)('does not go round in circles, nor out (%s)', async (search) => {
    await symlink('..', join(directory, 'd/circle'));
    await symlink('.', join(directory, 'self'));
    await symlink('../outside', join(directory, 'out'));
    await symlink('nowhere', join(directory, 'dangling'));
    await symlink('other', join(directory, 'file-link'));
    expect(await paths(search)).toEqual(['d', 'd/circle', 'd/e', 'd/e/f', 'file-link', 'other', 'self']);
    const found: string[] = [];
    for await (const { path } of fs.glob('**/{f,secret}')) found.push(path);
    expect(found).toEqual(['d/e/f']);
    expect(await fs.tree()).not.toContain('secret');
  });

  it('copies what a link to a file leads to, and leaves out links to directories', async () => {
    await symlink('../other', join(directory, 'd/file-link'));
    await symlink('..', join(directory, 'd/circle'));
    await symlink(join(base, 'outside/secret'), join(directory, 'd/secret'));
    await fs.copyDir('d', 'copy', { create: true });
    expect(await fs.tree('copy')).toBe('|-- e\n|   `-- f\n`-- file-link');
    expect((await lstat(join(directory, 'copy/file-link'))).isFile()).toBe(true);
    expect(await readdir(join(directory, 'copy'))).toHaveLength(2);
  });

  it('renames a whole directory, links and all, where nothing is at the destination', async () => {
    await symlink('..', join(directory, 'd/circle'));
    const { ino } = await stat(join(directory, 'd'));
    await fs.moveDir('d', 'moved', { create: true });
    expect((await stat(join(directory, 'moved'))).ino).toBe(ino);
    expect(await readlink(join(directory, 'moved/circle'))).toBe('..');
    expect(await fs.exists('d')).toBe(false);
  });

  it('says that links to directories stay when it has to merge', async () => {
    await symlink('..', join(directory, 'd/circle'));
    await fs.makeDir('target');
    await expectError(fs.moveDir('d', 'target'), DirectoryNotEmpty, 'd');
    expect(await fs.readText('target/e/f')).toBe('f');
    expect(await readdir(join(directory, 'd'))).toEqual(['circle']);
    expect(await fs.exists('other')).toBe(true);
  });

  it('moves what is in a linked directory, and then the link away', async () => {
    await symlink('d', join(directory, 'link'));
    await fs.moveDir('link', 'target', { create: true });
    expect(await fs.readText('target/e/f')).toBe('f');
    expect([await fs.listDir('d'), await fs.exists('link')]).toEqual([[], false]);
  });

  it('leaves a link that has the name of the directory that holds it, and what it leads to', async () => {
    await fs.makeDir('elsewhere');
    await fs.write('elsewhere/f', 'kept');
    await symlink('../elsewhere', join(directory, 'd/d'));
    await expectError(fs.moveDir('d', ''), DirectoryNotEmpty, 'd');
    expect(await paths('depth')).toEqual(['d', 'd/d', 'e', 'e/f', 'elsewhere', 'elsewhere/f', 'other']);
    await fs.remove('d/d');
    await symlink('nowhere', join(directory, 'd/d'));
    await fs.moveDir('d', '');
    expect(await paths('depth')).toEqual(['e', 'e/f', 'elsewhere', 'elsewhere/f', 'other']);
  });

  it('knows where a link leads when what it leads to goes into a directory above', async () => {
    await fs.makeDirs('d/d/e');
    await fs.write('d/d/e/f', 'below');
    await symlink('d', join(directory, 'link'));
    await fs.moveDir('link', '');
    expect(await fs.readText('d/e/f')).toBe('below');
    expect(await fs.readText('e/f')).toBe('f');
    expect(await fs.listDir('d')).toEqual(['e']);
  });

  it('never renames or copies into a place outside, whatever links are on the way', async () => {
    await symlink('../outside', join(directory, 'out'));
    for (const call of [
      () => fs.moveDir('d', 'out/d', { create: true }),
      () => fs.copyDir('d', 'out', { create: true }),
      () => fs.copyDir('d', 'out/d', { create: true }),
      () => fs.copyDir('out', 'copy', { create: true }),
      () => fs.moveDir('out', 'moved', { create: true }),
      () => fs.moveDir('d', '.mayfly/d', { create: true }),
      () => fs.moveDir('.mayfly', 'd', { create: true }),
    ]) {
      await expect(call()).rejects.toMatchObject({
        code: expect.stringMatching(/NotFound|Denied|Exists|Expected/),
      });
    }
    expect(await readdir(join(base, 'outside'))).toEqual(['secret']);
    expect(await fs.readText('d/e/f')).toBe('f');
  });

  it('mirrors without following links at either end', async () => {
    await symlink('..', join(directory, 'd/circle'));
    const target = new OSFS(join(base, 'target'), { durable: false });
    await target.identify({ create: true });
    await target.makeDir('elsewhere');
    await target.write('elsewhere/kept', 'kept');
    await mirror(fs, target);
    expect(await paths('breadth', target)).toEqual(['d', 'd/e', 'd/e/f', 'other']);
    await target.makeDir('elsewhere');
    await target.removeTree('d');
    await symlink('elsewhere', join(base, 'target/d'));
    await mirror(fs, target);
    expect((await lstat(join(base, 'target/d'))).isDirectory()).toBe(true);
    expect(await paths('depth', target)).toEqual(['d', 'd/e', 'd/e/f', 'other']);
    await copyFS(fs, target);
  });

  it('tells directories that can not be read, and goes on with the others', async () => {
    if (process.getuid?.() === 0) return; // To root nothing is closed.
    await fs.makeDirs('a/closed');
    await chmod(join(directory, 'a/closed'), 0);
    const seen: [string, string][] = [];
    for (const search of ['breadth', 'depth'] as const) {
      const found: string[] = [];
      const onError = (path: string, { code }: FSError): void => void seen.push([path, code]);
      for await (const { path } of fs.walk('', { search, onError })) found.push(path);
      expect(found.sort()).toEqual(['a', 'a/closed', 'd', 'd/e', 'd/e/f', 'other']);
    }
    expect(seen).toEqual([
      ['a/closed', 'PermissionDenied'],
      ['a/closed', 'PermissionDenied'],
    ]);
    expect(await fs.tree('a')).toBe('`-- closed\n    `-- (PermissionDenied)');
    await chmod(join(directory, 'a/closed'), 0o700);
  });

  it('lets go of every descriptor, also when a walk is left early or fails', async () => {
    for await (const _ of fs.walk('', { search: 'depth' })) break;
    for await (const { path } of fs.walk('', { search: 'depth' })) if (path === 'd/e') break;
    for await (const _ of fs.walk('')) break;
    for await (const _ of fs.glob('**')) break;
    await fs.listDir('d');
    await expect(fs.copyDir('d', 'other', { create: true })).rejects.toThrow();
    await fs.copyDir('d', 'copy', { create: true });
    await fs.moveDir('copy', 'moved', { create: true });
    await fs.moveDir('moved', 'd');
    expect(await openBelow(directory)).toEqual([]);
  });

  it('names what it lists by the type of its entries, and looks only where it must', async () => {
    await symlink('other', join(directory, 'link'));
    await symlink('../outside', join(directory, 'out'));
    await writeFile(Buffer.concat([Buffer.from(`${directory}/bad`), Buffer.from([0xff])]), 'x');
    expect(await fs.listDir('')).toEqual(['d', 'link', 'other']);
    const scanned: string[] = [];
    for await (const { name } of fs.scanDir('')) scanned.push(name);
    expect(scanned).toEqual(['d', 'link', 'other']);
  });
});
