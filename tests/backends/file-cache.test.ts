import { mkdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OSFS } from '../../src/backends/disk/disk-filesystem.js';
import { FileCache } from '../../src/backends/disk/file-cache.js';
import { Foreground } from '../../src/backends/disk/foreground.js';
import { FilesystemClosed } from '../../src/errors/errors.js';
import type { FileVersion, Servable } from '../../src/fs/servable.js';
import { expectError } from '../support/expect-error.js';
import { foregroundAt } from '../support/foreground.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const SETTLED_MS = 120;

let root: string;
let remove: () => Promise<void>;
let foreground: Foreground;

beforeEach(async () => {
  ({ path: root, remove } = await temporaryDirectory());
  foreground = await foregroundAt(root, true);
});
afterEach(() => remove());

async function keep(cache: FileCache, name: string, readAt = Date.now()): Promise<FileVersion> {
  const path = join(root, name);
  const bytes = await readFile(path);
  const info = { name, path: name, isDir: false, size: bytes.length, modified: new Date() };
  const version: FileVersion = { info, bytes, file: null };
  cache.put(path, version, await stat(path), [root], readAt);
  return version;
}

describe('FileCache', () => {
  it('gives a version while it is the one on the disk', async () => {
    await writeFile(join(root, 'f'), 'x');
    await sleep(SETTLED_MS);
    const cache = new FileCache(100_000, foreground);
    const version = await keep(cache, 'f');
    expect(cache.get(join(root, 'f'))).toBe(version);
    expect(cache.get(join(root, 'f'))).toBe(version);
    await writeFile(join(root, 'f'), 'y');
    expect(cache.get(join(root, 'f'))).toBeNull();
    expect(cache.bytes).toBe(0);
  });

  it('keeps none whose last change may not be the last that its times show', async () => {
    const cache = new FileCache(100_000, foreground);
    await writeFile(join(root, 'f'), 'x');
    await keep(cache, 'f');
    expect(cache.get(join(root, 'f'))).toBeNull();
    await sleep(SETTLED_MS);
    await keep(cache, 'f', Date.now() - SETTLED_MS); // Read long ago: who knows what has come since.
    expect(cache.get(join(root, 'f'))).toBeNull();
  });

  it('looks at directories once a moment, and at the file each time', async () => {
    await mkdir(join(root, 'd'));
    await writeFile(join(root, 'd/f'), 'x');
    await writeFile(join(root, 'd/g'), 'x');
    await sleep(SETTLED_MS);
    const cache = new FileCache(100_000, foreground);
    for (const name of ['f', 'g']) {
      const path = join(root, 'd', name);
      const info = { name, path: `d/${name}`, isDir: false, size: 1, modified: new Date() };
      const version: FileVersion = { info, bytes: await readFile(path), file: null };
      cache.put(path, version, await stat(path), [root, join(root, 'd')], Date.now());
    }
    const [now, later] = [Symbol(), Symbol()];
    expect(cache.get(join(root, 'd/f'), now)).not.toBeNull();
    // The very same file, by way of a link: within the moment that is as if it had been asked for before.
    await rename(join(root, 'd'), join(root, 'elsewhere'));
    await symlink(join(root, 'elsewhere'), join(root, 'd'));
    expect(cache.get(join(root, 'd/g'), now)).not.toBeNull();
    expect(cache.get(join(root, 'd/g'), later)).toBeNull();
    await writeFile(join(root, 'elsewhere/f'), 'other');
    expect(cache.get(join(root, 'd/f'), now)).toBeNull();
  });

  it('waits longer where times come in whole seconds', async () => {
    const cache = new FileCache(100_000, foreground);
    await writeFile(join(root, 'f'), 'x');
    await utimes(join(root, 'f'), 1_700_000_000, 1_700_000_000);
    await sleep(SETTLED_MS);
    await keep(cache, 'f');
    expect(cache.get(join(root, 'f'))).toBeNull();
    await keep(cache, 'f', Date.now() + 2500);
    expect(cache.get(join(root, 'f'))).not.toBeNull();
  });

  it('never takes more than it may, and parts first with what nobody asked for', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `f${i}`);
    for (const name of names) await writeFile(join(root, name), Buffer.alloc(10_000));
    await sleep(SETTLED_MS);
    const cache = new FileCache(60_000, foreground);
    await keep(cache, 'f0');
    for (const name of names.slice(1)) {
      expect(cache.get(join(root, 'f0'))).not.toBeNull();
      await keep(cache, name);
      expect(cache.bytes).toBeLessThanOrEqual(60_000);
      expect(cache.bytes).toBeGreaterThan(10_000);
    }
    expect(cache.get(join(root, 'f1'))).toBeNull();
    expect(cache.get(join(root, 'f19'))).not.toBeNull();
  });

  it('does not take a link for the file that it leads to', async () => {
    await mkdir(join(root, 'other'));
    await writeFile(join(root, 'f'), 'x');
    await sleep(SETTLED_MS);
    const cache = new FileCache(100_000, foreground);
    await keep(cache, 'f');
    await rm(join(root, 'f'));
    await symlink('other', join(root, 'f'));
    expect(cache.get(join(root, 'f'))).toBeNull();
  });
});

describe('OSFS.servable', () => {
  it('has a small file at hand that was opened before, the same object each time', async () => {
    await writeFile(join(root, 'f'), 'hello');
    await sleep(SETTLED_MS);
    const fs = new OSFS(root);
    const servable = fs.servable();
    expect(servable.atHand('f')).toBeNull();
    const opened = await servable.open('f');
    expect(opened?.bytes?.toString()).toBe('hello');
    expect(servable.atHand('f')).toBe(opened);
    expect(opened?.info).toMatchObject({ ...(await fs.getInfo('f')), accessed: expect.any(Date) });
  });

  it('gives large files, and all without a cache, open', async () => {
    await writeFile(join(root, 'small'), 'hello');
    await writeFile(join(root, 'large'), Buffer.alloc(600_000));
    await sleep(SETTLED_MS);
    for (const [name, options] of [
      ['large', {}],
      ['small', { cacheBytes: 0 }],
    ] as const) {
      const servable = new OSFS(root, options).servable();
      const version = await servable.open(name);
      expect([version?.bytes, servable.atHand(name)]).toEqual([null, null]);
      const piece = Buffer.alloc(5);
      expect(await version?.file?.read(piece, 0)).toBe(5);
      version?.file?.close();
      version?.file?.close();
    }
  });

  it('has nothing for directories, what is missing, and what is not a file', async () => {
    await mkdir(join(root, 'd'));
    await symlink('/dev/null', join(root, 'device'));
    const servable = new OSFS(root).servable();
    for (const path of ['d', 'missing', 'd/missing', 'device', ''])
      expect(await servable.open(path)).toBeNull();
  });
});

describe('what an OSFS serves', () => {
  it('tells the path by which it was asked, also where another filesystem of the root has read the file', async () => {
    const fs = new OSFS(root, { durable: false });
    const namespace = fs.openNamespace('n');
    await namespace.write('f', 'x');
    await namespace.write('other', 'x');
    await sleep(SETTLED_MS);
    const [outer, inner] = [fs.servable(), namespace.servable() as Servable];
    expect((await outer.open('n/f'))?.info.path).toBe('n/f');
    await inner.open('other');
    expect(inner.atHand('f')).toBeNull();
    expect((await inner.open('f'))?.info.path).toBe('f');
    expect(inner.atHand('f')?.info.path).toBe('f');
    expect(outer.atHand('n/f')?.info.path).toBe('n/f');
  });

  it('is nothing once the filesystem is closed', async () => {
    const fs = new OSFS(root, { durable: false });
    const namespace = fs.openNamespace('n');
    await namespace.write('f', 'x');
    await sleep(SETTLED_MS);
    const served = namespace.servable() as Servable;
    await served.open('f');
    expect(served.atHand('f')).not.toBeNull();
    await fs.close();
    expect(served.atHand('f')).toBeNull();
    await expectError(served.open('f'), FilesystemClosed);
  });

  it('is not kept where it lies on another device than the root', async () => {
    await writeFile(join(root, 'f'), 'x');
    await sleep(SETTLED_MS);
    const { dev } = await stat(root);
    for (const [device, isKept] of [
      [dev, true],
      [dev + 1, false],
    ] as const) {
      const elsewhere = new Foreground(true);
      elsewhere.admit(device);
      const cache = new FileCache(100_000, elsewhere);
      await keep(cache, 'f');
      expect(cache.get(join(root, 'f')) !== null).toBe(isKept);
    }
  });
});
