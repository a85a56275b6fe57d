/** No path, link or race leads out of a root, nor from one namespace into another. */
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OSFS } from '../../src/backends/disk/disk-filesystem.js';
import {
  DestinationExists,
  DirectoryExists,
  DirectoryExpected,
  FileExists,
  FileExpected,
  FSError,
  NoSysPath,
  PermissionDenied,
  ResourceNotFound,
} from '../../src/errors/errors.js';
import type { Filesystem } from '../../src/fs/filesystem.js';
import { copyFile, createMayfly } from '../../src/index.js';
import { expectError } from '../support/expect-error.js';
import { openBelow } from '../support/open-descriptors.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const CANARY = 'the canary outside';

let top: string;
let root: string;
let outside: string;
let removeTop: () => Promise<void>;
let parent: OSFS;
let fs: Filesystem;

beforeEach(async () => {
  ({ path: top, remove: removeTop } = await temporaryDirectory());
  root = join(top, 'root');
  outside = join(top, 'outside');
  await mkdir(join(root, 'n'), { recursive: true });
  await mkdir(join(outside, 'deep'), { recursive: true });
  for (const file of ['canary', 'deep/canary']) await writeFile(join(outside, file), CANARY);
  parent = new OSFS(root, { durable: false });
  fs = parent.openNamespace('n');
});

afterEach(async () => {
  expect(await openBelow(top)).toEqual([]);
  await expectOutsideUntouched();
  await removeTop();
});

async function expectOutsideUntouched(): Promise<void> {
  expect((await readdir(outside, { recursive: true })).sort()).toEqual(['canary', 'deep', 'deep/canary']);
  for (const file of ['canary', 'deep/canary']) {
    expect(await readFile(join(outside, file), 'utf8')).toBe(CANARY);
  }
}

/** Everything that reads or removes at a path finds nothing there. */
async function expectNothingAt(files: Filesystem, path: string): Promise<void> {
  expect([await files.exists(path), await files.isFile(path), await files.isDir(path)]).toEqual([
    false,
    false,
    false,
  ]);
  const attempts: Promise<unknown>[] = [
    files.getInfo(path),
    files.openRead(path),
    files.readBytes(path),
    files.listDir(path),
    files.remove(path),
    files.removeDir(path),
    files.removeTree(path),
    files.setInfo(path, { modified: new Date(0) }),
    files.copy(path, 'copied'),
    files.move(path, 'moved'),
    files.isLink(path),
    files.openDir(path),
  ];
  for (const attempt of attempts) await expectError(attempt, ResourceNotFound, path);
  expect(await files.removeMany([path])).toEqual([{ path, result: 'missing' }]);
}

describe('a link that leads out', () => {
  it.each([
    ['to a file, absolute', () => join(outside, 'canary'), ''],
    ['to a file, relative', () => '../../outside/canary', ''],
    ['to a directory', () => outside, ''],
    ['to what lies in a directory outside', () => outside, '/canary'],
    ['to a directory in a directory outside', () => outside, '/deep'],
    ['to the root of all namespaces', () => '..', ''],
    ['to another namespace', () => '../m', ''],
    ['to nothing', () => '/nowhere/at/all', ''],
    ['to itself', () => 'link', ''],
    ['to a device', () => '/dev/null', ''],
    // In a container not even root may go there; elsewhere it is a file like any other.
    ['to what we may not reach', () => '/proc/1/root/etc/passwd', ''],
    ['to what lies in a directory that we may not enter', () => '/proc/1/root/etc', '/passwd'],
    ['by way of another link', () => 'second', ''],
  ])('%s is as if not there', async (_, target, below) => {
    await mkdir(join(root, 'm'));
    await symlink(outside, join(root, 'n/second'));
    await symlink(target(), join(root, 'n/link'));
    await expectNothingAt(fs, `link${below}`);
    expect(await fs.listDir('')).toEqual([]);
    expect((await readdir(join(root, 'n'))).sort()).toEqual(['link', 'second']);
  });

  it('is not written through', async () => {
    await symlink(outside, join(root, 'n/link'));
    await expectError(fs.write('link/new', 'x'), ResourceNotFound, 'link/new');
    await expectError(fs.write('link/canary', 'x'), ResourceNotFound, 'link/canary');
    await expectError(fs.makeDir('link/new'), ResourceNotFound, 'link/new');
    await fs.write('f', 'x');
    await expectError(fs.copy('f', 'link/canary', { overwrite: true }), ResourceNotFound, 'link/canary');
    await expectError(fs.move('f', 'link/canary', { overwrite: true }), ResourceNotFound, 'link/canary');
  });

  it('is replaced, not followed, by a file of its name', async () => {
    await symlink(join(outside, 'canary'), join(root, 'n/link'));
    await expectError(fs.write('link', 'mine', { overwrite: false }), FileExists, 'link');
    await expectError(fs.makeDir('link'), DirectoryExists, 'link');
    await fs.write('f', 'x');
    await expectError(fs.move('f', 'link'), DestinationExists, 'link');
    await fs.write('link', 'mine');
    expect(await fs.readText('link')).toBe('mine');
    await symlink(join(outside, 'canary'), join(root, 'n/touched'));
    await fs.appendText('touched', 'mine');
    expect(await fs.readText('touched')).toBe('mine');
  });

  it('goes with a tree, and what it leads to stays', async () => {
    await fs.makeDirs('d/e');
    await symlink(outside, join(root, 'n/d/e/link'));
    await symlink(join(outside, 'canary'), join(root, 'n/d/file'));
    await fs.removeTree('d');
    expect(await fs.listDir('')).toEqual([]);
  });

  it('may not be a namespace', async () => {
    for (const target of [outside, join(root, 'n')]) {
      await symlink(target, join(root, 'linked'));
      const linked = parent.openNamespace('linked');
      await expectNothingAt(linked, 'canary');
      await expectError(linked.getInfo(''), ResourceNotFound, '');
      await expectError(linked.write('new', 'x'), DirectoryExpected, '');
      await expectError(linked.makeDir('', { recreate: true }), DirectoryExpected, '');
      await expectError(linked.makeDirs('a/b'), DirectoryExpected);
      await rm(join(root, 'linked'));
    }
    expect(await readdir(join(root, 'n'))).toEqual([]);
  });

  it('says the same where a file has the name of a namespace', async () => {
    await writeFile(join(root, 'taken'), 'x');
    const taken = parent.openNamespace('taken');
    for (const attempt of [
      () => taken.write('new', 'x'),
      () => taken.makeDir('d'),
      () => taken.makeDir('', { recreate: true }),
      () => taken.makeDirs('a/b'),
    ]) {
      await expectError(attempt(), DirectoryExpected);
    }
  });

  it('is a directory to a mayfly, whose file it gives to nobody', async () => {
    await writeFile(join(root, 'taken'), 'x');
    const mayfly = createMayfly({
      storage: { filesystem: parent, urlRoot: '/files' },
      expirations: { type: 'sqlite', path: ':memory:' },
      purge: false,
    });
    const taken = mayfly.getFilesystem('taken');
    expect(await taken.isDir('')).toBe(true);
    await expectError(taken.readText(''), FileExpected, '');
    await expectError(copyFile(taken, '', mayfly.getFilesystem('n'), 'stolen'), FileExpected, '');
    expect(await taken.served('')).toEqual({ version: null, deadline: null });
    await expectError(taken.listDir(''), DirectoryExpected, '');
    await expectError(taken.setInfo('', { modified: new Date(0) }), DirectoryExpected, '');
    await mayfly.close();
  });

  it('may not stand in for a directory that was opened', async () => {
    await fs.makeDirs('d');
    const inner = await fs.openDir('d');
    await rename(join(root, 'n/d'), join(root, 'n/away'));
    await symlink(outside, join(root, 'n/d'));
    await expectNothingAt(inner, 'canary');
    await expectError(inner.write('new', 'x'), DirectoryExpected, '');
    await rm(join(root, 'n/d'));
    await expectError(inner.write('new', 'x'), ResourceNotFound, 'new');
  });
});

describe('a link that stays inside', () => {
  beforeEach(async () => {
    await fs.makeDirs('real');
    await fs.write('real/f', 'inside');
    await symlink('real', join(root, 'n/dir'));
    await symlink('real/f', join(root, 'n/file'));
  });

  it('is read through', async () => {
    expect(await fs.readText('file')).toBe('inside');
    expect(await fs.readText('dir/f')).toBe('inside');
    expect(await fs.listDir('dir')).toEqual(['f']);
    expect(await fs.getInfo('file')).toMatchObject({ name: 'file', path: 'file', size: 6, isDir: false });
    expect(await fs.listDir('')).toEqual(['dir', 'file', 'real']);
    expect([await fs.isLink('file'), await fs.isLink('dir'), await fs.isLink('real')]).toEqual([
      true,
      true,
      false,
    ]);
    await (await fs.openDir('dir')).write('g', 'new');
    expect(await fs.readText('real/g')).toBe('new');
  });

  it('is itself removed, moved away and replaced', async () => {
    await fs.remove('file');
    await expectError(fs.removeDir('dir'), DirectoryExpected, 'dir');
    await fs.removeTree('dir');
    expect(await fs.listDir('')).toEqual(['real']);
    await symlink('real/f', join(root, 'n/file'));
    await fs.makeDirs('deep/er');
    await fs.move('file', 'deep/er/moved');
    expect([await fs.readText('deep/er/moved'), await fs.exists('file')]).toEqual(['inside', false]);
    await symlink('real/f', join(root, 'n/file'));
    await fs.write('file', 'new');
    expect(await fs.readText('real/f')).toBe('inside');
  });

  it('is not followed when a tree is removed, also around in a circle', async () => {
    await fs.makeDir('tree');
    await symlink('../real', join(root, 'n/tree/link'));
    await symlink('.', join(root, 'n/tree/circle'));
    await fs.removeTree('tree');
    expect(await fs.readText('real/f')).toBe('inside');
    expect(await fs.exists('tree')).toBe(false);
  });
});

describe('special files', () => {
  it('are as if not there, and block nobody', async () => {
    await promisify(execFile)('mkfifo', [join(root, 'n/fifo')]);
    await expectNothingAt(fs, 'fifo');
    expect(await fs.listDir('')).toEqual([]);
    await symlink('fifo', join(root, 'n/link'));
    await expectNothingAt(fs, 'link');
    await expectError(fs.write('fifo/x', 'x'), ResourceNotFound, 'fifo/x');
    expect((await stat(join(root, 'n/fifo'))).isFIFO()).toBe(true);
  });
});

describe('what is mayfly’s own', () => {
  beforeEach(async () => {
    await parent.identify({ create: true });
  });

  it.each(['.mayfly', '.mayfly/id', '.mayfly/tmp'])('is as if %s were not there', async (path) => {
    await expectNothingAt(parent, path);
    expect(await parent.listDir('')).toEqual(['n']);
  });

  it('is not written to', async () => {
    await parent.write('f', 'x');
    for (const path of ['.mayfly', '.mayfly/id', '.mayfly/tmp/x', './.mayfly//new']) {
      await expectError(parent.write(path, 'x'), PermissionDenied);
      await expectError(parent.makeDir(path), PermissionDenied);
      await expectError(parent.copy('f', path), PermissionDenied);
      await expectError(parent.move('f', path), PermissionDenied);
    }
    expect(() => parent.getSysPath('.mayfly/id')).toThrow(NoSysPath);
    expect(await parent.identify()).toBe(await parent.identify());
  });

  it('is not reached by a link either', async () => {
    await symlink('.mayfly', join(root, 'link'));
    await expectNothingAt(parent, 'link');
    await expectNothingAt(parent, 'link/id');
    await expectError(parent.write('link/new', 'x'), ResourceNotFound);
    await symlink('.', join(root, 'self'));
    await expectNothingAt(parent, 'self/.mayfly/id');
    await expectError(parent.write('self/.mayfly', 'x'), PermissionDenied);
    expect(await parent.listDir('self')).toEqual(['n', 'self']);
  });

  it('survives the emptying of its root', async () => {
    const identity = await parent.identify();
    await parent.removeTree('');
    expect(await parent.identify()).toBe(identity);
  });

  it('is an ordinary name further down', async () => {
    await parent.makeDir('d');
    await parent.write('d/.mayfly', 'x');
    expect(await parent.listDir('d')).toEqual(['.mayfly']);
  });

  it('may not be a link that leads elsewhere', async () => {
    await rm(join(root, '.mayfly'), { recursive: true });
    await symlink(outside, join(root, '.mayfly'));
    await expectError(fs.write('f', 'x'), PermissionDenied);
    await expectError(parent.identify({ create: true }), PermissionDenied);
    await rm(join(root, '.mayfly'));
    await mkdir(join(root, '.mayfly'));
    await symlink(outside, join(root, '.mayfly/tmp'));
    await expectError(fs.write('f', 'x'), PermissionDenied);
  });
});

describe('a directory that is exchanged for a link and back, all the time', () => {
  let swapping: Promise<void>;
  let stop = false;

  beforeEach(async () => {
    stop = false;
    await fs.makeDir('d');
    await fs.write('d/canary', 'inside');
    const [directory, aside, link] = ['d', 'aside', 'link'].map((name) => join(root, 'n', name)) as [
      string,
      string,
      string,
    ];
    await symlink(outside, link);
    swapping = (async () => {
      while (!stop) {
        await rename(directory, aside);
        await rename(link, directory);
        await new Promise(setImmediate);
        await rename(directory, link);
        await rename(aside, directory);
        await new Promise(setImmediate);
      }
    })();
  });

  afterEach(async () => {
    stop = true;
    await swapping;
  });

  /** Do it often; only mayfly's own errors may come of it. */
  async function often(
    work: (i: number) => Promise<unknown>,
  ): Promise<{ succeeded: number; failed: number }> {
    const counts = { succeeded: 0, failed: 0 };
    for (let i = 0; i < 400; i++) {
      try {
        await work(i);
        counts.succeeded++;
      } catch (error) {
        if (!(error instanceof FSError)) throw error;
        counts.failed++;
      }
    }
    return counts;
  }

  it('shows readers the inside or nothing', async () => {
    await often(async () => expect(await fs.readText('d/canary')).toBe('inside'));
    await often(async () => expect((await fs.getInfo('d/canary')).size).toBe('inside'.length));
    await often(async () => expect(await fs.listDir('d')).toEqual(['canary']));
  });

  it('lets nothing be written outside', async () => {
    const { succeeded } = await often((i) => fs.write(`d/new${i % 5}`, 'x'));
    await often((i) => fs.makeDir(`d/dir${i}`));
    await often((i) => fs.write(`d/only${i}`, 'x', { overwrite: false }));
    await often((i) => fs.copy('d/canary', `d/copy${i}`));
    expect(succeeded).toBeGreaterThan(0);
    await expectOutsideUntouched();
  });

  it('lets nothing be removed or changed outside', async () => {
    await often(async () => {
      await fs.write('d/f', 'x');
      await fs.removeMany(['d/canary', 'd/deep/canary', 'd/f']);
    });
    await often(() => fs.remove('d/canary'));
    await often(() => fs.removeDir('d/deep'));
    await often(() => fs.removeTree('d/deep'));
    await often(() => fs.setInfo('d/canary', { modified: new Date(0) }));
    expect((await stat(join(outside, 'canary'))).mtimeMs).toBeGreaterThan(0);
    await expectOutsideUntouched();
  });
});

describe('descriptors', () => {
  it('are closed whatever happens', async () => {
    await fs.write('f', Buffer.alloc(200_000));
    await fs.makeDirs('d/e');
    const failing: (() => Promise<unknown>)[] = [
      () => fs.write('no/f', 'x'),
      () => fs.write('d', 'x'),
      () => fs.write('f', 'x', { overwrite: false }),
      () => fs.write('f', 5 as never),
      () => fs.copy('f', 'd', { overwrite: true }),
      () => fs.copy('f', 'no/g'),
      () => fs.move('f', 'no/g'),
      () => fs.openRead('d'),
      () => fs.openRead('f/x'),
      () => fs.removeDir('d'),
      () => fs.listDir('f'),
    ];
    for (const attempt of failing) await expect(attempt()).rejects.toThrow();
    for await (const _ of fs.scanDir('')) break;
    for await (const _ of await fs.openRead('f')) break;
    (await fs.openRead('f', { start: 1_000_000 })).resume();
    const unread = await fs.openRead('f');
    expect(await openBelow(top)).toHaveLength(1);
    unread.destroy();
    await new Promise((resolve) => unread.once('close', resolve));
  });
});
