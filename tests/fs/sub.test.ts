import { describe, expect, it } from '@jest/globals';
import {
  createMayfly,
  Filesystem,
  MemoryFS,
  MountFS,
  markOpenedDirectory,
  OSFS,
  ReadOnlyFS,
  S3FS,
  SubFS,
  TempFS,
} from '../../src/index.js';

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
