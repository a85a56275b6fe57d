/** What an OSFS asks of the system, and what it makes of its refusals. */

import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { symlink, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { OSFS } from '../../src/backends/disk/disk-filesystem.js';
import { PermissionDenied, ResourceNotFound } from '../../src/errors/errors.js';
import { expectError } from '../support/expect-error.js';
import { openBelow } from '../support/open-descriptors.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const O_PATH = 0o10000000;
const MODULE = '../../src/backends/disk/system-calls.js';
const actual = (await import(MODULE)) as typeof import('../../src/backends/disk/system-calls.js');

/** Directories and files that were synced. */
let synced: string[] = [];
/** Files that were closed while everybody waits. */
let closedAtOnce: string[] = [];
/** Files and directories that were opened so. */
let openedAtOnce: string[] = [];
/** Says which calls fail, and how. */
let refuse: (call: string, path: string, flags: unknown) => string | null = () => null;

function check(name: string, args: unknown[]): void {
  const path = String(args[0]).replace(/^\/proc\/self\/fd\/\d+/, (link) => readlinkSync(link));
  const code = refuse(name, path, args[1]);
  if (code !== null) throw Object.assign(new Error(`${code}: ${name} '${path}'`), { code, syscall: name });
}

function refusable<A extends unknown[], R>(name: string, call: (...args: A) => Promise<R>) {
  return async (...args: A): Promise<R> => {
    check(name, args);
    return call(...args);
  };
}

jest.unstable_mockModule(MODULE, () => ({
  ...actual,
  open: refusable('open', actual.open as (...args: unknown[]) => Promise<number>),
  closeSync: (fd: number) => {
    closedAtOnce.push(readlinkSync(`/proc/self/fd/${fd}`));
    actual.closeSync(fd);
  },
  openSync: (...args: Parameters<typeof actual.openSync>) => {
    check('open', args);
    openedAtOnce.push(String(args[0]));
    return actual.openSync(...args);
  },
  unlink: refusable('unlink', actual.unlink as (...args: unknown[]) => Promise<void>),
  fsync: async (fd: number) => {
    synced.push(readlinkSync(`/proc/self/fd/${fd}`));
    return actual.fsync(fd);
  },
}));
const disk = await import('../../src/backends/disk/disk-filesystem.js');
const { OpenDiskFile } = await import('../../src/backends/disk/open-file.js');

describe('OSFS and the system', () => {
  let root: string;
  let remove: () => Promise<void>;
  let fs: OSFS;
  beforeEach(async () => {
    ({ path: root, remove } = await temporaryDirectory());
    fs = new disk.OSFS(root);
    await fs.makeDirs('d/e/f');
    for (const path of ['d/a', 'd/b', 'd/e/c']) await fs.write(path, 'x');
    synced = [];
    closedAtOnce = [];
    openedAtOnce = [];
  });
  afterEach(async () => {
    refuse = () => null;
    await remove();
  });

  it('has the removal of a file on the disk', async () => {
    await fs.remove('d/a');
    expect(synced).toEqual([join(root, 'd')]);
  });

  it('has the removal of many on the disk with one call for each directory, and none where nothing was', async () => {
    await fs.removeMany(['d/a', 'd/b', 'd/e/c', 'd/e/missing', 'd/e/f/missing', 'missing']);
    expect(synced.sort()).toEqual([join(root, 'd'), join(root, 'd/e')]);
  });

  it('syncs nothing where that is not wanted', async () => {
    const quick = new disk.OSFS(root, { durable: false });
    await quick.remove('d/a');
    await quick.removeMany(['d/b', 'd/e/c']);
    await quick.openNamespace('new').write('f', 'x');
    expect(synced).toEqual([]);
  });

  it('has the name of a new namespace on the disk', async () => {
    await fs.openNamespace('new').write('f', 'x');
    expect(synced).toContain(root);
  });

  it('says in its own words, without a system path, that it can not look', async () => {
    refuse = (call, path) => (call === 'open' && path === join(root, 'd/e') ? 'EMFILE' : null);
    for (const attempt of [
      () => fs.moveDir('d/e', 'new', { create: true }),
      () => fs.moveDir('d', 'd/e', { create: true }),
      async () => {
        for await (const _ of fs.walk('', { search: 'depth' }));
      },
    ]) {
      const error = await attempt().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: expect.stringMatching(/^(OperationFailed|IllegalDestination)$/) });
      expect(String(error)).not.toContain(root);
    }
    const told: string[] = [];
    const seen: string[] = [];
    const walk = fs.walk('', { search: 'depth', onError: (path, { code }) => told.push(`${path} ${code}`) });
    for await (const { path } of walk) seen.push(path);
    expect(told).toEqual(['d/e OperationFailed']);
    expect(seen).toEqual(['d/a', 'd/b', 'd/e', 'd']);
  });

  describe.each(['EACCES', 'EPERM'])('to whom the system says %s', (code) => {
    const refuseAt = (place: string) => (call: string, path: string) =>
      call === 'open' && `${path}/`.startsWith(`${place}/`) ? code : null;

    it('tells nothing of what a link out of the root leads to, and shows what lies beside it', async () => {
      await symlink('../../e', join(root, 'd/link'));
      refuse = refuseAt(join(root, 'd/link'));
      for (const path of ['d/link', 'd/link/c', 'd/link/missing/c']) {
        expect(await fs.exists(path)).toBe(false);
        await expectError(fs.readText(path), ResourceNotFound, path);
        expect(await fs.servable().open(path)).toBeNull();
      }
      await expectError(fs.listDir('d/link'), ResourceNotFound, 'd/link');
      await expectError(fs.write('d/link/new', 'x'), ResourceNotFound, 'd/link/new');
      expect(await fs.listDir('d')).toEqual(['a', 'b', 'e']);
      const scanned: string[] = [];
      for await (const { name } of fs.scanDir('d')) scanned.push(name);
      expect(scanned).toEqual(['a', 'b', 'e']);
      for (const path of ['d/link', 'd/link/c'])
        expect(await fs.removeMany([path])).toEqual([{ path, result: 'missing' }]);
    });

    it.each([
      ['straight', 'e'],
      ['by way of another link', 'second/'],
      ['by its full path', ''],
    ])(
      'has what a link inside the root leads to for there, and shows what lies beside it: %s',
      async (_, text) => {
        await symlink('e', join(root, 'd/second'));
        await symlink(text === '' ? join(root, 'd/e') : text, join(root, 'd/link'));
        expect(await fs.exists('d/link/c')).toBe(true);
        refuse = refuseAt(join(root, 'd/link'));
        for (const path of ['d/link', 'd/link/c']) {
          await expectError(fs.exists(path), PermissionDenied, path);
          await expectError(fs.remove(path), PermissionDenied, path);
          const error = expect.any(PermissionDenied);
          expect(await fs.removeMany([path])).toEqual([{ path, result: 'failed', error }]);
        }
        await expectError(fs.readText('d/link/c'), PermissionDenied, 'd/link/c');
        expect(await fs.listDir('d')).toEqual(['a', 'b', 'e', 'second']);
      },
    );

    it('has a link that leads round in a circle for nothing', async () => {
      await symlink('round', join(root, 'd/link'));
      await symlink('link', join(root, 'd/round'));
      refuse = refuseAt(join(root, 'd/link'));
      expect(await fs.exists('d/link')).toBe(false);
    });

    it('says so of a directory and a file of its own, by way of a link too', async () => {
      await symlink('d', join(root, 'link'));
      for (const closed of ['d/e', 'link/e']) {
        refuse = refuseAt(join(root, closed));
        await expectError(fs.listDir(closed), PermissionDenied, closed);
        await expectError(fs.getInfo(`${closed}/c`), PermissionDenied, `${closed}/c`);
        await expectError(fs.readText(`${closed}/c`), PermissionDenied, `${closed}/c`);
        await expectError(fs.exists(`${closed}/c`), PermissionDenied, `${closed}/c`);
      }
    });

    it('says so of a file of its own that may be looked at but not read', async () => {
      refuse = (call, path, flags) =>
        call === 'open' && path === join(root, 'd/a') && (Number(flags) & O_PATH) === 0 ? code : null;
      await expectError(fs.readText('d/a'), PermissionDenied, 'd/a');
      expect((await fs.getInfo('d/a')).size).toBe(1);
    });
  });

  it('follows no link while everybody waits', async () => {
    await symlink('a', join(root, 'd/link'));
    const quick = new disk.OSFS(root, { durable: false });
    await quick.listDir('d');
    for (const path of ['d/a', 'd/link']) expect((await quick.getInfo(path)).size).toBe(1);
    expect(openedAtOnce).toEqual([join(root, 'd/a')]);
  });

  describe.each([
    ['small', 1, 'at once'],
    ['large', 9 * 1024 * 1024, 'in the thread pool, as that may free it'],
  ])('lets go of a %s file', (_, size, how) => {
    const place = () => join(root, 'd/a');
    const expected = () => (how === 'at once' ? [place()] : []);
    const closed = () => closedAtOnce.filter((path) => path === place());
    const untilClosed = async (): Promise<void> => {
      while ((await openBelow(place())).length > 0) await new Promise((resolve) => setImmediate(resolve));
    };
    beforeEach(() => truncate(place(), size));

    it(`that was read, ${how}`, async () => {
      const body = await fs.openRead('d/a');
      body.destroy();
      await once(body, 'close');
      expect(await openBelow(place())).toEqual([]);
      expect(closed()).toEqual(expected());
    });

    it(`of which nothing was to be read, ${how}`, async () => {
      await fs.openRead('d/a', { start: size });
      await untilClosed();
      expect(closed()).toEqual(expected());
    });

    it(`that was served, ${how}`, async () => {
      const file = new OpenDiskFile(
        { fd: await actual.open(place(), 'r'), stats: await actual.stat(place()) },
        'd/a',
      );
      file.close();
      await untilClosed();
      expect(closed()).toEqual(expected());
    });

    it(`that was copied, ${how}`, async () => {
      await fs.copy('d/a', 'copied');
      await untilClosed();
      expect(closed().slice(-1)).toEqual(expected());
    });
  });

  it('sweeps past what it can not remove', async () => {
    const stage = async () => (await fs.stage('x', 'staged')).synced;
    await Promise.all([stage(), stage()]);
    const tmp = join(root, '.mayfly/tmp');
    const [stuck = '', gone = ''] = (await actual.readdir(tmp)) as string[];
    // As if by a writer of whom nothing is known.
    for (const name of [stuck, gone]) {
      await actual.rename(join(tmp, name), join(tmp, `unknown-${name}`));
    }
    refuse = (call, path) => (call === 'unlink' && path.endsWith(stuck) ? 'EPERM' : null);
    expect(await fs.sweepStaged(new Date(Date.now() + 1000))).toBe(1);
    expect(await actual.readdir(tmp)).toEqual([`unknown-${stuck}`]);
  });
});
