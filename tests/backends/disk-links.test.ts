/** Two paths by which a link leads to one place: nothing is lost by taking them for two. */
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OSFS } from '../../src/backends/disk/disk-filesystem.js';
import { DirectoryNotEmpty, IllegalDestination } from '../../src/errors/errors.js';
import { mirror } from '../../src/fs/mirror.js';
import { copyFile, moveDir, moveFile, moveFS } from '../../src/fs/transfer.js';
import { expectError } from '../support/expect-error.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

describe('a link inside the root', () => {
  let root: string;
  let remove: () => Promise<void>;
  let fs: OSFS;
  beforeEach(async () => {
    ({ path: root, remove } = await temporaryDirectory());
    await mkdir(join(root, 'real/sub'), { recursive: true });
    await writeFile(join(root, 'real/a.txt'), 'precious');
    await symlink('real', join(root, 'link'));
    fs = new OSFS(root, { durable: false });
  });
  afterEach(async () => {
    expect(await readFile(join(root, 'real/a.txt'), 'utf8')).toBe('precious');
    expect(await readdir(join(root, 'real'))).toEqual(['a.txt', 'sub']);
    await remove();
  });

  it.each([
    ['link/a.txt', 'real/a.txt'],
    ['real/a.txt', 'link/a.txt'],
  ])('does nothing to a file that is moved from %s to %s', async (from, to) => {
    await fs.move(from, to, { overwrite: true });
    expect(await fs.readText(from)).toBe('precious');
  });

  it('of a file is moved with its times unless told not to', async () => {
    const past = new Date('2001-01-01T00:00:00Z');
    await fs.setInfo('real/a.txt', { modified: past });
    for (const [preserveTime, kept] of [
      [undefined, true],
      [false, false],
    ] as const) {
      await symlink('real/a.txt', join(root, 'pointer'));
      await fs.move('pointer', 'moved', { overwrite: true, preserveTime: preserveTime as never });
      expect((await fs.getInfo('moved')).modified.getTime() === past.getTime()).toBe(kept);
    }
  });

  it.each([
    ['link', 'real'],
    ['real', 'link'],
  ])('does nothing to a directory that is moved from %s to %s', async (from, to) => {
    await fs.moveDir(from, to);
    await fs.moveDir(from, to, { create: true });
    expect(await fs.readText('link/a.txt')).toBe('precious');
  });

  it('is seen through where a tree would be copied or moved into itself', async () => {
    for (const create of [true, false]) {
      await expectError(fs.copyDir('real', 'link/sub/x', { create }), IllegalDestination);
      await expectError(fs.moveDir('real', 'link/sub/x', { create }), IllegalDestination);
    }
  });

  it('is seen through between two filesystems', async () => {
    const [real, link] = [new OSFS(join(root, 'real')), new OSFS(join(root, 'link'))];
    await moveFile(link, 'a.txt', real, 'a.txt');
    await moveFile(fs, 'link/a.txt', real, 'a.txt');
    await expectError(copyFile(link, 'a.txt', real, 'a.txt'), IllegalDestination);
    await moveFS(await fs.openDir('link'), await fs.openDir('real'));
    await expectError(moveDir(real, '', fs, 'link/sub/x'), IllegalDestination);
    await expectError(mirror(link, real), IllegalDestination);
    await expectError(mirror(fs, real, { sourcePath: 'link/sub' }), IllegalDestination);
  });

  it('is seen through further down than where a move begins', async () => {
    await mkdir(join(root, 'tree/sub'), { recursive: true });
    await writeFile(join(root, 'tree/sub/b.txt'), 'precious too');
    await mkdir(join(root, 'other'));
    await symlink('../tree/sub', join(root, 'other/sub'));
    await expectError(moveDir(fs, 'tree', new OSFS(root), 'other'), DirectoryNotEmpty);
    await expectError(fs.moveDir('tree', 'other'), DirectoryNotEmpty);
    expect(await readFile(join(root, 'tree/sub/b.txt'), 'utf8')).toBe('precious too');
  });
});
