/** Paths of which an OSFS can tell, without waiting for anything, that nothing is there. */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryFS, OSFS } from '../../src/index.js';
import { atOnce } from '../support/at-once.js';
import { openBelow } from '../support/open-descriptors.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

describe.each([true, false])('isFreeNow of a disk whose writes are durable: %s', (durable) => {
  let top: string;
  let root: string;
  let fs: OSFS;
  let identity: string;
  let remove: () => Promise<void>;

  beforeEach(async () => {
    ({ path: top, remove } = await temporaryDirectory());
    root = join(top, 'root');
    await mkdir(join(root, 'd'), { recursive: true });
    fs = new OSFS(root, { durable });
    await fs.identify({ create: true });
    identity = await fs.identify();
    for (const directory of ['', 'd/']) await fs.writeText(`${directory}met`, 'x');
    await free('ready');
  });
  afterEach(async () => {
    await turn();
    expect(await openBelow(top)).toEqual([]);
    await remove();
  });

  const isFree = (path: string): boolean => fs.isFreeNow(path, identity);

  /** Fails unless it is free. */
  function free(path: string): Promise<true> {
    return atOnce(() => isFree(path) || null);
  }

  it('is true of a name that nothing has, until something has it', async () => {
    await free('d/a');
    await writeFile(join(root, 'd/a'), 'x');
    expect(isFree('d/a')).toBe(false);
    await rm(join(root, 'd/a'));
    await free('d/a');
  });

  it('is false of files, directories and links, also of one that leads nowhere', async () => {
    await symlink('met', join(root, 'link'));
    await symlink('/nowhere', join(root, 'dangling'));
    for (const path of ['met', 'd', 'd/met', 'link', 'dangling', '']) {
      await free('other');
      expect(isFree(path)).toBe(false);
    }
  });

  it('is false where it was never looked at, and of what is hidden', async () => {
    await mkdir(join(root, 'new'));
    for (const path of ['new/a', 'missing/a', 'met/a', '.mayfly/a', '.mayfly/tmp/a', '.mayfly']) {
      await free('other');
      expect(isFree(path)).toBe(false);
    }
    await fs.writeText('new/b', 'x');
    await free('new/a');
  });

  it('is false once a link is on the way, wherever it leads', async () => {
    await rename(join(root, 'd'), join(root, 'e'));
    await symlink('e', join(root, 'd'));
    expect(isFree('d/a')).toBe(false);
    await free('other');
  });

  it('is false in another storage that has come to the place of this one, and of any but the one that is asked for', async () => {
    expect(fs.isFreeNow('a', randomUUID())).toBe(false);
    await rename(root, join(top, 'away'));
    await mkdir(join(root, '.mayfly/tmp'), { recursive: true });
    expect(isFree('a')).toBe(false);
    const other = new OSFS(root, { durable });
    await other.identify({ create: true });
    await other.writeText('met', 'x');
    expect(await fs.identify()).not.toBe(identity);
    for (let i = 0; i < 20; i++) {
      await fs.listDir('');
      expect([isFree('a'), fs.openNamespace('d').isFreeNow('a', identity)]).toEqual([false, false]);
    }
    await rm(root, { recursive: true });
    expect(isFree('a')).toBe(false);
    await rename(join(top, 'away'), root);
    await fs.identify();
    await fs.writeText('met', 'again');
    await free('a');
  });

  it('is false once the storage has another identity', async () => {
    await writeFile(join(root, '.mayfly/id'), `${randomUUID()}\n`);
    expect(isFree('a')).toBe(false);
    expect(await fs.identify()).not.toBe(identity);
    expect(isFree('a')).toBe(false);
  });

  it('is false once the filesystem is closed', async () => {
    await fs.close();
    expect(isFree('a')).toBe(false);
  });

  it('is false where a subclass sees other files', async () => {
    class Seeing extends OSFS {
      override getInfo(path: string) {
        return super.getInfo(path.toLowerCase());
      }
    }
    const seeing = new Seeing(root, { durable });
    await seeing.writeText('met', 'x');
    for (let i = 0; i < 50; i++) {
      expect(seeing.isFreeNow('MET', identity)).toBe(false);
      await turn();
    }
  });
});

it('isFreeNow is false of a filesystem that can not tell', async () => {
  const memory = new MemoryFS();
  expect(memory.isFreeNow('a', (await memory.identify()) as string)).toBe(false);
});
