/** What each operation costs, in requests. */
import { randomUUID } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Filesystem } from '../../../src/index.js';
import { copyDir, FileExpected, MemoryFS, S3FS } from '../../../src/index.js';
import { expectError } from '../../support/expect-error.js';
import { describeS3, newBucket, optionsFor, plainClient } from '../../support/s3.js';
import { S3Proxy } from '../../support/s3-proxy.js';

type Operation = (fs: Filesystem) => Promise<unknown>;

const PART = 5 * 1024 ** 2;

async function listAll(fs: Filesystem, path: string): Promise<void> {
  for await (const _ of fs.scanDir(path));
}

describeS3('requests of an operation', () => {
  let bucket = '';
  let proxy: S3Proxy;

  beforeAll(async () => {
    bucket = await newBucket();
    proxy = await S3Proxy.open();
  });
  afterAll(() => proxy.close());

  async function prepared(strict: boolean): Promise<S3FS> {
    const options = optionsFor(bucket, {
      endpoint: proxy.endpoint,
      prefix: randomUUID(),
      partSize: PART,
      strict,
    });
    const fs = new S3FS(options);
    await fs.makeDir('d');
    await fs.write('f', 'text');
    await fs.write('d/f', 'text');
    proxy.calls();
    return fs;
  }

  it.each<[string, string[], Operation]>([
    ['exists, a file', ['HEAD'], (fs) => fs.exists('d/f')],
    ['exists, a directory', ['HEAD', 'LIST'], (fs) => fs.exists('d')],
    ['exists, nothing', ['HEAD', 'LIST'], (fs) => fs.exists('none')],
    ['getInfo, a file', ['HEAD'], (fs) => fs.getInfo('f')],
    ['read', ['GET'], (fs) => fs.readBytes('d/f')],
    ['a range of it', ['GET'], (fs) => fs.openRead('d/f', { start: 1 }).then((body) => body.destroy())],
    ['list', ['LIST'], (fs) => listAll(fs, '')],
    ['isEmpty', ['LIST'], (fs) => fs.isEmpty('d')],
    ['write in the root', ['LIST', 'PUT'], (fs) => fs.write('new', 'x')],
    ['write in a directory', ['LIST', 'LIST', 'PUT'], (fs) => fs.write('d/new', 'x')],
    ['create only', ['LIST', 'PUT'], (fs) => fs.write('new', 'x', { overwrite: false })],
    ['remove', ['DELETE', 'HEAD'], (fs) => fs.remove('d/f')],
    ['makeDir', ['HEAD', 'LIST', 'PUT'], (fs) => fs.makeDir('new')],
    [
      'removeDir',
      ['DELETE', 'LIST'],
      (fs) =>
        fs
          .makeDir('e')
          .then(() => proxy.calls())
          .then(() => fs.removeDir('e')),
    ],
    ['removeTree', ['DELETE MANY', 'HEAD', 'LIST', 'LIST'], (fs) => fs.removeTree('d')],
    ['copy onto a file', ['COPY', 'HEAD', 'HEAD', 'LIST'], (fs) => fs.copy('d/f', 'f', { overwrite: true })],
    [
      'removeMany of files that are known',
      ['DELETE MANY'],
      (fs) => fs.removeMany(['f', 'd/f'], { assumePresent: true }),
    ],
    ['removeMany', ['DELETE MANY', 'HEAD', 'HEAD'], (fs) => fs.removeMany(['f', 'd/f'])],
    ['a presigned URL', [], (fs) => fs.presigner()?.presign('f', { expiresIn: 60 }) as Promise<unknown>],
    [
      'write of three parts',
      ['COMPLETE UPLOAD', 'CREATE UPLOAD', 'HEAD', 'LIST', 'PUT PART', 'PUT PART', 'PUT PART'],
      (fs) => fs.write('new', Buffer.alloc(2 * PART + 1)),
    ],
    [
      'identify',
      ['GET'],
      (fs) =>
        fs
          .identify({ create: true })
          .then(() => proxy.calls())
          .then(() => fs.identify()),
    ],
    ['sweepStaged, with nothing to sweep', ['LIST', 'LIST UPLOADS'], (fs) => fs.sweepStaged(new Date())],
  ])('%s: %j', async (_name, expected, operation) => {
    const fs = await prepared(true);
    await operation(fs);
    expect(proxy.calls().sort()).toEqual(expected);
    await fs.close();
  });

  it.each<[string, string[], Operation]>([
    ['write', ['PUT'], (fs) => fs.write('d/new', 'x')],
    ['create only', ['PUT'], (fs) => fs.write('d/new', 'x', { overwrite: false })],
  ])('%s, not strict: %j', async (_name, expected, operation) => {
    const fs = await prepared(false);
    await operation(fs);
    expect(proxy.calls()).toEqual(expected);
    await fs.close();
  });

  describe('copying a tree to it', () => {
    let source: MemoryFS;

    beforeEach(async () => {
      source = new MemoryFS();
      await source.makeDirs('a/b');
      for (const path of ['f', 'a/f', 'a/b/f', 'a/b/g']) await source.writeText(path, path);
    });

    it('costs one for each file and directory where nothing was, and a few for the whole', async () => {
      const fs = await prepared(true);
      await copyDir(source, '', fs, 'new');
      // Six things; before them, whether `new` can be made, and whether it is empty.
      expect(proxy.calls().sort()).toEqual(['HEAD', ...Array(2).fill('LIST'), ...Array(7).fill('PUT')]);
      expect(await fs.readText('new/a/b/g')).toBe('a/b/g');
      expect(await fs.isDir('new/a/b')).toBe(true);
      await fs.close();
    });

    it('looks at each place where something was', async () => {
      const fs = await prepared(true);
      await fs.makeDirs('d/a/f');
      proxy.calls();
      await expectError(copyDir(source, '', fs, 'd'), FileExpected, 'd/a/f');
      expect(await fs.isDir('d/a/f')).toBe(true);
      expect(await fs.readText('d/f')).toBe('f');
      await fs.close();
    });

    it('looks at no file for its times where nothing was', async () => {
      const fs = await prepared(true);
      await copyDir(source, '', fs, 'new', { condition: 'newer' });
      expect(proxy.calls().filter((call) => call === 'HEAD')).toHaveLength(1);
      await copyDir(source, '', fs, 'new', { condition: 'not-exists' });
      expect(proxy.calls()).not.toContain('PUT');
      await fs.close();
    });
  });

  describe('on a directory of 1,100 files', () => {
    const names = Array.from({ length: 1100 }, (_, i) => `file-${String(i).padStart(4, '0')}.txt`);
    const paths = names.map((name) => `many/${name}`);
    let fs: S3FS;

    beforeEach(async () => {
      const prefix = randomUUID();
      const client = plainClient();
      const left = paths.values();
      const worker = async (): Promise<void> => {
        for (const path of left) {
          await client.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/${path}`, Body: 'x' }));
        }
      };
      await Promise.all(Array.from({ length: 32 }, worker));
      client.destroy();
      fs = new S3FS(optionsFor(bucket, { endpoint: proxy.endpoint, prefix }));
      proxy.calls();
    });

    it('lists in order and removes the tree, each with a request for each thousand', async () => {
      expect(await fs.listDir('many')).toEqual(names);
      expect(proxy.calls()).toEqual(['LIST', 'LIST']);
      await fs.removeTree('many');
      // The first two see that it is a directory.
      expect(proxy.calls().sort()).toEqual(['DELETE MANY', 'DELETE MANY', 'HEAD', 'LIST', 'LIST', 'LIST']);
      expect(await fs.exists('many')).toBe(false);
    });

    it('removes what is known with a request for each thousand', async () => {
      const outcomes = await fs.removeMany(paths, { assumePresent: true });
      expect(outcomes).toEqual(paths.map((path) => ({ path, result: 'removed' })));
      expect(proxy.calls()).toEqual(['DELETE MANY', 'DELETE MANY']);
      expect(await fs.exists('many')).toBe(false);
    });

    it('tells what was missing with a page of the listing for each thousand', async () => {
      await fs.remove('many/file-0123.txt');
      proxy.calls();
      const outcomes = await fs.removeMany(['many/none', ...paths]);
      const missing = outcomes.filter(({ result }) => result === 'missing').map(({ path }) => path);
      expect(missing).toEqual(['many/none', 'many/file-0123.txt']);
      const calls = proxy.calls();
      // Two listings see that there is no directory where a file is missing.
      expect(calls.sort()).toEqual(['DELETE MANY', 'DELETE MANY', 'LIST', 'LIST', 'LIST', 'LIST']);
    });
  });
});
