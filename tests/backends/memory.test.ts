import { describe, expect, it } from '@jest/globals';
import { MemoryFS } from '../../src/backends/memory/memory-filesystem.js';
import { describeFilesystem } from '../conformance/filesystem.js';

describeFilesystem('MemoryFS', async () => ({ fs: new MemoryFS() }));

describeFilesystem('a directory of a MemoryFS', async () => {
  const fs = new MemoryFS();
  await fs.makeDirs('some/where');
  await fs.write('some/canary', 'not to be seen');
  return { fs: await fs.openDir('some/where') };
});

describeFilesystem('a namespace of a MemoryFS', async () => {
  const namespace = new MemoryFS().openNamespace('n');
  await namespace.makeDir('', { recreate: true });
  return { fs: namespace };
});

describe('MemoryFS', () => {
  it('shares nothing with another', async () => {
    const [one, two] = [new MemoryFS(), new MemoryFS()];
    const [a, b] = [await one.write('f', 'x'), await two.write('f', 'x')];
    await one.remove('f');
    expect(await two.readText('f')).toBe('x');
    expect(a.etag).not.toBe(b.etag);
  });

  it('copies and moves without touching the bytes', async () => {
    const fs = new MemoryFS();
    const { etag } = await fs.write('f', Buffer.alloc(1000));
    await fs.copy('f', 'g');
    await fs.move('f', 'h');
    expect((await fs.getInfo('h')).etag).toBe(etag);
    expect((await fs.getInfo('g')).etag).not.toBe(etag);
  });
});
