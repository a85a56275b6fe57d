/** A new file with a deadline, where its path is claimed and the intent noted in one step: SQLite, and a disk. */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SqliteLog } from '../../src/expirations/sql/sqlite-log.js';
import type { FileKey, Mayfly, NamespaceFS, RowChange, SettleOptions } from '../../src/index.js';
import {
  createMayfly,
  FileExists,
  InsufficientStorage,
  OSFS,
  RemoteConnectionError,
  SqliteExpirationStore,
} from '../../src/index.js';
import { expectError } from '../support/expect-error.js';
import { FakeClock } from '../support/mayflies.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

/** Remembers in how many steps deadlines were given. */
class CountingStore extends SqliteExpirationStore {
  atOnce = 0;
  intents = 0;

  override claimAndChange(...[token, key, change]: Parameters<SqliteExpirationStore['claimAndChange']>) {
    return super.claimAndChange(token, key, (row) => {
      const asked = change(row);
      if (asked !== null) this.atOnce++;
      return asked;
    });
  }

  override settle(token: string, changes: readonly RowChange[], options?: SettleOptions) {
    if (options?.keepClaim === true) this.intents++;
    return super.settle(token, changes, options);
  }
}

describe.each([true, false])('a deadline on a disk whose writes are durable: %s', (durable) => {
  let top: string;
  let remove: () => Promise<void>;
  let clock: FakeClock;
  let store: CountingStore;
  let disk: OSFS;
  let mayfly: Mayfly;
  let ns: NamespaceFS;

  function open(expirations: SqliteExpirationStore, filesystem: OSFS): Mayfly {
    return createMayfly({
      storage: { filesystem, urlRoot: '/files' },
      expirations: { store: expirations },
      purge: false,
      clock: () => clock.read(),
    });
  }

  beforeEach(async () => {
    ({ path: top, remove } = await temporaryDirectory());
    clock = new FakeClock();
    await mkdir(join(top, 'files'));
    disk = new OSFS(join(top, 'files'), { durable });
    store = new CountingStore(join(top, 'expirations.db'));
    mayfly = open(store, disk);
    ns = mayfly.getFilesystem('ns');
    // The directories have to be met first.
    for (let i = 0; store.atOnce === 0; i++) {
      await ns.write(`warm-${i}`, 'x', { seconds: 1 });
      if (i === 1000) throw new Error('it is never done at once');
    }
    clock.advance(1);
    await mayfly.expireObjects();
    await ns.write('kept', 'x');
    store.atOnce = 0;
    store.intents = 0;
  });

  afterEach(async () => {
    await mayfly.close();
    await store.close();
    await remove();
  });

  /** What another process on the same files and deadlines sees. */
  async function seenByAnother(path: string): Promise<[string | null, number | null]> {
    const other = new SqliteExpirationStore(join(top, 'expirations.db'));
    const another = open(other, new OSFS(join(top, 'files')));
    try {
      const files = another.getFilesystem('ns');
      const deadline = await files.getExpiration(path);
      const text = (await files.exists(path)) ? await files.readText(path) : null;
      return [text, deadline === null ? null : (deadline.getTime() - clock.now) / 1000];
    } finally {
      await another.close();
      await other.close();
    }
  }

  it('is given in one step with the claim, and is the same as one that is not', async () => {
    let written = 0;
    while (store.atOnce === 0) {
      store.intents = 0;
      await ns.write(`a-${written++}`, 'new', { seconds: 60 });
    }
    expect(store.intents).toBe(0);
    expect(await seenByAnother(`a-${written - 1}`)).toEqual(['new', 60]);
    const other = await ns.stage('b', 'staged');
    await other.publish('b', { seconds: 30, overwrite: false });
    expect(await seenByAnother('b')).toEqual(['staged', 30]);
    clock.advance(60);
    expect(await mayfly.expireObjects()).toMatchObject({ removed: written + 1, missing: 0, failed: 0 });
    expect(await ns.listDir('')).toEqual(['kept']);
  });

  it('that was promised before its file is replaced by that of the file, or kept', async () => {
    await ns.expire('a', 10);
    await ns.expire('b', 20);
    await ns.write('a', 'new', { seconds: 60 });
    await ns.write('b', 'new');
    expect(await seenByAnother('a')).toEqual(['new', 60]);
    expect(await seenByAnother('b')).toEqual(['new', 20]);
    expect(await mayfly.check()).toMatchObject({ rows: 2, lost: 0, unsettled: 0 });
  });

  it('of a write that was broken off holds for the next one, as far as what is stored says so', async () => {
    const inSeconds = (seconds: number) => clock.now + seconds * 1000;
    for (const [path, before, holds] of [
      ['went-through', 'what was there', 5],
      ['did-not', null, 100],
    ] as const) {
      const key = { namespace: 'ns', path };
      await store.claim(path, [key]);
      const intent = { deadline: inSeconds(5), before };
      await store.settle(path, [{ ...key, deadline: inSeconds(100), intent, seen: true }]);
      await ns.write(path, 'new');
      expect(await seenByAnother(path)).toEqual(['new', holds]);
    }
  });

  it('of a file that replaces one comes with it', async () => {
    await ns.write('a', 'old', { seconds: 10 });
    await ns.write('a', 'new', { seconds: 60 });
    await expectError(ns.write('a', 'late', { seconds: 5, overwrite: false }), FileExists, 'a');
    expect(await seenByAnother('a')).toEqual(['new', 60]);
  });

  it('leaves no trace where the file can not be stored', async () => {
    const stage = OSFS.prototype.stage;
    OSFS.prototype.stage = async (path) => {
      await sleep(20);
      throw new InsufficientStorage(path);
    };
    try {
      await ns.expire('b', 50);
      for (const [path, promised] of [
        ['a', null],
        ['b', 50],
      ] as const) {
        await expectError(ns.write(path, 'x', { seconds: 5 }), InsufficientStorage, path);
        expect(await seenByAnother(path)).toEqual([null, promised]);
      }
    } finally {
      OSFS.prototype.stage = stage;
    }
    expect(await store.find([{ namespace: 'ns', path: 'a' }])).toEqual([null]);
  });

  it('later than a date can tell is refused as ever', async () => {
    await expect(ns.write('a', 'x', { seconds: 1e300 })).rejects.toBeInstanceOf(RangeError);
    expect(await seenByAnother('a')).toEqual([null, null]);
    await ns.write('a', 'x', { seconds: 1 });
    expect(await seenByAnother('a')).toEqual(['x', 1]);
  });

  it('that can not be put on the disk fails the write, and holds the path up for nobody', async () => {
    const sync = SqliteLog.prototype.sync;
    const key: FileKey = { namespace: 'ns', path: 'a' };
    await turn(); // What is done at the end of a turn is done.
    await turn();
    SqliteLog.prototype.sync = () => Promise.reject(Object.assign(new Error('sync'), { code: 'EIO' }));
    try {
      await expectError(ns.write('a', 'x', { seconds: 60 }), RemoteConnectionError);
    } finally {
      SqliteLog.prototype.sync = sync;
    }
    const other = new SqliteExpirationStore(join(top, 'expirations.db'));
    try {
      await other.ready();
      let rows: unknown = null;
      // Some turns later, long before anything would be tried again.
      for (let i = 0; i < 20 && rows === null; i++) {
        await turn();
        rows = await other.claim(`token-${i}`, [key]);
      }
      expect(rows).not.toBeNull();
    } finally {
      await other.close();
    }
    expect(await seenByAnother('a')).toEqual([null, null]);
    await ns.write('a', 'x', { seconds: 60 });
    expect(await seenByAnother('a')).toEqual(['x', 60]);
  });

  it.each([
    [
      'exchanged for another one',
      async (root: string) => {
        await rename(root, `${root}-away`);
        await mkdir(`${root}/ns`, { recursive: true });
        const another = new OSFS(root);
        await another.identify({ create: true });
        await another.write('ns/met', 'x');
      },
    ],
    ['given another identity', (root: string) => writeFile(`${root}/.mayfly/id`, `${randomUUID()}\n`)],
  ])('is given to no new file once the storage was %s', async (_, exchange) => {
    await exchange(join(top, 'files'));
    for (const name of ['ns', 'ns', 'met-only-now'] as const) {
      const files = mayfly.getFilesystem(name);
      await files.listDir('').catch(() => []);
      await expectError(files.write('a', 'x', { seconds: 60 }), RemoteConnectionError);
      expect(await store.find([{ namespace: name, path: 'a' }])).toEqual([null]);
    }
  });

  it('of two who write one new path at once is that of the one whose file is there', async () => {
    for (let i = 0; i < 20; i++) {
      const path = `race-${i}`;
      await Promise.all([
        ns.write(path, 'ten', { seconds: 10 }),
        ns.write(path, 'twenty', { seconds: 20 }),
        ns.write(path, 'thirty', { seconds: 30 }),
      ]);
      const [text, seconds] = await seenByAnother(path);
      expect({ ten: 10, twenty: 20, thirty: 30 }[text as string]).toBe(seconds);
    }
  });
});
