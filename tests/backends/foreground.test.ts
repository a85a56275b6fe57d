import { constants } from 'node:fs';
import { mkdir, rename, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { callsIn } from '../../src/backends/disk/changing-calls.js';
import { Foreground } from '../../src/backends/disk/foreground.js';
import { pinDirectoryAnywhere } from '../../src/backends/disk/pin.js';
import { foregroundAt } from '../support/foreground.js';
import { openBelow } from '../support/open-descriptors.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const MIB = 1024 * 1024;

let root: string;
let remove: () => Promise<void>;
let foreground: Foreground;

beforeEach(async () => {
  ({ path: root, remove } = await temporaryDirectory());
  foreground = await foregroundAt(root, true);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await remove();
});

/** A clock of `performance.now()` that stands still but for what is told. */
function stopClock(): { advance(ms: number): void } {
  let now = 1000;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  return {
    advance: (ms) => {
      now += ms;
    },
  };
}

describe('Foreground', () => {
  it('is closed until a device is admitted', () => {
    const closed = new Foreground(true);
    expect([closed.isLocal, closed.isOpen]).toEqual([false, false]);
    closed.admit(1);
    expect([closed.isLocal, closed.isOpen]).toEqual([true, true]);
  });

  it('knows the directories that were met, and none on another device', async () => {
    const stats = await stat(root);
    expect(foreground.knows('/a')).toBe(false);
    expect(foreground.meet('/a', stats)).toBe(true);
    expect(foreground.knows('/a')).toBe(true);
    expect(foreground.meet('/b', Object.assign(Object.create(stats), { dev: stats.dev + 1 }))).toBe(false);
    expect(foreground.knows('/b')).toBe(false);
    foreground.forget('/a');
    expect(foreground.knows('/a')).toBe(false);
  });

  it('forgets the directory met first when there are too many', async () => {
    const stats = await stat(root);
    for (let i = 0; i < 1000; i++) foreground.meet(`/${i}`, stats);
    foreground.meet('/0', stats);
    foreground.meet('/1000', stats);
    expect(['/0', '/1', '/2', '/1000'].map((path) => foreground.knows(path))).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });

  it('is open for changes only where they need not be durable', () => {
    const quick = new Foreground(false);
    expect(quick.isOpenForChanges).toBe(false);
    quick.admit(1);
    expect([quick.isOpenForChanges, foreground.isOpenForChanges]).toEqual([true, false]);
  });

  it('takes the disk for slow for a while after several slow looks among few', () => {
    const clock = stopClock();
    const slow = (): void => foreground.ask(() => clock.advance(101));
    slow();
    slow();
    expect(foreground.isFast).toBe(true);
    slow();
    expect(foreground.isFast).toBe(false);
    clock.advance(5000);
    expect(foreground.isFast).toBe(true);
  });

  it('minds no slow look that many fast ones make up for, and counts one that fails', () => {
    const clock = stopClock();
    const slow = (): void => {
      const look = (): never => {
        clock.advance(101);
        throw new Error('gone');
      };
      expect(() => foreground.ask(look)).toThrow('gone');
    };
    for (let i = 0; i < 10; i++) {
      slow();
      for (let fast = 0; fast < 25; fast++) foreground.ask(() => undefined);
    }
    expect(foreground.isFast).toBe(true);
    for (let i = 0; i < 3; i++) slow();
    expect(foreground.isFast).toBe(false);
  });
});

/** The event loop has turned. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Foreground, in one turn of the event loop', () => {
  it('is closed once some ms were spent, until the loop has turned', async () => {
    const clock = stopClock();
    const quick = await foregroundAt(root, false);
    quick.meet('/a', await stat(root));
    const open = (): boolean[] => [quick.isOpen, quick.isOpenForChanges, quick.knows('/a')];
    for (let round = 0; round < 3; round++) {
      for (let ms = 0; ms < 5; ms++) {
        expect(open()).toEqual([true, true, true]);
        quick.ask(() => clock.advance(1));
      }
      expect(open()).toEqual([false, false, false]);
      quick.ask(() => clock.advance(20)); // By who has a request of its own.
      expect(open()).toEqual([false, false, false]);
      await turn();
    }
  });

  it('stays so to who asks for a fast disk only', async () => {
    const clock = stopClock();
    foreground.ask(() => clock.advance(6));
    expect([foreground.isFast, foreground.isOpen]).toEqual([true, false]);
    await turn();
  });
});

describe('a pin of a directory that was met', () => {
  it('is of what lies there now', async () => {
    const directory = join(root, 'd');
    await mkdir(directory);
    const first = await pinDirectoryAnywhere(directory, foreground);
    expect([first.isNear, first.real]).toEqual([true, directory]);
    first.close();
    expect(foreground.knows(directory)).toBe(true);

    await rename(directory, join(root, 'other'));
    await symlink('other', directory);
    const second = await pinDirectoryAnywhere(directory, foreground);
    expect([second.isNear, second.real]).toEqual([false, join(root, 'other')]);
    expect(foreground.knows(directory)).toBe(false);
    second.close();

    await rm(directory);
    foreground.meet(directory, await stat(root));
    await expect(pinDirectoryAnywhere(directory, foreground)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(foreground.knows(directory)).toBe(false);
    expect(await openBelow(root)).toEqual([]);
  });
});

describe('a pin of a directory by way of a link', () => {
  it.each(['link', 'above/d'])('is never near: %s', async (path) => {
    await mkdir(join(root, 'd'));
    await symlink('d', join(root, 'link'));
    await symlink('.', join(root, 'above'));
    for (let i = 0; i < 2; i++) {
      const pin = await pinDirectoryAnywhere(join(root, path), foreground);
      expect([pin.isNear, pin.real]).toEqual([false, join(root, 'd')]);
      expect(foreground.knows(join(root, path))).toBe(false);
      pin.close();
    }
  });
});

describe('what changes a near directory', () => {
  it('is done at once, and in the thread pool as soon as the disk was slow, also for who has begun', async () => {
    const quick = await foregroundAt(root, false);
    const pin = await pinDirectoryAnywhere(root, quick);
    const calls = callsIn(pin, quick);
    const flags = constants.O_WRONLY | constants.O_CREAT;
    const first = calls.open(join(root, 'a'), flags, 0o666);
    expect(typeof first).toBe('number');
    calls.close(await first);
    const clock = stopClock();
    for (let i = 0; i < 3; i++) quick.ask(() => clock.advance(101));
    const second = calls.open(join(root, 'b'), flags, 0o666);
    expect(typeof second).toBe('object');
    calls.close(await second);
    pin.close();
    expect(await openBelow(root)).toEqual([]);
  });

  it.each([
    ['a small file over a small one', 10, 20, 'at once'],
    ['a small file to where nothing is', 10, null, 'at once'],
    ['a small file over a large one, which it frees', 10, 9 * MIB, 'in the pool'],
    ['a large file, whose bytes may have to go to the disk first', 9 * MIB, 20, 'in the pool'],
  ])('brings %s', async (_, size, sizeBefore, how) => {
    const quick = await foregroundAt(root, false);
    const [from, to] = [join(root, 'new'), join(root, 'old')];
    await sparseFile(from, size);
    if (sizeBefore !== null) await sparseFile(to, sizeBefore);
    const pin = await pinDirectoryAnywhere(root, quick);
    const renaming = callsIn(pin, quick).rename(from, to);
    expect(typeof renaming).toBe(how === 'at once' ? 'undefined' : 'object');
    await renaming;
    expect((await stat(to)).size).toBe(size);
    pin.close();
  });
});

/** A file of zeros that takes no room. */
async function sparseFile(path: string, size: number): Promise<void> {
  await writeFile(path, '');
  await truncate(path, size);
}
