import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseFilesystemUrl } from '../../src/composed/filesystem-url.js';
import {
  DirectoryExpected,
  InvalidPath,
  MemoryFS,
  OSFS,
  openFS,
  ResourceNotFound,
  registerProtocol,
  TempFS,
  Unsupported,
} from '../../src/index.js';
import { expectError } from '../support/expect-error.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

describe('openFS', () => {
  let directory: string;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    ({ path: directory, remove } = await temporaryDirectory());
  });
  afterEach(() => remove());

  it.each(['osfs://', 'file://', 'OSFS://', ''])('opens a directory by %spath', async (prefix) => {
    await writeFile(join(directory, 'f'), 'x');
    const fs = await openFS(prefix + directory);
    expect(fs).toBeInstanceOf(OSFS);
    expect(await fs.readText('f')).toBe('x');
  });

  it('decodes what is percent-encoded, and no more', async () => {
    await mkdir(join(directory, 'a b#?%41é'));
    await writeFile(join(directory, 'a b#?%41é', 'f'), 'x');
    const url = pathToFileURL(join(directory, 'a b#?%41é')).href;
    expect(await (await openFS(url)).readText('f')).toBe('x');
    expect(await (await openFS(url.replace('file://', 'file://localhost'))).readText('f')).toBe('x');
    await expectError(openFS('osfs:///%zz'), InvalidPath);
  });

  it('refuses a directory that is missing, unless it may make it', async () => {
    const path = join(directory, 'no/such');
    await expectError(openFS(`osfs://${path}`), ResourceNotFound, path);
    await expectError(openFS(`osfs://${path}?create=false`), ResourceNotFound, path);
    await expectError(openFS(`osfs://${path}?create=perhaps`), TypeError);
    expect(await readdir(directory)).toEqual([]);
    const fs = await openFS(`osfs://${path}?create=true`);
    await fs.write('f', 'x');
    expect(await (await openFS(`osfs://${path}?create`)).readText('f')).toBe('x');
  });

  it('refuses a file, and no directory at all', async () => {
    const path = join(directory, 'f');
    await writeFile(path, 'x');
    await expectError(openFS(`osfs://${path}`), DirectoryExpected, path);
    await expectError(openFS(`osfs://${path}?create=true`), DirectoryExpected, path);
    await expectError(openFS('osfs://'), InvalidPath);
  });

  it('opens memory and a temporary directory, new each time', async () => {
    const [one, two] = [await openFS('mem://'), await openFS('mem://')];
    expect(one).toBeInstanceOf(MemoryFS);
    await one.write('f', 'x');
    expect(await two.exists('f')).toBe(false);
    const temp = await openFS('temp://job');
    expect(temp).toBeInstanceOf(TempFS);
    expect(temp.getSysPath('')).toContain('job-');
    await temp.close();
  });

  it.each(['nope://x', 'ht!tp://x', '://x'])('refuses %s', async (url) => {
    await expectError(openFS(url), Unsupported);
  });

  it('refuses what is no text', async () => {
    await expectError(openFS(5 as never), TypeError);
  });

  it('learns protocols, and unlearns them', async () => {
    const fs = new MemoryFS();
    const forget = registerProtocol('My+Proto', ({ resource, parameters }) => {
      expect([resource, parameters.get('k')]).toEqual(['a/b', 'v w']);
      return fs;
    });
    expect(await openFS('my+proto://a%2Fb?k=v%20w')).toBe(fs);
    const forgetSecond = registerProtocol('my+proto', () => new MemoryFS());
    forget(); // Not the one in use: nothing happens.
    expect(await openFS('my+proto://')).not.toBe(fs);
    forgetSecond();
    expect(await openFS('my+proto://a%2Fb?k=v%20w')).toBe(fs);
    forget();
    await expectError(openFS('my+proto://a'), Unsupported);
    expect(() => registerProtocol('no good', () => fs)).toThrow(Unsupported);
    expect(() => registerProtocol('x', null as never)).toThrow(TypeError);
  });
});

describe('parseFilesystemUrl', () => {
  it.each([
    [
      's3://bucket/prefix?region=eu-central-1&endpoint=http%3A%2F%2Flocalhost',
      's3',
      null,
      null,
      'bucket/prefix',
      2,
    ],
    ['x://user:p%40ss@host/a', 'x', 'user', 'p@ss', 'host/a', 0],
    ['x://user@host', 'x', 'user', null, 'host', 0],
    ['x://', 'x', null, null, '', 0],
    ['x://a?b=c=d&e', 'x', null, null, 'a', 2],
    ['/a/b@c?d', 'osfs', null, null, '/a/b@c?d', 0],
    ['osfs:///a/b@c', 'osfs', null, null, '/a/b@c', 0],
  ])('takes %s apart', (url, protocol, user, password, resource, parameters) => {
    const parsed = parseFilesystemUrl(url);
    expect({ ...parsed, parameters: parsed.parameters.size }).toEqual({
      protocol,
      user,
      password,
      resource,
      parameters,
    });
  });
});
