/** Directories that are to be made where none can be, or where something is. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeDirectories, makeDirectoriesSync } from '../../src/backends/disk/make-directories.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const ways: [name: string, make: (path: string) => Promise<void>][] = [
  ['makeDirectories', makeDirectories],
  ['makeDirectoriesSync', async (path) => makeDirectoriesSync(path)],
];

describe.each(ways)('%s', (_name, make) => {
  let top: string;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    ({ path: top, remove } = await temporaryDirectory());
    await mkdir(join(top, 'there'));
    await writeFile(join(top, 'file'), '');
    await symlink('there', join(top, 'link'));
    await symlink('nowhere', join(top, 'dangling'));
  });
  afterEach(() => remove());

  it.each(['there', 'new', 'there/new', 'a/b/c', 'a//b/../c/', 'link', 'link/new'])(
    'makes %s',
    async (path) => {
      await make(join(top, path));
      await make(join(top, path));
      expect((await stat(join(top, path))).isDirectory()).toBe(true);
    },
  );

  it.each([
    ['file', 'EEXIST'],
    ['dangling', 'EEXIST'],
    ['file/new', 'ENOTDIR'],
    ['file/new/er', 'ENOTDIR'],
  ])('can not make %s: %s', async (path, code) => {
    await expect(make(join(top, path))).rejects.toMatchObject({ code });
  });

  it('leaves the root of the system alone', async () => {
    await make('/');
  });
});

/** Run a module by itself, as what is wrong would stop all of this process. @returns what it prints */
async function run(body: string): Promise<string> {
  const index = JSON.stringify(new URL('../../dist/index.js', import.meta.url).href);
  const module = `import { createMayfly, openFS } from ${index};
    const told = (promise) => promise.then(() => 'done', (error) => error.code);
    ${body}`;
  const how = { timeout: 20_000 };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', module], how);
  return stdout.trim();
}

const ready = (options: string): string =>
  `const mayfly = createMayfly({ purge: false, ${options} });
   console.log(await told(mayfly.ready()));
   await mayfly.close();`;

(existsSync('/proc/self') ? describe : describe.skip)('below /proc, where nothing can be made', () => {
  it.each<[string, string, string]>([
    [
      'a database',
      ready(`storage: { type: 'memoryfs', urlRoot: '/f' },
        expirations: { type: 'sqlite', path: '/proc/nope/deep/x.db' }`),
      'RemoteConnectionError',
    ],
    [
      'a root',
      ready(`storage: { type: 'osfs', directoryRoot: '/proc/nope/deep', urlRoot: '/f' },
        expirations: { type: 'sqlite', path: ':memory:' }`),
      'RemoteConnectionError',
    ],
    [
      'a directory of a URL',
      `console.log(await told(openFS('osfs:///proc/nope/deep?create=true')));`,
      'ResourceNotFound',
    ],
  ])('%s is refused', async (_what, body, code) => {
    expect(await run(body)).toBe(code);
  });
});
