import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  DestinationExists,
  DirectoryExpected,
  FileExpected,
  FilesystemClosed,
  OperationFailed,
  ResourceNotFound,
  ResourceReadOnly,
} from '../../src/errors/errors.js';
import type { Filesystem, Info, NamespaceFS, WriteSource } from '../../src/index.js';
import { MemoryFS, MountFS, moveDir, moveFile, moveFS, ReadOnlyFS, SubFS } from '../../src/index.js';
import type { Mayfly } from '../../src/mayfly.js';
import { createMayfly } from '../../src/mayfly.js';
import { expectError } from '../support/expect-error.js';

const START = Date.UTC(2026, 0, 1);
const SOON = new Date(START + 60_000);

function mounted(mounts: Readonly<Record<string, Filesystem>>): MountFS {
  const all = new MountFS({ autoClose: false });
  for (const [path, fs] of Object.entries(mounts)) all.mount(path, fs);
  return all;
}

let now: number;
let mayfly: Mayfly;
let a: NamespaceFS;
let b: NamespaceFS;
beforeEach(async () => {
  now = START;
  mayfly = createMayfly({
    storage: { type: 'memoryfs', urlRoot: '/f' },
    expirations: { type: 'sqlite', path: ':memory:' },
    purge: false,
    clock: () => now,
  });
  [a, b] = [mayfly.getFilesystem('a'), mayfly.getFilesystem('b')];
  await b.makeDirs('d/e');
});
afterEach(() => mayfly.close());

describe('a file that is replaced while it is moved', () => {
  it('keeps its deadline where it stays, and brings that of the version which arrives', async () => {
    await a.write('f', 'one', { seconds: 60 });
    const version = await a.getInfo('f');
    await a.write('f', 'another', { seconds: 60 });
    expect(await a.removeVersion('f', version)).toBe(false);
    expect([await a.readText('f'), await a.getExpiration('f')]).toEqual(['another', SOON]);
    expect(await a.removeVersion('f', await a.getInfo('f'))).toBe(true);
    expect(await a.getExpiration('f')).toBeNull();
  });

  it('is in both places, each with a deadline, where nothing is to be replaced', async () => {
    const [one, two] = [new MemoryFS(), new MemoryFS()];
    const storage = { filesystem: mounted({ a: one, b: two }), urlRoot: '/f' };
    const other = createMayfly({
      storage,
      expirations: { type: 'sqlite', path: ':memory:' },
      purge: false,
      clock: () => now,
    });
    const [from, to] = [other.getFilesystem('a'), other.getFilesystem('b')];
    await from.write('f', 'one', { seconds: 60 });
    const write = two.write.bind(two);
    two.write = async (...args) => {
      const info = await write(...args);
      await one.write('f', 'another'); // By somebody beside mayfly, whom no claim holds off.
      return info;
    };
    await expectError(moveFile(from, 'f', to, 'g'), OperationFailed, 'f');
    await two.remove('g');
    await expectError(from.moveInto(to, 'f', 'g'), OperationFailed, 'f');
    expect([await from.readText('f'), await from.getExpiration('f')]).toEqual(['another', SOON]);
    expect([await to.readText('g'), await to.getExpiration('g')]).toEqual(['another', SOON]);
    await other.close();
  });
});

/** What shows the directory d of the namespace b, and where it shows it. */
const VIEWS: [string, () => Promise<[Filesystem, string]> | [Filesystem, string]][] = [
  ['a mount of it', () => [mounted({ at: b }), 'at/d']],
  ['a mount of its directory', async () => [mounted({ at: await b.openDir('d') }), 'at']],
  ['a mount in a mount', () => [mounted({ out: mounted({ at: b }) }), 'out/at/d']],
  ['a directory of a mount', async () => [await mounted({ at: b }).openDir('at'), 'd']],
  ['a SubFS', () => [new SubFS(b, 'd'), '']],
  ['a SubFS of a SubFS', () => [new SubFS(new SubFS(b, ''), 'd'), '']],
  ['a wrapper that writes as it does', () => [new (class extends SubFS {})(b, ''), 'd']],
];
describe.each(VIEWS)('a move into another namespace by %s', (_, view) => {
  let to: Filesystem;
  let at: (path: string) => string;
  beforeEach(async () => {
    const [fs, directory] = await view();
    to = fs;
    at = (path) => (directory === '' ? path : `${directory}/${path}`);
  });

  it('takes the deadline along', async () => {
    for (const path of ['one', 'tree/f', 'tree/g/f']) await a.write(path, '', { seconds: 60 });
    await moveFile(a, 'one', to, at('one'));
    await moveDir(a, 'tree', to, at('tree'));
    expect(await b.getExpirations(['d/one', 'd/tree/f', 'd/tree/g/f'])).toEqual([SOON, SOON, SOON]);
    expect(await a.getExpirations(['one', 'tree/f'])).toEqual([null, null]);
  });

  it('keeps a file without one from the deadline that the path had', async () => {
    await b.write('d/report', 'draft', { seconds: 60 });
    await a.write('report', 'to be kept');
    await moveFile(a, 'report', to, at('report'));
    now += 120_000;
    expect(await mayfly.expireObjects()).toMatchObject({ removed: 0 });
    expect(await b.readText('d/report')).toBe('to be kept');
  });

  it('takes the deadline along from a mount too', async () => {
    for (const path of ['one', 'tree/f']) await a.write(path, '', { seconds: 60 });
    const from = mounted({ 'x/a': a });
    await moveFile(from, 'x/a/one', to, at('one'));
    await moveDir(from, 'x/a/tree', to, at('tree'));
    expect(await b.getExpirations(['d/one', 'd/tree/f'])).toEqual([SOON, SOON]);
  });

  it('fails with the paths that were given', async () => {
    await a.write('f', '');
    await b.write('d/file', '');
    await expectError(a.moveInto(to, 'f', at('file')), DestinationExists, at('file'));
    await expectError(moveFile(a, 'f', to, at('e')), FileExpected, at('e'));
    await expectError(moveFile(a, 'f', to, at('file/f')), DirectoryExpected, at('file'));
    await expectError(moveFile(a, 'f', to, at('file/f/g')), DirectoryExpected, at('file'));
    await expectError(a.moveInto(to, 'no', at('new')), ResourceNotFound, 'no');
    expect(await a.exists('f')).toBe(true);
  });
});

describe('a move into a mount', () => {
  it('of a whole namespace takes the deadlines along', async () => {
    await a.write('d/f', '', { seconds: 60 });
    await moveFS(a, mounted({ '': b }));
    expect(await b.getExpiration('d/f')).toEqual(SOON);
  });

  it('makes the directories that lead to another mount, and no file of them', async () => {
    const all = mounted({ '': b, 'lead/to/it': new MemoryFS() });
    await a.write('f', '', { seconds: 60 });
    await expectError(moveFile(a, 'f', all, 'lead/to'), FileExpected, 'lead/to');
    await expectError(moveFile(a, 'f', all, 'lead/to/it'), FileExpected, 'lead/to/it');
    await moveFile(a, 'f', all, 'lead/f');
    expect(await b.getExpiration('lead/f')).toEqual(SOON);
  });

  it('does not put a file where a namespace, or a directory that is gone, is mounted', async () => {
    const gone = await b.openDir('d/e');
    await b.removeTree('d');
    await a.write('f', '');
    const all = mounted({ whole: b, gone });
    for (const path of ['whole', 'gone']) {
      for (const overwrite of [true, false]) {
        await expectError(a.moveInto(all, 'f', path, { overwrite }), FileExpected, path);
      }
    }
    expect([await a.exists('f'), await b.listDir('')]).toEqual([true, []]);
  });

  it('is refused when the mount is closed, or what it shows', async () => {
    await a.write('f', '');
    const all = mounted({ at: await b.openDir('d') });
    await all.close();
    await expectError(moveFile(a, 'f', all, 'at/f'), FilesystemClosed);
    await expectError(a.moveInto(all, 'f', 'at/f'), FilesystemClosed);
    const opened = await b.openDir('d');
    await opened.close();
    for (const to of [mounted({ at: opened }), mounted({ at: new SubFS(opened, 'e') })]) {
      await expectError(a.moveInto(to, 'f', 'at/f'), FilesystemClosed);
    }
    expect(await a.exists('f')).toBe(true);
  });
});

describe('a move by a wrapper of one’s own', () => {
  class Shouting extends SubFS {
    override async write(path: string, source: WriteSource): Promise<Info> {
      return super.write(path, (await new Response(source as Readable).text()).toUpperCase());
    }
  }
  class Whispering extends SubFS {
    override async openRead(path: string): Promise<Readable> {
      return Readable.from([(await this.readAll(path)).toLowerCase()]);
    }
    async readAll(path: string): Promise<string> {
      return new Response(await super.openRead(path)).text();
    }
  }

  it('writes in the way of the wrapper, also where a mount or a directory shows it', async () => {
    const shouting = new Shouting(b, '');
    const views: [Filesystem, string][] = [
      [shouting, 'd/f'],
      [mounted({ at: shouting }), 'at/d/f'],
      [new SubFS(shouting, 'd'), 'f'],
    ];
    for (const [to, path] of views) {
      await a.write('f', 'text');
      await moveFile(a, 'f', to, path);
      expect([await b.readText('d/f'), await a.exists('f')]).toEqual(['TEXT', false]);
    }
  });

  it('reads in the way of the wrapper', async () => {
    for (const to of [b, mounted({ '': b })]) {
      await a.write('f', 'TEXT');
      await moveFile(new Whispering(a, ''), 'f', to, 'f');
      expect([await b.readText('f'), await a.exists('f')]).toEqual(['text', false]);
    }
  });

  it('is refused by one that can only be read, and leaves the file', async () => {
    const locked = new ReadOnlyFS(b);
    await a.write('f', '');
    await expectError(moveFile(a, 'f', locked, 'f'), ResourceReadOnly, 'f');
    await expectError(moveFile(a, 'f', mounted({ at: locked }), 'at/f'), ResourceReadOnly, 'at/f');
    await expectError(moveFile(a, 'f', new SubFS(locked, 'd'), 'f'), ResourceReadOnly, 'f');
    expect([await a.exists('f'), await b.listDir('')]).toEqual([true, ['d']]);
  });
});

describe('an error of a move between opened directories', () => {
  it('tells the paths that they show', async () => {
    for (const path of ['d/e/f', 'd/x']) await a.write(path, '');
    await b.write('d/file', '');
    const [from, to] = [await a.openDir('d'), await b.openDir('d')];
    await expectError(moveFile(a, 'd/x', to, 'file/y'), DirectoryExpected, 'file');
    await expectError(moveFile(from, 'x', b, 'd/file/y'), DirectoryExpected, 'd/file');
    await expectError(from.moveInto(to, 'e', 'new'), FileExpected, 'e');
    await expectError(from.moveInto(to, 'e', ''), FileExpected, '');
    const all = mounted({ a: from, b: to });
    await expectError(all.move('a/e', 'b/new'), FileExpected, 'a/e');
    await expectError(all.move('a/x', 'b/file/y'), DirectoryExpected, 'b/file');
  });

  it('tells those of each where both are of one namespace', async () => {
    for (const path of ['d/e/f', 'd/x', 'o/file']) await a.write(path, '');
    const [from, to] = [await a.openDir('d'), await a.openDir('o')];
    await expectError(moveFile(from, 'x', to, 'file/y'), DirectoryExpected, 'file');
    await expectError(from.moveInto(to, 'e', 'new'), FileExpected, 'e');
    await expectError(from.moveInto(to, 'x', 'file'), DestinationExists, 'file');
  });
});
