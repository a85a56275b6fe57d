/** Whole directories of a namespace, and files that change from one namespace to another: where their deadlines go. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  copyFile,
  copyFS,
  MemoryFS,
  mirror,
  moveDir,
  moveFile,
  moveFS,
  type NamespaceFS,
} from '../../src/index.js';
import { STORAGES, type TestMayfly } from '../support/mayflies.js';

describe.each(STORAGES)('deadlines of trees (%s)', (_, open) => {
  let tested: TestMayfly;
  let one: NamespaceFS;
  let two: NamespaceFS;
  let deadline: Date | null;
  beforeEach(async () => {
    tested = await open();
    one = tested.mayfly.getFilesystem('one');
    two = tested.mayfly.getFilesystem('two');
    await one.write('d/e/f', 'mortal', { seconds: 60 });
    await one.write('d/g', 'immortal');
    deadline = await one.getExpiration('d/e/f');
    expect(deadline).not.toBeNull();
  });
  afterEach(() => tested.cleanup());

  const purge = async (): Promise<number> => {
    tested.clock.advance(61);
    return (await tested.mayfly.expireObjects()).removed;
  };

  it('copyDir and moveDir are told of a file that stands in the way of a missing parent', async () => {
    await one.write('file', 'x');
    for (const method of ['copyDir', 'moveDir'] as const) {
      const said = one[method]('d', 'file/new', { create: true });
      await expect(said).rejects.toMatchObject({ code: 'DirectoryExpected', path: 'file' });
    }
    expect(await one.readText('d/g')).toBe('immortal');
  });

  it('copyDir brings no deadlines, and makes missing parents', async () => {
    await one.copyDir('d', 'new/copy', { create: true });
    expect(await one.getExpirations(['new/copy/e/f', 'd/e/f'])).toEqual([null, deadline]);
    expect(await purge()).toBe(1);
    expect(await one.readText('new/copy/e/f')).toBe('mortal');
  });

  it('copyDir leaves the deadlines that are at the destination', async () => {
    await one.write('copy/g', 'old', { seconds: 60 });
    await one.copyDir('d', 'copy');
    expect(await one.getExpirations(['copy/g', 'copy/e/f'])).toEqual([deadline, null]);
  });

  it('moveDir takes the deadlines along, and the lack of one', async () => {
    await one.write('moved/g', 'old', { seconds: 60 });
    await one.moveDir('d', 'moved', { create: true });
    expect(await one.getExpirations(['d/e/f', 'd/g', 'moved/e/f', 'moved/g'])).toEqual([
      null,
      null,
      deadline,
      null,
    ]);
    expect(await one.exists('d')).toBe(false);
    expect(await purge()).toBe(1);
    expect(await one.readText('moved/g')).toBe('immortal');
    expect(await one.exists('moved/e')).toBe(false);
  });

  it('moveDir into a directory above takes each deadline to its file, also where another file was', async () => {
    await one.write('d/f', 'immortal');
    await one.write('d/d/f', 'mortal', { seconds: 60 });
    await one.write('d/d/g', 'immortal');
    await one.moveDir('d', '');
    expect(await one.readText('d/f')).toBe('mortal');
    expect(await one.getExpirations(['f', 'd/f', 'd/d/f', 'd/g', 'e/f'])).toEqual([
      null,
      deadline,
      null,
      null,
      deadline,
    ]);
  });

  it('moveDir from a directory that was opened knows its paths', async () => {
    const inner = await one.openDir('d');
    await inner.moveDir('e', 'h', { create: true });
    expect(await one.getExpirations(['d/e/f', 'd/h/f'])).toEqual([null, deadline]);
  });

  it('a directory that was opened and is gone is not there, unlike a namespace', async () => {
    const inner = await one.openDir('d');
    await one.removeTree('d');
    for (const attempt of [
      () => inner.getInfo(''),
      () => inner.setInfo('', { modified: new Date() }),
      () => inner.listDir(''),
      () => inner.openDir(''),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'ResourceNotFound', path: '' });
    }
    const unused = tested.mayfly.getFilesystem('unused');
    expect([(await unused.getInfo('')).isDir, await unused.listDir('')]).toEqual([true, []]);
  });

  it('removeTree clears them', async () => {
    await one.removeTree('d');
    await one.write('d/e/f', 'again');
    expect(await one.getExpiration('d/e/f')).toBeNull();
    expect(await purge()).toBe(0);
  });

  it('moves between namespaces of a mayfly take them along, copies do not', async () => {
    await copyFile(one, 'd/e/f', two, 'copied');
    await moveFile(one, 'd/e/f', two, 'new/f');
    expect(await two.getExpirations(['copied', 'new/f'])).toEqual([null, deadline]);
    expect(await one.getExpiration('d/e/f')).toBeNull();
    await moveFS(two, one);
    expect(await one.getExpirations(['copied', 'new/f'])).toEqual([null, deadline]);
    expect(await two.listDir('')).toEqual([]);
    const inner = await one.openDir('new');
    await moveFile(inner, 'f', one, 'top');
    expect(await one.getExpirations(['new/f', 'top'])).toEqual([null, deadline]);
  });

  it('a move onto a file with a deadline leaves the source its own, none included', async () => {
    await two.write('g', 'old', { seconds: 60 });
    await moveFile(one, 'd/g', two, 'g');
    expect([await two.getExpiration('g'), await two.readText('g')]).toEqual([null, 'immortal']);
  });

  it('a move to another filesystem clears them, a move that fails keeps them', async () => {
    const elsewhere = new MemoryFS();
    await elsewhere.makeDir('in-the-way');
    await expect(moveFile(one, 'd/e/f', elsewhere, 'in-the-way')).rejects.toMatchObject({
      code: 'FileExpected',
    });
    expect(await one.getExpiration('d/e/f')).toEqual(deadline);
    await moveDir(one, 'd', elsewhere, 'd');
    expect(await one.getExpiration('d/e/f')).toBeNull();
    expect(await elsewhere.readText('d/e/f')).toBe('mortal');
  });

  it('copyFS and mirror keep the deadlines of what they replace, and clear those of what they remove', async () => {
    const source = new MemoryFS();
    await source.makeDirs('d/e');
    await source.write('d/e/f', 'new');
    await copyFS(source, one);
    expect([await one.getExpiration('d/e/f'), await one.readText('d/e/f')]).toEqual([deadline, 'new']);
    await source.remove('d/e/f');
    await mirror(source, one);
    expect(await one.getExpiration('d/e/f')).toBeNull();
    expect(await one.tree()).toBe('`-- d\n    `-- e');
  });

  it('copies within a namespace that overlaps are refused', async () => {
    await expect(copyFS(one, await one.openDir('d'))).rejects.toMatchObject({ code: 'IllegalDestination' });
  });

  it('an unused namespace is an empty directory', async () => {
    expect([await two.tree(), await two.listDir('')]).toEqual(['', []]);
    await copyFS(two, new MemoryFS());
    for await (const _ of two.walk('', { search: 'depth' })) throw new Error('nothing to give');
    await expect(two.walk('x')[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'ResourceNotFound',
    });
    await copyFS(one, two);
    expect(await two.readText('d/g')).toBe('immortal');
  });
});
