import { beforeEach, describe, expect, it } from '@jest/globals';
import { OSFS } from '../../src/backends/disk/disk-filesystem.js';
import { MemoryFS } from '../../src/backends/memory/memory-filesystem.js';
import { MountFS } from '../../src/composed/mount-filesystem.js';
import {
  DestinationExists,
  DirectoryExists,
  DirectoryNotEmpty,
  FileExpected,
  IllegalDestination,
  OperationFailed,
  RemoteConnectionError,
  RemoveRootError,
  ResourceNotFound,
  Unsupported,
} from '../../src/errors/errors.js';
import type { RemoveManyOptions, RemoveOutcome } from '../../src/fs/staged-file.js';
import { ReadOnlyFS } from '../../src/fs/wrappers/read-only.js';
import { createMayfly } from '../../src/mayfly.js';
import { describeFilesystem } from '../conformance/filesystem.js';
import { expectError } from '../support/expect-error.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

describeFilesystem('a MountFS with no mount', async () => ({ fs: new MountFS() }));

describeFilesystem('a MountFS over a mount at its root', async () => {
  const { path, remove } = await temporaryDirectory();
  const fs = new MountFS();
  fs.mount('', new OSFS(path, { durable: false }));
  return { fs, cleanup: remove };
});

describeFilesystem('a mount point of a MountFS', async () => {
  const fs = new MountFS();
  fs.mount('some/where', new MemoryFS());
  await fs.write('some/canary', 'not to be seen');
  return { fs: await fs.openDir('some/where') };
});

describe('MountFS, when it is closed', () => {
  it('closes what is mounted, also what can not be closed well beside it', async () => {
    class Stuck extends MemoryFS {
      override async close(): Promise<void> {
        throw new OperationFailed('');
      }
    }
    const [all, a, b] = [new MountFS(), new MemoryFS(), new MemoryFS()];
    all.mount('a', a);
    all.mount('again', a);
    all.mount('stuck', new Stuck());
    all.mount('b', b);
    await expectError(all.close(), OperationFailed);
    expect([all.isClosed(), a.isClosed(), b.isClosed()]).toEqual([true, true, true]);
    await all.close();
  });

  it('closes the others where one throws at once, and tells the first error', async () => {
    class Abrupt extends MemoryFS {
      override close(): Promise<void> {
        throw new Unsupported('');
      }
    }
    class Stuck extends MemoryFS {
      override async close(): Promise<void> {
        throw new OperationFailed('');
      }
    }
    const [all, last] = [new MountFS(), new MemoryFS()];
    for (const [path, fs] of Object.entries({ stuck: new Stuck(), abrupt: new Abrupt(), last })) {
      all.mount(path, fs);
    }
    await expectError(all.close(), OperationFailed);
    expect(last.isClosed()).toBe(true);
  });

  it('leaves it open where it is told to', async () => {
    const [all, a] = [new MountFS({ autoClose: false }), new MemoryFS()];
    all.mount('a', a);
    await all.close();
    expect([all.isClosed(), a.isClosed()]).toEqual([true, false]);
  });

  it('is told so by true or false', () => {
    expect(() => new MountFS({ autoClose: 0 as never })).toThrow(TypeError);
  });
});

describe('MountFS', () => {
  let all: MountFS;
  let a: MemoryFS;
  let deep: MemoryFS;
  beforeEach(async () => {
    all = new MountFS();
    a = new MemoryFS();
    deep = new MemoryFS();
    all.mount('a', a);
    all.mount('a/b/deep', deep);
    await a.write('f', 'in a');
    await deep.write('f', 'in deep');
  });

  const walk = async (): Promise<string[]> => {
    const paths: string[] = [];
    for await (const { path } of all.walk()) paths.push(path);
    return paths.sort();
  };

  it('gives a path to the mount with the longest prefix', async () => {
    expect([await all.readText('a/f'), await all.readText('a/b/deep/f')]).toEqual(['in a', 'in deep']);
    await all.write('a/b/deep/g', '');
    await all.write('rest', '');
    expect([await deep.listDir(''), await a.listDir('')]).toEqual([['f', 'g'], ['f']]);
    expect(await all.listDir('')).toEqual(['a', 'rest']);
  });

  it('shows mount points, and the directories that lead to them', async () => {
    expect(await walk()).toEqual(['a', 'a/b', 'a/b/deep', 'a/b/deep/f', 'a/f']);
    expect(await all.getInfo('a/b')).toMatchObject({ name: 'b', path: 'a/b', isDir: true });
    expect(await all.getInfo('a/b/deep')).toMatchObject({ name: 'deep', path: 'a/b/deep', isDir: true });
    await a.write('a-file-before', '');
    await a.write('z', '');
    expect(await all.listDir('a')).toEqual(['a-file-before', 'b', 'f', 'z']);
  });

  it('writes beside a mount point, in a directory that only leads to it', async () => {
    await all.write('a/b/beside', 'x');
    expect(await a.readText('b/beside')).toBe('x');
    await all.copy('a/f', 'a/b/copied');
    expect(await all.listDir('a/b')).toEqual(['beside', 'copied', 'deep']);
  });

  it('copies and moves across mounts', async () => {
    await all.copy('a/f', 'a/b/deep/copied');
    await all.move('a/b/deep/f', 'moved');
    await expectError(all.copy('a/f', 'moved'), DestinationExists, 'moved');
    expect([await deep.listDir(''), await all.readText('moved')]).toEqual([['copied'], 'in deep']);
    await a.makeDirs('dir/empty');
    await a.write('dir/g', 'g');
    await all.copyDir('a/dir', 'a/b/deep/dir', { create: true });
    await all.moveDir('a/dir', 'dir', { create: true });
    expect([await a.listDir(''), await deep.listDir('dir'), await all.listDir('dir')]).toEqual([
      ['f'],
      ['empty', 'g'],
      ['empty', 'g'],
    ]);
  });

  it('copies a tree with a mount in it', async () => {
    await all.copyDir('a', 'copy', { create: true });
    expect(await all.readText('copy/b/deep/f')).toBe('in deep');
  });

  it('does not remove mount points, nor what is in them by way of a tree', async () => {
    await expectError(all.removeDir('a/b/deep'), RemoveRootError, 'a/b/deep');
    await expect(all.removeTree('a/b')).rejects.toThrow('mounted at or below "a/b"');
    await expectError(all.removeDir('a/b'), DirectoryNotEmpty, 'a/b');
    for (const path of ['', 'a', 'a/b', 'a/b/deep']) await expectError(all.removeTree(path), RemoveRootError);
    await expectError(all.moveDir('a', 'elsewhere', { create: true }), RemoveRootError);
    await expectError(all.remove('a/b'), FileExpected, 'a/b');
    await expectError(all.write('a', 'x'), FileExpected, 'a');
    await expectError(all.write('a/b', 'x'), FileExpected, 'a/b');
    expect(await walk()).toEqual(['a', 'a/b', 'a/b/deep', 'a/b/deep/f', 'a/f'].sort());
  });

  it('tells paths as its caller knows them', async () => {
    await expectError(all.readText('a/b/deep/x'), ResourceNotFound, 'a/b/deep/x');
    await expectError(all.listDir('a/x'), ResourceNotFound, 'a/x');
    expect(await all.write('a/b/deep/new', 'x')).toMatchObject({ path: 'a/b/deep/new', name: 'new' });
  });

  it('publishes what was staged in the same mount, and refuses another', async () => {
    const staged = await all.stage('a/x', 'x');
    await expectError(staged.publish('a/b/deep/x'), Unsupported, 'a/b/deep/x');
    await staged.publish('a/y');
    expect(await a.readText('y')).toBe('x');
  });

  it('mounts once at a path, and never itself', () => {
    expect(() => all.mount('/a/', new MemoryFS())).toThrow(DirectoryExists);
    expect(() => all.mount('self', all)).toThrow(TypeError);
    expect(() => all.mount('x', {} as never)).toThrow(TypeError);
    expect(() => all.mount('../x', a)).toThrow(/climbs/);
  });

  it('promises only what all of it can keep', () => {
    expect(all.getMeta()).toMatchObject({ contentType: true, atomicRename: false, readOnly: false });
    all.mount('r', new ReadOnlyFS(new MemoryFS()));
    expect(all.getMeta().readOnly).toBe(false);
  });

  it('takes one filesystem that is mounted twice, and mounts that overlap, for what they are', async () => {
    await a.makeDirs('d/e');
    await a.write('d/x', 'precious');
    all.mount('again', a);
    all.mount('inside', await a.openDir('d'));
    await all.move('a/d/x', 'again/d/x', { overwrite: true });
    await all.move('a/d/x', 'inside/x', { overwrite: true });
    await all.move('inside/x', 'again/d/x', { overwrite: true });
    await all.moveDir('a/d', 'again/d');
    await all.moveDir('again/d', 'inside');
    expect(await a.readText('d/x')).toBe('precious');
    await expectError(all.copy('a/d/x', 'inside/x', { overwrite: true }), IllegalDestination, 'inside/x');
    await expectError(all.copyDir('a/d', 'inside/e/n', { create: true }), IllegalDestination);
    await expectError(all.move('again/f', 'a/d/x'), DestinationExists, 'a/d/x');
    await expectError(all.move('again/missing', 'a/y'), ResourceNotFound, 'again/missing');
    await all.move('again/f', 'inside/moved');
    expect([await a.exists('f'), await a.readText('d/moved')]).toEqual([false, 'in a']);
  });

  it('removes many with one call for each mount', async () => {
    class Counting extends MemoryFS {
      calls: (readonly string[])[] = [];
      override removeMany(paths: readonly string[], options?: RemoveManyOptions): Promise<RemoveOutcome[]> {
        this.calls.push(paths);
        return super.removeMany(paths, options);
      }
    }
    const counting = new Counting();
    const failing = new MemoryFS();
    all.mount('c', counting);
    all.mount('closed', failing);
    await failing.close();
    for (const name of ['1', '2', '3']) await counting.write(name, '');
    const paths = ['c/1', 'a/f', 'c/2', 'a/b', 'c', 'closed/x', 'a/b/deep/f', 'c/missing', 'c/3'];
    const outcomes = await all.removeMany(paths);
    expect(counting.calls).toEqual([['1', '2', '', 'missing', '3']]);
    expect(outcomes.map(({ path }) => path)).toEqual(paths);
    expect(outcomes.map(({ result, error }) => error?.name ?? result)).toEqual([
      'removed',
      'removed',
      'removed',
      'FileExpected',
      'FileExpected',
      'FilesystemClosed',
      'removed',
      'missing',
      'removed',
    ]);
  });

  it('knows by which storages it is made', async () => {
    expect(await all.identify({ create: true })).toBe(null);
    const { path, remove } = await temporaryDirectory();
    const disk = new OSFS(path, { durable: false });
    all.mount('disk', disk);
    await expectError(all.identify(), RemoteConnectionError);
    const identity = await all.identify({ create: true });
    expect(identity).toContain(await disk.identify());
    expect(await all.identify()).toBe(identity);
    await remove();
    await expectError(all.identify(), RemoteConnectionError);
  });

  it('moves from one namespace of a mayfly to another with the deadline', async () => {
    const { path, remove } = await temporaryDirectory();
    const mayfly = createMayfly({
      storage: { type: 'osfs', directoryRoot: path, urlRoot: '/f' },
      expirations: { type: 'sqlite', path: `${path}/expirations.db` },
      purge: false,
    });
    const [from, to] = [mayfly.getFilesystem('from'), mayfly.getFilesystem('to')];
    all.mount('from', from);
    all.mount('to', to);
    await from.write('f', 'x', { days: 1 });
    await from.write('g', 'y', { days: 2 });
    const [first, second] = [await from.getExpiration('f'), await from.getExpiration('g')];
    await all.move('from/f', 'to/f');
    expect(await to.getExpiration('f')).toEqual(first);
    await expectError(all.move('from/g', 'to/f'), DestinationExists, 'to/f');
    expect(await all.moveInto(to, 'from/g', 'g')).toBe(true);
    expect(await to.getExpiration('g')).toEqual(second);
    await mayfly.close();
    await remove();
  });
});
