import { chmod, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OSFS } from '../../src/backends/disk/disk-filesystem.js';
import {
  DirectoryNotEmpty,
  InvalidNamespace,
  InvalidPath,
  OperationFailed,
  RemoteConnectionError,
} from '../../src/errors/errors.js';
import { describeFilesystem } from '../conformance/filesystem.js';
import { expectError, rejectionOf } from '../support/expect-error.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

describeFilesystem('OSFS', async () => {
  const { path, remove } = await temporaryDirectory();
  return { fs: new OSFS(path, { durable: false }), cleanup: remove };
});

describeFilesystem('a directory of an OSFS', async () => {
  const { path, remove } = await temporaryDirectory();
  const fs = new OSFS(path, { durable: false });
  await fs.makeDirs('some/where');
  await fs.write('some/canary', 'not to be seen');
  return { fs: await fs.openDir('some/where'), cleanup: remove };
});

describeFilesystem('a namespace of an OSFS that syncs', async () => {
  const { path, remove } = await temporaryDirectory();
  const namespace = new OSFS(path).openNamespace('n');
  await namespace.makeDir('', { recreate: true });
  return { fs: namespace, cleanup: remove };
});

const onPosix = process.platform === 'win32' ? it.skip : it;

describe('OSFS', () => {
  let directory: string;
  let remove: () => Promise<void>;
  let fs: OSFS;
  beforeEach(async () => {
    ({ path: directory, remove } = await temporaryDirectory());
    fs = new OSFS(directory, { durable: false });
  });
  afterEach(() => remove());

  onPosix.each([true, false])('what replaces a file has its permissions (durable: %s)', async (durable) => {
    const files = new OSFS(directory, { durable });
    const modeOf = async (name: string) => (await stat(join(directory, name))).mode & 0o7777;
    for (const name of ['private', 'public', 'lent']) await files.write(name, 'old');
    await chmod(join(directory, 'private'), 0o600);
    await chmod(join(directory, 'lent'), 0o4750);
    const usual = await modeOf('public');
    await files.write('private', 'new');
    await files.appendText('private', '!');
    await files.write('lent', 'new');
    await files.write('fresh', 'new');
    await files.write('copied', 'old');
    await chmod(join(directory, 'copied'), 0o640);
    await files.copy('public', 'copied', { overwrite: true });
    expect(await files.readText('private')).toBe('new!');
    const modes = await Promise.all(['private', 'lent', 'copied', 'public', 'fresh'].map(modeOf));
    expect(modes).toEqual([0o600, 0o750, 0o640, usual, usual]);
  });

  it('stores plain files where getSysPath says', async () => {
    const namespace = fs.openNamespace('n');
    await namespace.write('f', 'x');
    expect(namespace.getSysPath('f')).toBe(join(directory, 'n/f'));
    expect((await stat(join(directory, 'n/f'))).mode & 0o777).toBe(0o666 & ~process.umask());
    expect((await stat(join(directory, 'n'))).mode & 0o777).toBe(0o777 & ~process.umask());
  });

  it('shows files that others made, and not names that no path can have', async () => {
    await writeFile(join(directory, 'foreign'), 'x');
    await writeFile(join(directory, 'new\nline'), 'x');
    await writeFile(Buffer.concat([Buffer.from(`${directory}/bad`), Buffer.from([0xff])]), 'x');
    expect(await fs.listDir('')).toEqual(['foreign']);
  });

  it('takes a link as root', async () => {
    await mkdir(join(directory, 'real'));
    await symlink('real', join(directory, 'link'));
    const linked = new OSFS(join(directory, 'link'), { durable: false });
    await linked.openNamespace('n').write('f', 'x');
    expect(await fs.readText('real/n/f')).toBe('x');
  });

  it('makes the directory of a namespace when something is written, and not before', async () => {
    const namespace = fs.openNamespace('n');
    expect(await namespace.exists('f')).toBe(false);
    await expectError(
      namespace.write('a/b', 'x'),
      { name: 'ResourceNotFound', prototype: Error.prototype },
      'a/b',
    );
    expect(await fs.exists('n')).toBe(false);
    await namespace.write('f', 'x');
    expect(await fs.listDir('n')).toEqual(['f']);
    await fs.openNamespace('m').makeDirs('a/b');
    expect(await fs.isDir('m/a/b')).toBe(true);
  });

  it.each(['..', '.', '', '.mayfly', 'a/b', '/etc', '$HOME/x', 'a\u0000'])(
    'refuses the namespace %j',
    (name) => {
      expect(() => fs.openNamespace(name)).toThrow(InvalidNamespace);
    },
  );

  it('refuses components over 255 bytes and paths over the system limit', async () => {
    await expectError(fs.write('a'.repeat(256), 'x'), InvalidPath);
    await expectError(fs.write('é'.repeat(128), 'x'), InvalidPath);
    expect(() => fs.validatePath(`${'a'.repeat(255)}/`.repeat(20))).toThrow(InvalidPath);
    await expectError(fs.getInfo('a/'.repeat(3000)), InvalidPath);
  });

  it('never makes its root, and says without a server path that it is missing', async () => {
    const missing = new OSFS(join(directory, 'missing'), { durable: false });
    const namespace = missing.openNamespace('n');
    for (const attempt of [
      missing.write('f', 'x'),
      namespace.write('f', 'x'),
      namespace.makeDir('', { recreate: true }),
      missing.identify(),
      missing.getInfo(''),
    ]) {
      const error = await rejectionOf(attempt);
      expect(error).toBeInstanceOf(OperationFailed);
      expect((error as Error).message).not.toContain(directory);
    }
    expect(await readdir(directory)).toEqual([]);
  });

  it('says that a root which is a file is no directory', async () => {
    await writeFile(join(directory, 'f'), 'x');
    await expectError(new OSFS(join(directory, 'f')).identify({ create: true }), RemoteConnectionError);
  });

  it('does not write to a root that has gone', async () => {
    await fs.write('f', 'x');
    const namespace = fs.openNamespace('n');
    await remove();
    expect(await rejectionOf(namespace.write('f', 'x'))).toBeInstanceOf(OperationFailed);
    expect(await rejectionOf(fs.write('f', 'x'))).toBeInstanceOf(OperationFailed);
    expect(await rejectionOf(fs.identify())).toBeInstanceOf(OperationFailed);
  });

  describe('identify', () => {
    it('is a UUID that stays, and that all agree on', async () => {
      const others = Array.from({ length: 8 }, () => new OSFS(directory, { durable: false }));
      const ids = await Promise.all(others.map((other) => other.identify({ create: true })));
      expect(new Set(ids).size).toBe(1);
      expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
      expect(await new OSFS(directory).identify()).toBe(ids[0]);
      expect(await fs.openNamespace('n').identify()).toBe(ids[0]);
      expect(await readdir(join(directory, '.mayfly/tmp'))).toEqual([]);
    });

    it('makes the root when it is told to', async () => {
      const deep = new OSFS(join(directory, 'a/b'), { durable: false });
      expect(await deep.identify({ create: true })).toBe(await deep.identify());
    });

    it('refuses a directory that was never set up, with and without files', async () => {
      await expectError(fs.identify(), RemoteConnectionError);
      await fs.write('f', 'x');
      await expectError(fs.identify(), RemoteConnectionError);
    });

    it('refuses a damaged identity', async () => {
      await mkdir(join(directory, '.mayfly'));
      await writeFile(join(directory, '.mayfly/id'), 'nonsense');
      await expectError(fs.identify({ create: true }), OperationFailed);
    });
  });

  it('moves a file without copying it', async () => {
    await fs.write('f', 'x');
    const { ino } = await stat(fs.getSysPath('f'));
    await fs.move('f', 'g');
    await fs.write('h', 'y');
    await fs.move('g', 'h', { overwrite: true });
    expect((await stat(fs.getSysPath('h'))).ino).toBe(ino);
  });

  it('keeps the entity tag of a file until it changes', async () => {
    const { etag } = await fs.write('f', 'x');
    expect((await new OSFS(directory).getInfo('f')).etag).toBe(etag);
    await fs.setInfo('f', { modified: new Date('2001-01-01') });
    expect((await fs.getInfo('f')).etag).not.toBe(etag);
  });

  it('removes what is invisible with a tree, and refuses it with a directory', async () => {
    await fs.makeDir('d');
    await symlink('/nowhere', join(directory, 'd/dangling'));
    expect(await fs.isEmpty('d')).toBe(true);
    await expectError(fs.removeDir('d'), DirectoryNotEmpty, 'd');
    await fs.removeTree('d');
    expect(await fs.exists('d')).toBe(false);
  });
});
