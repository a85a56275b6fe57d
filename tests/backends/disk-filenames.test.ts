/** Names to save files under, which plain files can't hold: that none is ever told of another file. */
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OSFS } from '../../src/index.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const SHARDS = 256;

describe('a name to save a file under, on disk', () => {
  let directory: { path: string; remove: () => Promise<void> };
  let root: string;
  let fs: OSFS;

  beforeEach(async () => {
    directory = await temporaryDirectory();
    root = directory.path;
    fs = new OSFS(root, { durable: false });
  });

  afterEach(async () => {
    await fs.close();
    await directory.remove();
  });

  const told = async (path: string): Promise<string | undefined> => (await fs.getInfo(path)).filename;

  async function names(): Promise<string[]> {
    const entries = await readdir(join(root, '.mayfly/names'), { recursive: true }).catch(() => []);
    return entries.filter((entry) => entry.includes('/'));
  }

  async function sweep(before = new Date(Date.now() + 60_000)): Promise<void> {
    for (let i = 0; i < SHARDS; i++) await fs.sweepStaged(before);
  }

  it('costs no directory where no file has one', async () => {
    await fs.write('a', 'x');
    await fs.write('b', 'x', { filename: 'b' });
    expect(await told('a')).toBeUndefined();
    await sweep();
    expect(await readdir(join(root, '.mayfly'))).toEqual(['tmp']);
  });

  it('is seen by another process that had looked before there was any', async () => {
    const other = new OSFS(root);
    await fs.write('a', 'x');
    expect((await other.getInfo('a')).filename).toBeUndefined();
    await fs.write('b', 'x', { filename: 'first.txt' });
    expect((await other.getInfo('b')).filename).toBe('first.txt');
    await other.close();
  });

  it('is told of versions that are served', async () => {
    await fs.write('a', 'x', { filename: 'first.txt' });
    const version = await fs.servable().open('a');
    expect(version?.info.filename).toBe('first.txt');
    version?.file?.close();
  });

  it.each<[string, (path: string) => Promise<unknown>]>([
    ['replaced by others', (path) => writeFile(`${path}.new`, 'y').then(() => rename(`${path}.new`, path))],
    ['changed by others', (path) => writeFile(path, 'y')],
    ['made anew by others', (path) => rm(path).then(() => writeFile(path, 'x'))],
    ['touched by others', (path) => utimes(path, 1, 1)],
  ])('is told no more of a file that is %s', async (_what, change) => {
    await fs.write('a', 'x', { filename: 'first.txt' });
    await change(join(root, 'a'));
    expect(await told('a')).toBeUndefined();
    await sweep();
    expect(await names()).toEqual([]);
  });

  it('is told of no other place, whoever brought the file there', async () => {
    await mkdir(join(root, 'd'));
    await fs.write('d/a', 'x', { filename: 'first.txt' });
    await rename(join(root, 'd'), join(root, 'e'));
    expect(await told('e/a')).toBeUndefined();
    await copyFile(join(root, 'e/a'), join(root, 'b'));
    const { atime, mtime } = await stat(join(root, 'e/a'));
    await utimes(join(root, 'b'), atime, mtime);
    expect(await told('b')).toBeUndefined();
  });

  it('stays when times are set, and goes when a file gets it as its own', async () => {
    await fs.write('a', 'x', { filename: 'first.txt' });
    await fs.setInfo('a', { modified: new Date(0) });
    expect(await told('a')).toBe('first.txt');
    await fs.move('a', 'first.txt');
    expect(await told('first.txt')).toBeUndefined();
    await fs.move('first.txt', 'b');
    expect(await told('b')).toBeUndefined();
  });

  it('stays for as long as the entity tag does', async () => {
    const { etag } = await fs.write('a', 'x', { filename: 'first.txt' });
    const { mtimeNs } = await stat(join(root, 'a'), { bigint: true });
    // More than a time of Node's holds, so that a program has to do it.
    const seconds = (nanos: bigint): string =>
      `${nanos / 10n ** 9n}.${`${nanos % 10n ** 9n}`.padStart(9, '0')}`;
    execFileSync('touch', ['-m', '-d', `@${seconds(mtimeNs + 300n)}`, join(root, 'a')]);
    expect(await fs.getInfo('a')).toMatchObject({ etag, filename: 'first.txt' });
  });

  it('stays with the source of a move that fails', async () => {
    await fs.write('a', 'x', { filename: 'first.txt' });
    await fs.makeDir('d');
    await expect(fs.move('a', 'none/b')).rejects.toMatchObject({ code: 'ResourceNotFound' });
    await expect(fs.move('a', 'd', { overwrite: true })).rejects.toMatchObject({ code: 'FileExpected' });
    expect(await told('a')).toBe('first.txt');
  });

  it('is swept when its file is gone, and neither before nor too early', async () => {
    await fs.write('a', 'x', { filename: 'first.txt' });
    await fs.write('b', 'x', { filename: 'second.txt' });
    await fs.remove('b');
    expect(await names()).toHaveLength(2);
    await sweep(new Date(Date.now() - 60_000));
    expect(await names()).toHaveLength(2);
    await sweep();
    expect(await names()).toHaveLength(1);
    expect(await told('a')).toBe('first.txt');
  });

  it('is none where what is kept was spoiled', async () => {
    await fs.write('a', 'x', { filename: 'first.txt' });
    const [name = ''] = await names();
    for (const spoiled of ['', '{', 'null', '[]', '{"place":1}', '{"place":"a"}']) {
      await writeFile(join(root, '.mayfly/names', name), spoiled);
      expect(await told('a')).toBeUndefined();
    }
  });

  it('is kept apart by namespace', async () => {
    const [one, two] = [fs.openNamespace('one'), fs.openNamespace('two')];
    await one.write('a', 'x', { filename: 'first.txt' });
    await two.write('a', 'x');
    expect((await one.getInfo('a')).filename).toBe('first.txt');
    expect((await two.getInfo('a')).filename).toBeUndefined();
    expect(await told('one/a')).toBe('first.txt');
  });
});
