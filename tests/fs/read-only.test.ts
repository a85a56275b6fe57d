import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Filesystem, Info } from '../../src/index.js';
import {
  copyFS,
  FilesystemClosed,
  MemoryFS,
  moveFile,
  ReadOnlyFS,
  ResourceNotFound,
  ResourceReadOnly,
  S3FS,
} from '../../src/index.js';
import { expectError } from '../support/expect-error.js';

/** Every method that changes something, called so that it would succeed. */
const writes: Record<string, (fs: Filesystem) => Promise<unknown>> = {
  write: (fs) => fs.write('new', 'x'),
  writeBytes: (fs) => fs.writeBytes('new', Buffer.from('x')),
  writeText: (fs) => fs.writeText('new', 'x'),
  appendBytes: (fs) => fs.appendBytes('f', Buffer.from('x')),
  appendText: (fs) => fs.appendText('f', 'x'),
  upload: (fs) => fs.upload('new', Readable.from(['x'])),
  stage: (fs) => fs.stage('new', 'x'),
  create: (fs) => fs.create('new'),
  createOfWhatIsThere: (fs) => fs.create('f'),
  touch: (fs) => fs.touch('f'),
  setInfo: (fs) => fs.setInfo('f', { modified: new Date(0) }),
  makeDir: (fs) => fs.makeDir('new'),
  makeDirOfWhatIsThere: (fs) => fs.makeDir('d', { recreate: true }),
  makeDirs: (fs) => fs.makeDirs('new/new'),
  remove: (fs) => fs.remove('f'),
  removeVersion: (fs) => fs.removeVersion('f', { path: 'f' } as Info),
  removeDir: (fs) => fs.removeDir('d/empty'),
  removeTree: (fs) => fs.removeTree('d'),
  copy: (fs) => fs.copy('f', 'g'),
  move: (fs) => fs.move('f', 'g'),
  copyDir: (fs) => fs.copyDir('d', 'e', { create: true }),
  moveDir: (fs) => fs.moveDir('d', 'e', { create: true }),
  moveInto: (fs) => fs.moveInto(new MemoryFS(), 'f', 'f'),
};

describe('ReadOnlyFS', () => {
  let inner: MemoryFS;
  let fs: ReadOnlyFS;
  beforeEach(async () => {
    inner = new MemoryFS();
    await inner.makeDirs('d/empty');
    await inner.write('f', 'text');
    await inner.write('d/g', 'g');
    fs = new ReadOnlyFS(inner);
  });

  it('signs no uploads', async () => {
    const bucket = new S3FS({
      bucket: 'b',
      endpoint: 'http://127.0.0.1:9',
      awsAccessKeyId: 'a',
      awsSecretAccessKey: 'b',
    });
    expect(bucket.presigner().presignPost).toBeDefined();
    const signer = new ReadOnlyFS(bucket).presigner();
    expect(signer?.presignPost).toBeUndefined();
    const signed = await signer?.presign('f', { expiresIn: 60 });
    expect(new URL(signed?.url ?? '').pathname).toBe('/b/f');
    await bucket.close();
  });

  it('tells paths as its caller knows them, also of what has no system path', async () => {
    const directory = await inner.openDir('d');
    expect(() => directory.getSysPath('x')).toThrow(
      expect.objectContaining({ name: 'NoSysPath', path: 'x' }),
    );
  });

  it.each(Object.entries(writes))(
    'refuses %s, in the filesystem and in a directory of it',
    async (_, call) => {
      const before = await inner.tree();
      await expectError(call(fs), ResourceReadOnly);
      await expectError(call(await fs.openDir('')), ResourceReadOnly);
      await expectError(call(fs.openNamespace('d')), ResourceReadOnly);
      expect(await inner.tree()).toBe(before);
      expect(await inner.readText('f')).toBe('text');
    },
  );

  it('knows every method that changes something', () => {
    // A new writer must be added to the list above, or named here as a reader.
    const readers = new Set(
      `constructor getInfo scanDir scanTree openRead getMeta getSysPath hasSysPath validatePath match desc close isClosed
       locate checkOpen exists isDir isFile isLink getSize getType readBytes readText download hash listDir isEmpty
       filterDir walk glob tree openDir openNamespace identify presigner sweepStaged removeMany
       removeEmptyDirs openVersion locateBytes copierFrom landing servable promptWriter isFreeNow`.split(
        /\s+/,
      ),
    );
    const methods = new Set<string>();
    for (let at: object = ReadOnlyFS.prototype; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
      for (const name of Object.getOwnPropertyNames(at)) methods.add(name);
    }
    expect([...methods].filter((name) => !readers.has(name) && !(name in writes))).toEqual([]);
  });

  it('fails each of removeMany, and sweeps nothing', async () => {
    const outcomes = await fs.removeMany(['f', '../x']);
    expect(outcomes.map(({ result, error }) => [result, (error as { code?: string }).code])).toEqual([
      ['failed', 'ResourceReadOnly'],
      ['failed', 'IllegalBackReference'],
    ]);
    expect(await fs.sweepStaged(new Date())).toBe(0);
    expect(fs.copierFrom({ storage: inner, path: 'f' }, 'g')).toBeNull();
    expect(fs.landing('/f')).toEqual({ fs, path: 'f' });
    await fs.removeEmptyDirs(['d/empty']);
    expect(await inner.isDir('d/empty')).toBe(true);
  });

  it('refuses options of the wrong type to removeMany, as every filesystem does', async () => {
    for (const paths of [['f'], []]) {
      await expect(fs.removeMany(paths, { assumePresent: 5 as never })).rejects.toThrow(TypeError);
    }
  });

  it('reads', async () => {
    expect(await fs.readText('f')).toBe('text');
    expect(await fs.listDir('')).toEqual(['d', 'f']);
    expect(await fs.tree()).toBe(await inner.tree());
    expect(await fs.openNamespace('d').readText('g')).toBe('g');
    await expectError(fs.getInfo('x'), ResourceNotFound, 'x');
  });

  it('can be copied from, and not moved from', async () => {
    const other = new MemoryFS();
    await copyFS(fs, other);
    expect(await other.tree()).toBe(await inner.tree());
    await expectError(moveFile(fs, 'f', other, 'moved'), ResourceReadOnly, 'f');
    await expectError(copyFS(other, fs), ResourceReadOnly);
  });

  it('says that it is read-only, and lets go of the source of a write', async () => {
    expect(fs.getMeta()).toEqual({ ...inner.getMeta(), readOnly: true });
    const source = Readable.from(['x']);
    await expectError(fs.write('f', source), ResourceReadOnly, 'f');
    expect(source.destroyed).toBe(true);
  });

  it('leaves the other open when it is closed', async () => {
    await fs.close();
    await expectError(fs.write('f', 'x'), FilesystemClosed);
    await expectError(fs.readText('f'), FilesystemClosed);
    expect(await inner.readText('f')).toBe('text');
  });
});
