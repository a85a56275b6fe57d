/** Small files that an OSFS stores before anything else happens: whole, in their place, or not at all. */
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OSFS } from '../../src/backends/disk/disk-filesystem.js';
import type { Info } from '../../src/fs/info.js';
import type { PromptWriter } from '../../src/fs/prompt-writer.js';
import { atOnce } from '../support/at-once.js';
import { openBelow } from '../support/open-descriptors.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const X = Buffer.from('x');
const MOMENT = Symbol();

let top: string;
let root: string;
let fs: OSFS;
let writer: PromptWriter;
let remove: () => Promise<void>;

beforeEach(async () => {
  ({ path: top, remove } = await temporaryDirectory());
  root = join(top, 'root');
  await mkdir(join(root, 'd'), { recursive: true });
  fs = new OSFS(root, { durable: false });
  writer = fs.promptWriter() as PromptWriter;
  // It looks into no directory that was not met.
  for (const directory of ['', 'd/']) await fs.writeText(`${directory}met`, 'x');
  await stored('ready', X);
});

function stored(...how: Parameters<PromptWriter['createNow']>): Promise<Info> {
  return atOnce(() => writer.createNow(...how));
}

afterEach(async () => {
  await turn();
  expect(await openBelow(top)).toEqual([]);
  expect(await readdir(join(root, '.mayfly/tmp'))).toEqual([]);
  await remove();
});

describe('a prompt writer of the disk', () => {
  it('stores a file as write does', async () => {
    const info = await stored('d/a', Buffer.from('hello'));
    expect(info).toEqual(await fs.getInfo('d/a'));
    expect(await readFile(join(root, 'd/a'), 'utf8')).toBe('hello');
    expect((await stored('d/empty', Buffer.alloc(0))).size).toBe(0);
    expect(await readFile(join(root, 'd/empty'), 'utf8')).toBe('');
  });

  it('gives files of one size, stored one after the other, entity tags of their own', async () => {
    const tags: unknown[] = [];
    for (let i = 0; i < 100; i++) {
      if (i % 5 === 0) await turn();
      tags.push((await stored(`d/${i}`, X, { moment: MOMENT })).etag);
    }
    expect(new Set(tags).size).toBe(100);
    expect(tags).not.toContain(undefined);
  });

  it('replaces nothing', async () => {
    await fs.writeText('d/a', 'old');
    await symlink('a', join(root, 'd/link'));
    await symlink('/nowhere', join(root, 'd/dangling'));
    for (const path of ['d/a', 'd', 'd/link', 'd/dangling']) expect(writer.createNow(path, X)).toBeNull();
    expect(await readFile(join(root, 'd/a'), 'utf8')).toBe('old');
  });

  it('makes no directory, and looks into none that was not met', async () => {
    await mkdir(join(root, 'new'));
    for (const path of ['', 'new/a', 'missing/a', 'met/a']) expect(writer.createNow(path, X)).toBeNull();
    await fs.writeText('new/b', 'x');
    await stored('new/a', X);
  });

  it('leaves what is hidden alone', async () => {
    await fs.identify({ create: true });
    const before = await readdir(join(root, '.mayfly'));
    for (const path of ['.mayfly', '.mayfly/tmp/a', '.mayfly/id'])
      expect(writer.createNow(path, X)).toBeNull();
    expect(await readdir(join(root, '.mayfly'))).toEqual(before);
  });

  it('goes no way that a link has been laid over', async () => {
    const outside = join(top, 'outside');
    await mkdir(outside);
    await rename(join(root, 'd'), join(root, 'e'));
    await symlink(outside, join(root, 'd'));
    expect(writer.createNow('d/a', X)).toBeNull();
    await rm(join(root, 'd'));
    await symlink('e', join(root, 'd'));
    expect(writer.createNow('d/a', X)).toBeNull();
    expect(await readdir(outside)).toEqual([]);
  });

  it.each(['.mayfly', '.mayfly/tmp'])(
    'stages nothing elsewhere when %s has become a link',
    async (hidden) => {
      const outside = join(top, 'outside');
      await rename(join(root, hidden), outside);
      await symlink(outside, join(root, hidden));
      const modified = () =>
        statSync(hidden === '.mayfly' ? join(outside, 'tmp') : outside, { bigint: true }).mtimeNs;
      const before = modified();
      expect(writer.createNow('d/a', X)).toBeNull();
      expect(modified()).toBe(before);
      await rm(join(root, hidden));
      await rename(outside, join(root, hidden));
      await fs.writeText('d/met', 'again');
      await stored('d/a', X);
    },
  );

  it('stores nothing in another storage that has come to its place', async () => {
    const other = join(top, 'other');
    await rename(root, other);
    await mkdir(join(root, 'd'), { recursive: true });
    await new OSFS(root, { durable: false }).writeText('d/met', 'x');
    expect(writer.createNow('d/a', X)).toBeNull();
    expect(await readdir(join(root, 'd'))).toEqual(['met']);
    await rm(root, { recursive: true });
    await rename(other, root);
    await stored('d/a', X);
  });

  it('goes by no link in the middle of a path', async () => {
    await fs.makeDirs('e/f');
    await fs.writeText('e/f/met', 'x');
    await stored('e/f/a', X);
    await rename(join(root, 'e'), join(root, 'g'));
    await symlink('g', join(root, 'e'));
    expect(writer.createNow('e/f/b', X)).toBeNull();
  });

  it('notices in a moment that a directory was removed, and in the next one that it was made again', async () => {
    await stored('d/a', X, { moment: MOMENT });
    rmSync(join(root, 'd'), { recursive: true });
    mkdirSync(join(root, 'd'));
    expect(writer.createNow('d/b', X, { moment: MOMENT })).toBeNull();
    await stored('d/c', X);
    expect(await readdir(join(root, 'd'))).toEqual(['c']);
  });

  it('stores no more than it says, nor a name to save the file under', async () => {
    expect(writer.createNow('d/a', Buffer.alloc(writer.mostBytes + 1))).toBeNull();
    expect(writer.createNow('d/a', X, { filename: 'b' })).toBeNull();
    await stored('d/a', X, { filename: 'a' });
    expect((await stored('d/b', Buffer.alloc(writer.mostBytes, 'y'))).size).toBe(writer.mostBytes);
  });

  it('stores nothing more once its filesystem is closed', async () => {
    await fs.close();
    expect(writer.createNow('d/a', X)).toBeNull();
    expect(await readdir(join(root, 'd'))).toEqual(['met']);
  });

  it('leaves the event loop its turns in a loop of files', async () => {
    let refused = 0;
    for (let i = 0; i < 5000 && refused === 0; i++) if (writer.createNow(`d/${i}`, X) === null) refused++;
    expect(refused).toBe(1);
    await stored('d/again', X);
  });
});

it('there is none where writes are durable, nor where a subclass stages in a way of its own', async () => {
  class Own extends OSFS {
    override write(...args: Parameters<OSFS['write']>) {
      return super.write(...args);
    }
  }
  await writeFile(join(root, 'x'), 'x');
  expect(new OSFS(root).promptWriter()).toBeNull();
  expect(new Own(root, { durable: false }).promptWriter()).toBeNull();
});
