import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryFS } from '../../src/backends/memory/memory-filesystem.js';
import { MountFS } from '../../src/composed/mount-filesystem.js';
import {
  DestinationExists,
  DirectoryExpected,
  FileExpected,
  IllegalDestination,
  ResourceNotFound,
} from '../../src/errors/errors.js';
import type { Filesystem, ReadOptions } from '../../src/index.js';
import { copyFile, moveFile } from '../../src/index.js';
import type { Mayfly } from '../../src/mayfly.js';
import { createMayfly } from '../../src/mayfly.js';
import { expectError } from '../support/expect-error.js';

function mayflyOver(filesystem: Filesystem): Mayfly {
  return createMayfly({ storage: { filesystem, urlRoot: '/f' }, purge: false });
}

function mounted(mounts: Readonly<Record<string, Filesystem>>): MountFS {
  const all = new MountFS();
  for (const [path, fs] of Object.entries(mounts)) all.mount(path, fs);
  return all;
}

/** Long enough for a transfer in memory to have come to its end. */
const TURNS = 60;

type Pair = readonly [Filesystem, Filesystem];
const PAIRS: [string, (mayfly: Mayfly) => Promise<Pair>][] = [
  ['two namespaces', async (mayfly) => [mayfly.getFilesystem('a'), mayfly.getFilesystem('b')]],
  [
    'a namespace and a directory of it',
    async (mayfly) => {
      const a = mayfly.getFilesystem('a');
      await a.makeDir('d');
      return [a, await a.openDir('d')];
    },
  ],
  ['two filesystems', async () => [new MemoryFS(), new MemoryFS()]],
];
describe.each(PAIRS)('what is written while a file is brought from one mount to another: %s', (_, open) => {
  let mayfly: Mayfly;
  let a: Filesystem;
  let b: Filesystem;
  beforeEach(async () => {
    mayfly = mayflyOver(new MemoryFS());
    [a, b] = await open(mayfly);
  });
  afterEach(() => mayfly.close());

  const transfers: [string, () => Promise<unknown>][] = [
    ['move', () => mounted({ a, b }).move('a/x', 'b/x')],
    ['copy', () => mounted({ a, b }).copy('a/x', 'b/x')],
    [
      'copyFile',
      async () => {
        const options = { condition: 'not-exists' } as const;
        if (!(await copyFile(a, 'x', b, 'x', options))) throw new DestinationExists('x');
      },
    ],
  ];
  it.each(transfers)('is not replaced, whenever it comes (%s)', async (method, transfer) => {
    for (let turns = 0; turns < TURNS; turns++) {
      await a.write('x', 'brought');
      await b.remove('x').catch(() => undefined);
      const write = async (): Promise<void> => {
        for (let turn = 0; turn < turns; turn++) await null;
        await b.write('x', 'written', { overwrite: false });
      };
      const [brought, written] = await Promise.allSettled([transfer(), write()]);
      const isBrought = brought.status === 'fulfilled';
      expect({ turns, isBrought }).toEqual({ turns, isBrought: written.status === 'rejected' });
      if (brought.status === 'rejected') expect(brought.reason).toBeInstanceOf(DestinationExists);
      expect(await b.readText('x')).toBe(isBrought ? 'brought' : 'written');
      expect(await a.exists('x')).toBe(!isBrought || method !== 'move');
    }
  });
});

describe('moving from one namespace to another', () => {
  it('does not replace what arrives beside mayfly, and keeps the file and both deadlines', async () => {
    /** Somebody else writes to the storage once a file is being read. */
    class ArrivingFS extends MemoryFS {
      override async openRead(path: string, options?: ReadOptions): Promise<Readable> {
        if (path === 'a/x') await this.write('b/x', 'theirs');
        return super.openRead(path, options);
      }
    }
    const mayfly = mayflyOver(new ArrivingFS());
    const [a, b] = [mayfly.getFilesystem('a'), mayfly.getFilesystem('b')];
    await a.write('x', 'ours', { days: 1 });
    await b.makeDirs('');
    const deadline = await a.getExpiration('x');
    await expectError(mounted({ a, b }).move('a/x', 'b/x'), DestinationExists, 'b/x');
    expect(await b.readText('x')).toBe('theirs');
    expect([await a.exists('x'), await a.getExpiration('x')]).toEqual([true, deadline]);
    expect(await b.getExpiration('x')).toBe(null);
    await mayfly.close();
  });

  it.each(['b', 'a'])('replaces a file only when told (to %s)', async (namespace) => {
    const mayfly = mayflyOver(new MemoryFS());
    const [from, to] = [mayfly.getFilesystem('a'), mayfly.getFilesystem(namespace)];
    await from.write('x', 'ours');
    await to.write('y', 'theirs');
    await to.makeDir('d');
    await expectError(from.moveInto(to, 'x', 'y'), DestinationExists, 'y');
    await expectError(from.moveInto(to, 'x', 'd'), DestinationExists, 'd');
    await expectError(from.moveInto(to, 'x', 'd', { overwrite: true }), FileExpected, 'd');
    expect([await from.readText('x'), await to.readText('y')]).toEqual(['ours', 'theirs']);
    expect(await from.moveInto(to, 'x', 'y', { overwrite: true })).toBe(true);
    expect([await from.exists('x'), await to.readText('y')]).toEqual([false, 'ours']);
    await mayfly.close();
  });

  it('leaves a file that is moved to where it is its deadline', async () => {
    const mayfly = mayflyOver(new MemoryFS());
    const [from, to] = [mayfly.getFilesystem('a'), await mayfly.getFilesystem('a').openDir('')];
    await from.write('x', 'ours', { seconds: 50 });
    const deadline = await from.getExpiration('x');
    expect(await from.moveInto(to, 'x', 'x', { overwrite: true })).toBe(true);
    await expectError(from.moveInto(to, 'x', 'x'), DestinationExists, 'x');
    await expect(from.moveInto(to, 'x', 'y', null as never)).rejects.toThrow(TypeError);
    expect([await from.readText('x'), await from.getExpiration('x')]).toEqual(['ours', deadline]);
    await mayfly.close();
  });
});

describe('an error of a transfer', () => {
  it('tells the destination where it has the same path in its mount as the source has in its', async () => {
    const mayfly = mayflyOver(new MemoryFS());
    const [a, b] = [mayfly.getFilesystem('a'), mayfly.getFilesystem('b')];
    for (const fs of [a, b]) await fs.write('x', '');
    const all = mounted({ a, b, again: a });
    await expectError(all.move('a/x', 'b/x'), DestinationExists, 'b/x');
    await expectError(all.copy('a/x', 'b/x'), DestinationExists, 'b/x');
    await expectError(all.move('a/x', 'again/x'), DestinationExists, 'again/x');
    await expectError(all.copy('a/x', 'again/x', { overwrite: true }), IllegalDestination, 'again/x');
    await expectError(all.move('a/no', 'b/no'), ResourceNotFound, 'a/no');
    await expectError(all.move('a/no', 'again/no'), ResourceNotFound, 'a/no');
    await expectError(all.moveInto(b, 'a/x', 'x'), DestinationExists, 'x');
    await expectError(all.moveInto(b, 'a/no', 'no'), ResourceNotFound, 'a/no');
    await mayfly.close();
  });

  it('tells the destination where the source is the root of its mount, or above it', async () => {
    const a = new MemoryFS();
    await a.makeDirs('d/e');
    await a.write('d/f', '');
    const all = mounted({ a, again: a });
    await expectError(all.copy('a', 'again/d/f'), DestinationExists, 'again/d/f');
    await expectError(all.copy('a', 'again/d/f', { overwrite: true }), FileExpected, 'a');
    await expectError(all.copy('a/d', 'again/d/e', { overwrite: true }), FileExpected, 'again/d/e');
    await expectError(all.copyDir('a', 'again/d'), IllegalDestination, 'again/d');
    await expectError(all.move('a/d/f', 'again/d', { overwrite: true }), FileExpected, 'again/d');
    await expectError(all.move('a/d/no', 'again/d/no/no'), ResourceNotFound, 'a/d/no');
  });

  it('tells the destination where that is below a file with the path of the source', async () => {
    const mayfly = mayflyOver(new MemoryFS());
    const pairs = [
      [mayfly.getFilesystem('a'), mayfly.getFilesystem('b')],
      [new MemoryFS(), new MemoryFS()],
    ] as const;
    for (const [a, b] of pairs) {
      for (const fs of [a, b]) await fs.write('x', '');
      const all = mounted({ a, b, again: a });
      for (const to of ['b', 'again']) {
        await expectError(all.move('a/x', `${to}/x/y`), DirectoryExpected, `${to}/x`);
        await expectError(all.copy('a/x', `${to}/x/y`), DirectoryExpected, `${to}/x`);
      }
      await expectError(moveFile(all, 'a/x', b, 'x/y'), DirectoryExpected, 'x');
      await expectError(all.moveDir('a/x', 'again/x'), DirectoryExpected, 'a/x');
    }
    await mayfly.close();
  });

  it('tells the destination by its own path, also where a directory or a mount has the source at the same', async () => {
    const mayfly = mayflyOver(new MemoryFS());
    const [one, two] = [mayfly.getFilesystem('one'), mayfly.getFilesystem('two')];
    await one.write('f', '');
    await one.makeDir('d');
    for (const path of ['a/f', 'f']) await two.makeDirs(path);
    const all = mounted({ a: one });
    const sub = await all.openDir('a');
    for (const path of ['a/f', 'f']) {
      await expectError(moveFile(all, 'a/f', two, path), FileExpected, path);
      await expectError(moveFile(sub, 'f', two, path), FileExpected, path);
      await expectError(sub.moveInto(two, 'f', path), DestinationExists, path);
    }
    for (const path of ['a/no', 'no']) {
      await expectError(sub.moveInto(two, 'no', path), ResourceNotFound, 'no');
    }
    for (const path of ['a/d', 'd']) {
      await expectError(sub.moveInto(two, 'd', path), FileExpected, 'd');
    }
    await mayfly.close();
  });
});
