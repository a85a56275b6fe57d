/** Copies between filesystems over one bucket: the bytes stay where they are, or are read and written where that would be wrong. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { Filesystem, Info } from '../../../src/index.js';
import {
  copyFile,
  copyFS,
  createMayfly,
  FileExpected,
  MemoryFS,
  MountFS,
  moveFile,
  OperationFailed,
  ReadOnlyFS,
  ResourceNotFound,
  ResourceReadOnly,
  S3FS,
} from '../../../src/index.js';
import { expectError } from '../../support/expect-error.js';
import { describeS3, newBucket, optionsFor, plainClient } from '../../support/s3.js';
import { S3Proxy } from '../../support/s3-proxy.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

/** Keeps its files backwards. */
class Backwards extends S3FS {
  override async write(path: string, source: string): Promise<Info> {
    return super.write(path, [...source].reverse().join(''));
  }

  override async openRead(path: string): Promise<Readable> {
    const stored = await (await super.openRead(path)).toArray();
    return Readable.from([[...Buffer.concat(stored).toString()].reverse().join('')]);
  }
}

describeS3('a copy within a bucket', () => {
  let bucket = '';
  let proxy: S3Proxy;
  let source: S3FS;
  let target: S3FS;
  const opened: Filesystem[] = [];

  beforeAll(async () => {
    bucket = await newBucket();
    proxy = await S3Proxy.open();
  });
  afterAll(() => proxy.close());

  const options = (where = bucket) => optionsFor(where, { endpoint: proxy.endpoint, prefix: randomUUID() });

  function keep<T extends Filesystem>(fs: T): T {
    opened.push(fs);
    return fs;
  }

  beforeEach(async () => {
    source = keep(new S3FS(options()));
    target = keep(new S3FS(options()));
    await source.makeDir('d');
    await source.write('d/f', 'text', { contentType: 'application/x-mine' });
    proxy.calls();
  });

  afterEach(async () => {
    for (const fs of opened.splice(0)) await fs.close();
  });

  it('is made by the server, with the media type', async () => {
    await copyFile(source, 'd/f', target, 'g');
    // A look at the source, one at the place, and the headers to copy.
    expect(proxy.calls().sort()).toEqual(['COPY', 'HEAD', 'HEAD', 'LIST']);
    expect(await target.readText('g')).toBe('text');
    expect((await target.getInfo('g')).contentType).toBe('application/x-mine');
  });

  it('is seen through directories, mounts and read-only views', async () => {
    const mount = keep(new MountFS());
    mount.mount('m', target);
    await target.makeDir('t');
    proxy.calls();
    const from = new ReadOnlyFS(await source.openDir('d'));
    await copyFS(from, await mount.openDir('m/t'));
    expect(proxy.calls().filter((call) => call !== 'HEAD' && call !== 'LIST')).toEqual(['COPY']);
    expect(await target.readText('t/f')).toBe('text');
  });

  it('replaces nothing when it must not, and says where what is missing', async () => {
    await target.write('g', 'old');
    expect(await copyFile(source, 'd/f', target, 'g', { condition: 'not-exists' })).toBe(false);
    expect(await target.readText('g')).toBe('old');
    await expectError(copyFile(source, 'none', target, 'g'), ResourceNotFound, 'none');
    await expectError(copyFile(source, 'd/f', target, 'no/g'), ResourceNotFound, 'no/g');
    await target.makeDir('dir');
    await expectError(copyFile(source, 'd/f', target, 'dir'), FileExpected, 'dir');
    await expectError(copyFile(source, 'd/f', new ReadOnlyFS(target), 'g'), ResourceReadOnly, 'g');
    expect(await target.readText('g')).toBe('old');
  });

  it('is not made from another bucket, though the client is the same', async () => {
    const client = plainClient();
    const other = await newBucket();
    const [here, there] = [bucket, other].map((name) => keep(new S3FS({ bucket: name, client }))) as [
      S3FS,
      S3FS,
    ];
    const path = randomUUID();
    await here.write(path, 'here');
    await copyFile(here, path, there, 'copy');
    expect(await there.readText('copy')).toBe('here');
    expect(await here.exists('copy')).toBe(false);
    client.destroy();
  });

  it.each([
    ['brings over too what replaces its source meanwhile', true, 'again', false],
    ['stays in both places where nothing is to be replaced', false, 'text', true],
  ])('by which a file is moved %s', async (_what, overwrite, moved, stays) => {
    const other = plainClient();
    const prefix = randomUUID();
    const replacement = keep(new S3FS({ bucket, prefix, client: other }));
    const sdk = plainClient();
    let arrivals = 0;
    sdk.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        const { Key, Body, CopySource } = args.input as { Key?: string; Body?: unknown; CopySource?: string };
        const arrived = Key === `${prefix}/g` && (Body ?? CopySource) !== undefined;
        if (arrived && ++arrivals === 1) await replacement.write('f', 'again');
        return answer;
      },
      { step: 'initialize' },
    );
    const mine = keep(new S3FS({ bucket, prefix, client: sdk }));
    await mine.write('f', 'text');
    const moving = mine.move('f', 'g', { overwrite });
    if (stays) await expectError(moving, OperationFailed, 'f');
    else await moving;
    expect([await mine.readText('g'), await mine.exists('f')]).toEqual([moved, stays]);
    sdk.destroy();
    other.destroy();
  });

  it('goes through what changes the bytes', async () => {
    const secret = keep(new Backwards(options()));
    await secret.write('f', 'abc');
    await copyFile(secret, 'f', target, 'plain');
    expect(await target.readText('plain')).toBe('abc');
    expect(secret.copierFrom(source.locate('d/f'), 'f')).toBeNull();
    expect(new MemoryFS().locateBytes('f')).toBeNull();
  });

  it('between namespaces keeps the deadline of the place, and a move brings its own', async () => {
    const directory = await temporaryDirectory();
    const mayfly = createMayfly({
      storage: { type: 's3fs', ...options() },
      expirations: { type: 'sqlite', path: join(directory.path, 'expirations.db') },
      purge: false,
    });
    const [one, other] = [mayfly.getFilesystem('one'), mayfly.getFilesystem('other')];
    await one.write('f', 'text', { seconds: 1000 });
    await other.expire('copy', 500);
    proxy.calls();
    await copyFile(one, 'f', other, 'copy');
    await copyFile(one, 'f', other, 'plain');
    await moveFile(one, 'f', other, 'moved');
    expect(proxy.calls().filter((call) => /COPY|PUT|GET/.test(call))).toEqual(['COPY', 'COPY', 'COPY']);
    const seconds = async (path: string): Promise<number> =>
      Math.round((((await other.getExpiration(path))?.getTime() ?? 0) - Date.now()) / 100_000);
    expect(await seconds('copy')).toBe(5);
    expect(await other.getExpiration('plain')).toBeNull();
    expect(await seconds('moved')).toBe(10);
    expect(await one.exists('f')).toBe(false);
    await mayfly.close();
    await directory.remove();
  });
});
