/** What is there of a write or a move on disk that the system refused: nothing new. */
import { constants, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { OSFS } from '../../src/backends/disk/disk-filesystem.js';
import { OperationFailed, PermissionDenied } from '../../src/errors/errors.js';
import { expectError, rejectionOf } from '../support/expect-error.js';
import { openBelow } from '../support/open-descriptors.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const MODULE = '../../src/backends/disk/system-calls.js';
const actual = (await import(MODULE)) as typeof import('../../src/backends/disk/system-calls.js');

/** Says which calls fail, and how. */
let refuse: (call: string, path: string, flags: unknown) => string | null = () => null;

/** Pass a call on, unless it is refused. @param place which of its arguments is the path, or a descriptor */
function refusable<A extends unknown[], R>(name: string, call: (...args: A) => Promise<R>, place = 0) {
  return async (...args: A): Promise<R> => {
    const where = typeof args[place] === 'number' ? `/proc/self/fd/${args[place]}` : String(args[place]);
    const path = where.replace(/^\/proc\/self\/fd\/\d+/, (link) => readlinkSync(link));
    const code = refuse(name, path, args[1]);
    if (code !== null) throw Object.assign(new Error(`${code}: ${name} '${path}'`), { code, syscall: name });
    return call(...args);
  };
}

jest.unstable_mockModule(MODULE, () => ({
  ...actual,
  open: refusable('open', actual.open as (...args: unknown[]) => Promise<number>),
  fsync: refusable('fsync', actual.fsync),
  link: refusable('link', actual.link as (...args: unknown[]) => Promise<void>),
  rename: refusable('rename', actual.rename as (...args: unknown[]) => Promise<void>, 1),
  unlink: refusable('unlink', actual.unlink as (...args: unknown[]) => Promise<void>),
}));
const disk = await import('../../src/backends/disk/disk-filesystem.js');

/** Whether a directory is opened to be synced. */
function isForSync(call: string, flags: unknown): boolean {
  return call === 'open' && flags === (constants.O_RDONLY | constants.O_DIRECTORY);
}

/** As another program would. */
function replaceByOthers(systemPath: string): void {
  rmSync(systemPath);
  writeFileSync(systemPath, 'of others');
}

let root: string;
let remove: () => Promise<void>;
let fs: OSFS;

beforeEach(async () => {
  ({ path: root, remove } = await temporaryDirectory());
  fs = new disk.OSFS(root);
  await fs.makeDirs('d/e');
  for (const path of ['d/a', 'd/e/c']) await fs.write(path, 'x');
});

afterEach(async () => {
  refuse = () => null;
  await remove();
});

/** Paths of all that is visible. */
async function visible(): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of fs.walk('')) paths.push(path);
  return paths.sort();
}

const AS_BEFORE = ['d', 'd/a', 'd/e', 'd/e/c'];

describe('without a descriptor to sync a directory by', () => {
  async function attempt(work: () => Promise<unknown>): Promise<void> {
    refuse = (call, _, flags) => (isForSync(call, flags) ? 'EMFILE' : null);
    await expectError(work(), OperationFailed);
    refuse = () => null;
  }

  it.each([true, false])('a write leaves nothing visible, overwrite %s', async (overwrite) => {
    await attempt(() => fs.write('d/new', 'other', { overwrite }));
    expect(await visible()).toEqual(AS_BEFORE);
  });

  it('a write leaves the file that it would have replaced', async () => {
    await attempt(() => fs.write('d/a', 'other'));
    expect(await fs.readText('d/a')).toBe('x');
  });

  it.each([true, false])('a move leaves the file where it is, overwrite %s', async (overwrite) => {
    await attempt(() => fs.move('d/a', 'd/e/new', { overwrite }));
    expect(await visible()).toEqual(AS_BEFORE);
  });

  it('a move leaves the directory where it is', async () => {
    await attempt(() => fs.moveDir('d/e', 'new', { create: true }));
    expect(await visible()).toEqual(AS_BEFORE);
  });

  it('a move closes that of the other directory', async () => {
    const isSecond = (path: string): boolean => path === join(root, 'd/e');
    refuse = (call, path, flags) => (isForSync(call, flags) && isSecond(path) ? 'EMFILE' : null);
    await rejectionOf(fs.move('d/a', 'd/e/new'));
    expect(await openBelow(root)).toEqual([]);
  });
});

describe('when a directory can not be synced', () => {
  const refuseSync = (call: string, path: string): string | null =>
    call === 'fsync' && path === join(root, 'd') ? 'EIO' : null;

  it('a file that replaces nothing is taken back', async () => {
    refuse = refuseSync;
    await expectError(fs.write('d/new', 'mine', { overwrite: false }), OperationFailed, 'd/new');
    expect(await visible()).toEqual(AS_BEFORE);
  });

  it('what has come in its place is not', async () => {
    refuse = (call, path) => {
      const code = refuseSync(call, path);
      if (code !== null) replaceByOthers(join(root, 'd/new'));
      return code;
    };
    await expectError(fs.write('d/new', 'mine', { overwrite: false }), OperationFailed, 'd/new');
    expect(await fs.readText('d/new')).toBe('of others');
  });
});

describe('when the old name of a file that is moved can not be removed', () => {
  const refuseRemoval = (call: string, path: string): string | null =>
    call === 'unlink' && path === join(root, 'd/a') ? 'EACCES' : null;

  it('the file is at the new one no more, so that it can be tried again', async () => {
    refuse = refuseRemoval;
    await expectError(fs.move('d/a', 'd/e/new'), PermissionDenied);
    expect(await visible()).toEqual(AS_BEFORE);
    refuse = () => null;
    await fs.move('d/a', 'd/e/new');
    expect(await visible()).toEqual(['d', 'd/e', 'd/e/c', 'd/e/new']);
  });

  it('what has come to the new one meanwhile stays', async () => {
    refuse = (call, path) => {
      const code = refuseRemoval(call, path);
      if (code !== null) replaceByOthers(join(root, 'd/e/new'));
      return code;
    };
    await expectError(fs.move('d/a', 'd/e/new'), PermissionDenied);
    expect([await fs.readText('d/a'), await fs.readText('d/e/new')]).toEqual(['x', 'of others']);
  });

  it.each([
    ['EIO', (move: Promise<void>) => rejectionOf(move)],
    ['ENOENT', (move: Promise<void>) => move],
  ])('but is gone all the same, the file stays at the new one: %s', async (answer, ended) => {
    refuse = (call, path) => {
      if (refuseRemoval(call, path) === null) return null;
      rmSync(path);
      return answer;
    };
    await ended(fs.move('d/a', 'd/e/new'));
    expect(await fs.readText('d/e/new')).toBe('x');
  });
});

it('a write whose staged file can not be removed leaves nothing visible', async () => {
  refuse = (call, path) => (call === 'unlink' && path.startsWith(join(root, '.mayfly')) ? 'EACCES' : null);
  await expectError(fs.write('d/new', 'mine', { overwrite: false }), PermissionDenied);
  expect(await visible()).toEqual(AS_BEFORE);
});

describe('without hard links, a rename that is refused', () => {
  const write = () => fs.write('d/new', 'mine', { overwrite: false });
  const refuseLinks = (call: string, path: string): string | null => {
    if (call === 'link') return 'EPERM';
    return call === 'rename' && path === join(root, 'd/new') ? 'EIO' : null;
  };

  it('leaves nothing visible', async () => {
    refuse = refuseLinks;
    await expectError(write(), OperationFailed);
    expect(await visible()).toEqual(AS_BEFORE);
  });

  it('leaves what has come in its place', async () => {
    refuse = (call, path) => {
      const code = refuseLinks(call, path);
      if (code === 'EIO') replaceByOthers(path);
      return code;
    };
    await expectError(write(), OperationFailed);
    expect(await fs.readText('d/new')).toBe('of others');
  });
});
