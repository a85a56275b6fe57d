/** Small files that a namespace stores at once, or holds until they are published. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { NamespaceFS, NamespaceStagedFile } from '../../src/index.js';
import {
  createMayfly,
  FileExists,
  FileExpected,
  FilesystemClosed,
  IllegalBackReference,
  MemoryFS,
  OSFS,
  ResourceNotFound,
} from '../../src/index.js';
import { atOnce } from '../support/at-once.js';
import { expectError } from '../support/expect-error.js';
import type { TestMayfly } from '../support/mayflies.js';
import { openOnQuickDisk } from '../support/mayflies.js';

const X = Buffer.from('x');
const LARGE = Buffer.alloc(100_000, 'y');

let opened: TestMayfly;
let ns: NamespaceFS;

beforeEach(async () => {
  opened = await openOnQuickDisk();
  ns = opened.mayfly.getFilesystem('ns');
});
afterEach(() => opened.cleanup());

/** What another mayfly on the same files and deadlines says of a path. */
async function seenByAnother(path: string): Promise<[string | null, Date | null]> {
  if (opened.shared === undefined) throw new Error('there can be no other');
  const another = createMayfly(opened.shared);
  try {
    const files = another.getFilesystem('ns');
    const text = (await files.exists(path)) ? await files.readText(path) : null;
    return [text, await files.getExpiration(path)];
  } finally {
    await another.close();
  }
}

/** What `ask` is told while somebody publishes a file at `path`. */
async function whileBusy<T>(files: NamespaceFS, path: string, ask: () => T): Promise<Awaited<T>> {
  const staged = await files.stage(path, 'theirs');
  const asked: T[] = [];
  await staged.publish(path, { check: () => void asked.push(ask()) });
  expect(asked).toHaveLength(1);
  return await (asked[0] as T);
}

describe('createSoon', () => {
  it('stores a file without a deadline, which others see', async () => {
    const info = await atOnce(() => ns.createSoon('a', Buffer.from('hello')));
    expect(info).toMatchObject({ path: 'a', size: 5, isDir: false });
    expect(await seenByAnother('a')).toEqual(['hello', null]);
    expect((await ns.getInfo('a')).etag).toBe(info.etag);
  });

  it('leaves a path alone that has a file or a deadline, or that somebody works on', async () => {
    await ns.write('file', 'old');
    await ns.expire('promised', 60);
    opened.clock.advance(-120);
    await ns.expire('past', 60);
    opened.clock.advance(120);
    for (const path of ['file', 'promised', 'past']) expect(await ns.createSoon(path, X)).toBeNull();
    expect(await whileBusy(ns, 'busy', () => ns.createSoon('busy', X))).toBeNull();
    expect(await seenByAnother('file')).toEqual(['old', null]);
    expect(await seenByAnother('busy')).toEqual(['theirs', null]);
    expect((await seenByAnother('promised'))[1]).not.toBeNull();
  });

  it('leaves a path alone that another process works on', async () => {
    if (opened.shared === undefined) throw new Error('there can be no other');
    const another = createMayfly(opened.shared);
    try {
      const theirs = another.getFilesystem('ns');
      expect(await whileBusy(theirs, 'a', () => ns.createSoon('a', X))).toBeNull();
    } finally {
      await another.close();
    }
    expect(await ns.readText('a')).toBe('theirs');
  });

  it('is null for a directory that is missing, and where there is no such way at all', async () => {
    expect(await ns.createSoon('missing/a', X)).toBeNull();
    const memory = createMayfly({ storage: { filesystem: new MemoryFS(), urlRoot: '/f' }, purge: false });
    expect(await memory.getFilesystem('ns').createSoon('a', X)).toBeNull();
    await memory.close();
  });

  it('refuses what is no path of a file', async () => {
    await expect(ns.createSoon('../a', X)).rejects.toThrow(IllegalBackReference);
    await expect(ns.createSoon('', X)).rejects.toThrow(FileExpected);
    await opened.mayfly.close();
    await expect(ns.createSoon('a', X)).rejects.toThrow(FilesystemClosed);
  });
});

describe('a small file that is held', () => {
  const staged = () => readdir(join(opened.directoryRoot as string, '.mayfly/tmp'));

  const hold = (path: string): Promise<NamespaceStagedFile> => atOnce(() => ns.hold(path, X));

  it('is nowhere on the disk, and then in its place', async () => {
    const file = await hold('a');
    expect([file.size, await staged()]).toEqual([1, []]);
    let deadline: Date | null | undefined;
    const onPublished = (given: Date | null) => {
      deadline = given;
    };
    const info = await file.publish('a', { overwrite: false, onPublished });
    expect([info.size, deadline]).toEqual([1, null]);
    expect(await seenByAnother('a')).toEqual(['x', null]);
    await file.discard();
    expect(await ns.exists('a')).toBe(true);
  });

  it.each<[string, (path: string) => Promise<unknown>, string]>([
    ['with a deadline', async (path) => (await hold(path)).publish(path, { seconds: 60 }), 'a'],
    ['in a directory that is missing', async (path) => (await hold(path)).publish(path), 'new/a'],
    [
      'under another path, when the first is taken',
      async (path) => {
        await ns.write('taken', 'old');
        const file = await hold('taken');
        await expectError(file.publish('taken', { overwrite: false }), FileExists, 'taken');
        await file.publish(path, { overwrite: false });
      },
      'b',
    ],
    [
      'over a file',
      async (path) => {
        await ns.write(path, 'old');
        await (await hold(path)).publish(path);
      },
      'c',
    ],
    [
      'after it was staged',
      async (path) => {
        const file = await hold(path);
        await file.synced;
        expect(await staged()).toHaveLength(1);
        await file.publish(path, { overwrite: false });
      },
      'd',
    ],
  ])('can be published %s', async (_, publish, path) => {
    await publish(path);
    expect((await seenByAnother(path))[0]).toBe('x');
    expect(await staged()).toEqual([]);
  });

  it('has its deadline from the first, is looked for before, and replaces nothing', async () => {
    let deadline: Date | null | undefined;
    const onPublished = (given: Date | null) => {
      deadline = given;
    };
    const [new60, looks] = [{ overwrite: false, seconds: 60 }, [] as unknown[]];
    const first = await hold('a');
    await first.publish('a', { ...new60, onPublished });
    expect(await seenByAnother('a')).toEqual(['x', deadline]);
    expect(deadline?.getTime()).toBe(opened.clock.now + 60_000);
    await expectError(first.publish('b', new60), ResourceNotFound, 'b');
    await (await hold('b')).publish('b', { ...new60, check: (...seen) => looks.push(seen) });
    expect(looks).toEqual([[null, null]]);
    const third = await hold('a');
    await expectError(third.publish('a', new60), FileExists, 'a');
    const [given, reason] = [new AbortController(), new Error('enough')];
    const publishing = third.publish('c', { ...new60, signal: given.signal });
    given.abort(reason);
    await expect(publishing).rejects.toBe(reason);
    expect(await seenByAnother('c')).toEqual([null, null]);
    await third.publish('d', new60);
    expect([await ns.listDir(''), await staged()]).toEqual([['a', 'b', 'd'], []]);
  });

  it('is published once, and not at all once it is discarded', async () => {
    const file = await hold('a');
    await file.publish('a', { overwrite: false });
    await expectError(file.publish('b', { overwrite: false }), ResourceNotFound, 'b');
    expect(await file.publishSoon?.('b', { overwrite: false })).toBeNull();
    const discarded = await hold('c');
    await discarded.discard();
    await expectError(discarded.publish('c'), ResourceNotFound, 'c');
    expect(await ns.listDir('')).toEqual(['a']);
  });

  it.each([{}, { seconds: 60 }])(
    'is published once by those who ask for it at the same time, with %j',
    async (lifetime) => {
      const file = await hold('a');
      const asked = ['a', 'b'].map((path) => file.publish(path, { overwrite: false, ...lifetime }));
      const outcomes = await Promise.allSettled(asked);
      const refused = { status: 'rejected', reason: expect.any(ResourceNotFound) };
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(outcomes).toContainEqual(refused);
      expect([await ns.listDir(''), await staged()]).toEqual([[expect.any(String)], []]);
    },
  );

  it.each([0, 1, 5, 15, 30, 100])(
    'is not there or whole where it is discarded as it gets a deadline, %i steps later',
    async (steps) => {
      const file = await hold('a');
      const publishing = file.publish('a', { overwrite: false, seconds: 60 });
      for (let i = 0; i < steps; i++) await Promise.resolve();
      const [published] = await Promise.allSettled([publishing, file.discard()]);
      expect(await ns.exists('a')).toBe(published.status === 'fulfilled');
      expect(await staged()).toEqual([]);
    },
  );

  it('is not staged to get a deadline', async () => {
    const stage = jest.spyOn(OSFS.prototype, 'stage');
    let tries = 0;
    await atOnce(async () => {
      const path = `f${tries++}`;
      const file = await hold(path);
      stage.mockClear();
      await file.publish(path, { overwrite: false, seconds: 60 });
      return stage.mock.calls.length === 0 || null;
    });
    stage.mockRestore();
  });

  it('is stored where the mayfly is closed while it waits for its turn', async () => {
    const storing = atOnce(() => ns.createSoon('a', X));
    await opened.mayfly.close();
    expect(await storing).toMatchObject({ path: 'a', size: 1 });
  });

  it('is not published where it was discarded, or staged, while it waited for its turn', async () => {
    const file = await hold('a');
    const publishing = file.publishSoon?.('a', { overwrite: false });
    await file.discard();
    expect(await publishing).toBeNull();
    const other = await hold('b');
    const again = other.publishSoon?.('b', { overwrite: false });
    const synced = other.synced;
    expect(await again).toBeNull();
    await synced;
    expect([await ns.listDir(''), await staged()]).toEqual([[], [expect.any(String)]]);
    await other.discard();
  });

  it('is not published once the signal is aborted, though it waited for its turn before', async () => {
    const file = await hold('a');
    const [given, reason] = [new AbortController(), new Error('enough')];
    const publishing = file.publish('a', { overwrite: false, signal: given.signal });
    given.abort(reason);
    await expect(publishing).rejects.toBe(reason);
    await file.discard();
    expect([await ns.exists('a'), await staged()]).toEqual([false, []]);
  });

  it('is forgotten when it is discarded, before and after it was tried to publish', async () => {
    await (await hold('a')).discard();
    await ns.write('taken', 'old');
    const file = await hold('taken');
    await expectError(file.publish('taken', { overwrite: false }), FileExists, 'taken');
    await file.discard();
    expect(await staged()).toEqual([]);
    expect(await ns.listDir('')).toEqual(['taken']);
  });

  it('is published all at once by publishSoon where it can be, else it is left to publish', async () => {
    const file = await hold('a');
    expect(await file.publishSoon?.('missing/a', { overwrite: false })).toBeNull();
    expect(await file.publishSoon?.('a', { overwrite: true })).toBeNull();
    expect(await file.publishSoon?.('a', { overwrite: false, seconds: 5 })).toBeNull();
    const info = await atOnce(() => file.publishSoon?.('a', { overwrite: false }) ?? null);
    expect(info).toMatchObject({ path: 'a', size: 1 });
    expect(await seenByAnother('a')).toEqual(['x', null]);
  });

  it('is not published once the signal is aborted', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    const file = await hold('a');
    await expect(file.publish('a', { overwrite: false, signal })).rejects.toBe(reason);
    await file.discard();
    expect([await ns.exists('a'), await staged()]).toEqual([false, []]);
  });

  it('can be no larger than what is stored at once, nor be on another storage', async () => {
    expect(ns.hold('a', Buffer.alloc(70_000))).toBeNull();
    const memory = createMayfly({ storage: { filesystem: new MemoryFS(), urlRoot: '/f' }, purge: false });
    expect(memory.getFilesystem('ns').hold('a', X)).toBeNull();
    await memory.close();
  });
});

describe('a large file that is staged', () => {
  const stage = (path: string): Promise<NamespaceStagedFile> => ns.stage(path, Readable.from([LARGE]));

  it('is published at once where nothing is in use, and has no deadline', async () => {
    const file = await stage('a');
    let deadline: Date | null | undefined;
    const onPublished = (given: Date | null) => {
      deadline = given;
    };
    const info = await atOnce(() => file.publishSoon?.('a', { overwrite: false, onPublished }) ?? null);
    expect([info.size, deadline]).toEqual([LARGE.length, null]);
    expect(await seenByAnother('a')).toEqual([String(LARGE), null]);
    expect(await opened.staged()).toEqual([]);
    await file.discard();
    expect(await ns.exists('a')).toBe(true);
  });

  it('is left to publish where there is more to it', async () => {
    await ns.write('taken', 'old');
    await ns.expire('promised', 60);
    const file = await stage('a');
    for (const path of ['taken', 'promised', 'missing/a'])
      expect(await file.publishSoon?.(path, { overwrite: false })).toBeNull();
    for (const how of [{ seconds: 5 }, { days: 5 }, { check: () => undefined }, { overwrite: true }])
      expect(await file.publishSoon?.('a', { overwrite: false, ...how })).toBeNull();
    await file.discard();
  });

  it('is published as ever by publish, whatever is in the way', async () => {
    await ns.write('taken', 'old');
    await ns.expire('promised', 60);
    const [refused, kept, replacing] = [await stage('taken'), await stage('promised'), await stage('taken')];
    await expectError(refused.publish('taken', { overwrite: false }), FileExists, 'taken');
    await refused.publish('new/a', { overwrite: false });
    let deadline: Date | null | undefined;
    const onPublished = (given: Date | null) => {
      deadline = given;
    };
    await kept.publish('promised', { overwrite: false, onPublished });
    expect(deadline).toEqual(await ns.getExpiration('promised'));
    expect(deadline).not.toBeNull();
    await replacing.publish('taken');
    expect((await seenByAnother('taken'))[0]).toBe(String(LARGE));
    expect(await opened.staged()).toEqual([]);
  });

  it('is not published once the signal is aborted', async () => {
    const reason = new Error('enough');
    const file = await stage('a');
    const signal = AbortSignal.abort(reason);
    await expect(file.publish('a', { overwrite: false, signal })).rejects.toBe(reason);
    await file.discard();
    expect([await ns.exists('a'), await opened.staged()]).toEqual([false, []]);
  });

  it('is not published while somebody works on the path', async () => {
    const file = await stage('busy');
    expect(await whileBusy(ns, 'busy', () => file.publishSoon?.('busy', { overwrite: false }))).toBeNull();
    await file.discard();
    expect(await seenByAnother('busy')).toEqual(['theirs', null]);
  });
});
