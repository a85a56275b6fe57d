import { describe, expect, it } from '@jest/globals';
import type { Info } from '../../src/index.js';
import {
  createMayfly,
  Filesystem,
  MemoryFS,
  MountFS,
  markOpenedDirectory,
  moveFile,
  OSFS,
  ReadOnlyFS,
  S3FS,
  SubFS,
  TempFS,
} from '../../src/index.js';
import { EssentialsOnlyFS } from '../support/essentials-only.js';
import { rejectionOf } from '../support/expect-error.js';

/** Shows a file that somebody removes before it can be. */
class HauntedFS extends MemoryFS {
  override async *scanDir(path: string): AsyncIterable<Info> {
    for await (const info of super.scanDir(path)) {
      if (info.name === 'ghost') await this.remove(info.path);
      yield info;
    }
  }

  override scanTree(path: string): AsyncIterable<Info> {
    return this.scanDir(path);
  }
}

describe('a directory as a filesystem', () => {
  it('is emptied though a file goes meanwhile', async () => {
    const fs = new HauntedFS();
    const directory = new SubFS(fs, 'd');
    await fs.makeDir('d');
    for (const name of ['a', 'ghost', 'z']) await directory.write(name, 'x');
    await directory.removeTree('');
    expect(await fs.listDir('d')).toEqual([]);
  });

  it('names a path that it refuses by itself as it was given, though it begins like the directory', async () => {
    const fs = new MemoryFS();
    await fs.makeDirs('d/d');
    const directory = new SubFS(fs, 'd');
    const bad = 'd/\0';
    const calls: (() => unknown)[] = [
      () => directory.getInfo(bad),
      () => directory.write(bad, 'x'),
      () => directory.stage(bad, 'x'),
      () => directory.copy('f', bad),
      () => directory.removeDir(bad),
      () => directory.removeTree(bad),
      () => directory.removeEmptyDirs([bad]),
      async () => directory.getSysPath(bad),
      () => directory.listDir(bad),
    ];
    for (const call of calls) {
      const error = await rejectionOf(Promise.resolve().then(call));
      expect(error).toMatchObject({ code: 'InvalidPath', path: bad });
    }
  });

  it('removes a version as it tells of it, where it tells of files in its own way', async () => {
    class DoubledFS extends SubFS {
      override async getInfo(path: string): Promise<Info> {
        const { etag: _, version: __, ...info } = await super.getInfo(path);
        return { ...info, size: info.size * 2 };
      }
    }
    const [fs, target] = [new MemoryFS(), new MemoryFS()];
    await fs.write('f', 'x');
    await moveFile(new DoubledFS(fs, ''), 'f', target, 'g');
    expect([await fs.exists('f'), await target.exists('g')]).toEqual([false, true]);
  });

  it('sweeps where it stages, and tells the identity of what it wraps', async () => {
    const fs = new EssentialsOnlyFS();
    await new SubFS(fs, '').stage('f', 'x');
    await fs.write('.mayfly/mine', 'of somebody');
    expect(await new SubFS(fs, '').sweepStaged(new Date(Date.now() + 60_000))).toBe(1);
    expect(await fs.listDir('.mayfly')).toEqual(['mine']);
    const temp = new TempFS();
    const identity = await new SubFS(temp, '').identify({ create: true });
    expect([typeof identity, await temp.identify()]).toEqual(['string', identity]);
    expect(await new SubFS(temp, 'a/b').identify()).toBe(`${identity}/a/b`);
    await temp.close();
  });
});

describe('instanceof SubFS', () => {
  it('is true for what openDir gives, which keeps its own class', async () => {
    const temp = new TempFS();
    const mayfly = createMayfly({ storage: { type: 'memoryfs', urlRoot: '/files' }, purge: false });
    const namespace = mayfly.getFilesystem('n');
    for (const fs of [temp, namespace, new MemoryFS(), new MountFS(), new ReadOnlyFS(temp)]) {
      if (!(fs instanceof ReadOnlyFS)) await fs.makeDir('d');
      expect((await fs.openDir('d')) instanceof SubFS).toBe(true);
    }
    expect(await temp.openDir('d')).toBeInstanceOf(OSFS);
    expect(await namespace.openDir('d')).toBeInstanceOf(namespace.constructor);
    await mayfly.close();
    await temp.close();
  });

  it('is false for what is no directory of another', () => {
    const mayfly = createMayfly({ storage: { type: 'memoryfs', urlRoot: '/files' }, purge: false });
    for (const value of [
      new OSFS('.'),
      new MemoryFS(),
      new MountFS(),
      new S3FS({ bucket: 'b' }),
      mayfly.getFilesystem('n'),
      null,
      undefined,
      5,
      {},
      Object.create(Filesystem.prototype),
    ]) {
      expect(value instanceof SubFS).toBe(false);
    }
  });

  it('is false for prototypes and proxies, which have no private members to ask', () => {
    const mayfly = createMayfly({ storage: { type: 'memoryfs', urlRoot: '/files' }, purge: false });
    const namespace = mayfly.getFilesystem('n');
    for (const fs of [new OSFS('.'), namespace]) {
      expect(new Proxy(fs, {}) instanceof SubFS).toBe(false);
      expect(Object.getPrototypeOf(fs) instanceof SubFS).toBe(false);
    }
  });

  it('is true for what a class of one’s own has marked', () => {
    const fs = new MemoryFS();
    markOpenedDirectory(fs);
    expect(fs instanceof SubFS).toBe(true);
  });

  it('says nothing of the classes that extend it', async () => {
    const temp = new TempFS();
    const directory = await temp.openDir('');
    expect(directory instanceof ReadOnlyFS).toBe(false);
    expect(new ReadOnlyFS(directory) instanceof ReadOnlyFS).toBe(true);
    expect(new ReadOnlyFS(directory) instanceof SubFS).toBe(true);
    await temp.close();
  });
});
