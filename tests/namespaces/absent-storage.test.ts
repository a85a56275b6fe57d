import { mkdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import request from 'supertest';
import type { DueRow, MayflyOptions, NamespaceFS } from '../../src/index.js';
import { createMayfly, OperationFailed, OSFS, SqliteExpirationStore } from '../../src/index.js';
import type { TestMayfly } from '../support/mayflies.js';
import { STORAGES } from '../support/mayflies.js';

describe('a directory that is not there today', () => {
  let tested: TestMayfly;
  let root: string;
  let files: NamespaceFS;

  beforeEach(async () => {
    const open = STORAGES.find(([name]) => name === 'osfs')?.[1];
    if (open === undefined) throw new Error('no osfs');
    tested = await open();
    root = tested.directoryRoot as string;
    files = tested.mayfly.getFilesystem('n');
    await files.write('due', 'x', { seconds: 1 });
    await files.write('later', 'x', { seconds: 100 });
    tested.clock.advance(1);
  });

  afterEach(() => tested.cleanup());

  /** Another process that starts now. */
  async function fromTheStart<T>(work: (mayfly: ReturnType<typeof createMayfly>) => Promise<T>): Promise<T> {
    const mayfly = createMayfly(tested.shared as MayflyOptions);
    try {
      return await work(mayfly);
    } finally {
      await mayfly.close();
    }
  }

  it.each<[string, () => Promise<unknown>]>([
    ['moved away', async () => {}],
    ['a bare mount point', () => mkdir(root)],
    ['another directory', () => mkdir(join(root, 'n'), { recursive: true })],
    [
      'the directory of another mayfly',
      async () => {
        const storage = { type: 'osfs', directoryRoot: root, urlRoot: '/files' } as const;
        const other = createMayfly({
          storage,
          expirations: { type: 'sqlite', path: ':memory:' },
          purge: false,
        });
        await other.getFilesystem('n').writeText('due', 'theirs');
        await other.close();
      },
    ],
  ])('(%s) makes a purge reject, loses no row, and all is well when it is back', async (_what, replace) => {
    const away = `${root}-away`;
    await rename(root, away);
    await replace();
    await expect(tested.mayfly.expireObjects()).rejects.toBeInstanceOf(OperationFailed);
    await expect(tested.mayfly.ready()).rejects.toBeInstanceOf(OperationFailed);
    await fromTheStart(async (mayfly) => {
      await expect(mayfly.expireObjects()).rejects.toBeInstanceOf(OperationFailed);
      await expect(mayfly.getFilesystem('n').writeText('new', 'x')).rejects.toBeInstanceOf(OperationFailed);
    });
    await rm(root, { recursive: true, force: true });
    await rename(away, root);
    const report = await fromTheStart((mayfly) => mayfly.expireObjects());
    expect(report).toMatchObject({ removed: 1, missing: 0, failed: 0, kept: 0 });
    expect(await files.listDir('')).toEqual(['later']);
    expect(await files.getExpiration('later')).not.toBeNull();
  });

  it('makes a purge reject that was under way when it went, and loses no row', async () => {
    class Interrupted extends SqliteExpirationStore {
      override async claimDue(...args: Parameters<SqliteExpirationStore['claimDue']>): Promise<DueRow[]> {
        const rows = await super.claimDue(...args);
        if (rows.length === 0 || (await stat(`${root}-away`).catch(() => null)) !== null) return rows;
        await rename(root, `${root}-away`);
        await mkdir(join(root, 'n'), { recursive: true });
        return rows;
      }
    }
    const { path } = (tested.shared as { expirations: { path: string } }).expirations;
    const store = new Interrupted(path);
    const mayfly = createMayfly({ ...(tested.shared as MayflyOptions), expirations: { store } });
    await expect(mayfly.expireObjects()).rejects.toBeInstanceOf(OperationFailed);
    await mayfly.close();
    await store.close();
    await rm(root, { recursive: true });
    await rename(`${root}-away`, root);
    expect(await tested.mayfly.expireObjects()).toMatchObject({ removed: 1, missing: 0, failed: 0, kept: 0 });
  });

  describe('for a moment only', () => {
    /** Away while the next call of a method is answered, and back when that is. */
    function awayDuring(method: 'remove' | 'removeMany' | 'getInfo'): void {
      const real = OSFS.prototype[method] as (...args: unknown[]) => Promise<never>;
      jest.spyOn(OSFS.prototype, method).mockImplementationOnce(async function (this: OSFS, ...args) {
        await rename(root, `${root}-away`);
        await mkdir(join(root, 'n'), { recursive: true });
        try {
          return await real.apply(this, args);
        } finally {
          await rm(root, { recursive: true });
          await rename(`${root}-away`, root);
        }
      });
    }

    afterEach(() => {
      jest.restoreAllMocks();
    });

    it('drops no row of a purge, whose next one removes the file', async () => {
      awayDuring('removeMany');
      expect(await tested.mayfly.expireObjects()).toMatchObject({
        removed: 0,
        missing: 0,
        failed: 0,
        kept: 1,
      });
      expect(await files.getExpiration('due')).not.toBeNull();
      expect(await tested.mayfly.expireObjects()).toMatchObject({
        removed: 1,
        missing: 0,
        failed: 0,
        kept: 0,
      });
    });

    it('takes no deadline from a file that is being removed: the file goes with it', async () => {
      awayDuring('remove');
      await files.remove('later');
      expect(await files.listDir('')).toEqual(['due']);
    });

    it('makes no write that did not happen one that did', async () => {
      const deadline = await files.getExpiration('later');
      const { path } = (tested.shared as { expirations: { path: string } }).expirations;
      const store = new SqliteExpirationStore(path);
      await store.claim('of a writer that died', [{ namespace: 'n', path: 'later' }]);
      const { etag, version = etag } = await new OSFS(root).getInfo('n/later');
      const row = { namespace: 'n', path: 'later', deadline: Number(deadline), seen: true };
      const intent = { deadline: 1, before: version as string };
      await store.settle('of a writer that died', [{ ...row, intent }]);
      await store.close();
      awayDuring('getInfo');
      expect(await files.getExpiration('later')).toEqual(deadline);
    });
  });

  it('is seen to be there by the first who asks for the deadline of a write that was broken off', async () => {
    const { path } = (tested.shared as { expirations: { path: string } }).expirations;
    const store = new SqliteExpirationStore(path);
    const key = { namespace: 'n', path: 'never' };
    await store.claim('of a writer that died', [key]);
    const row = { ...key, deadline: null, seen: false };
    await store.settle('of a writer that died', [{ ...row, intent: { deadline: 1, before: null } }]);
    await store.close();
    await fromTheStart(async (mayfly) => {
      expect(await mayfly.getFilesystem('n').getExpiration('never')).toBeNull();
    });
  });

  it('makes everything reject rather than believe that files are missing, and keeps their deadlines', async () => {
    await rename(root, `${root}-away`);
    const unreachable = { code: 'RemoteConnectionError' };
    await expect(files.getInfo('later')).rejects.toMatchObject(unreachable);
    await expect(files.readText('later')).rejects.toMatchObject(unreachable);
    await expect(files.listDir('')).rejects.toMatchObject(unreachable);
    await expect(files.remove('later')).rejects.toMatchObject(unreachable);
    await expect(files.writeText('new', 'x')).rejects.toMatchObject(unreachable);
    await expect(files.move('later', 'moved')).rejects.toMatchObject(unreachable);
    await rename(`${root}-away`, root);
    expect(await files.getExpiration('later')).not.toBeNull();
    expect(await files.readText('later')).toBe('x');
  });

  it('answers 503 over HTTP, to come back later', async () => {
    await rename(root, `${root}-away`);
    const app = tested.mayfly.handler({ allow: ['read', 'list', 'upload', 'replace', 'remove', 'expire'] });
    for (const answer of [
      request(app).get('/files/n/later'),
      request(app).get('/files/n/').set('Accept', 'application/json'),
      request(app).put('/files/n/new').send('x'),
      request(app).delete('/files/n/later'),
    ]) {
      const { status, headers } = await answer;
      expect([status, headers['retry-after']]).toEqual([503, expect.any(String)]);
    }
  });

  it('tells no path of the server in its message', async () => {
    await rename(root, `${root}-away`);
    const error = await tested.mayfly.expireObjects().catch((reason: Error) => reason);
    expect((error as Error).message).not.toContain(root);
  });

  it('may be reached by a link, but a namespace may not be one', async () => {
    const link = `${root}-link`;
    await symlink(root, link);
    const { storage, ...others } = tested.shared as MayflyOptions;
    const linked = createMayfly({ ...others, storage: { ...storage, directoryRoot: link } as never });
    expect(await linked.getFilesystem('n').readText('later')).toBe('x');
    await symlink(join(root, 'n'), join(root, 'm'));
    expect(await linked.getFilesystem('m').exists('later')).toBe(false);
    await expect(linked.getFilesystem('m').writeText('a', 'x')).rejects.toMatchObject({
      code: 'DirectoryExpected',
    });
    await linked.close();
  });

  it('counts files of a missing namespace as missing while the root is there', async () => {
    await rm(join(root, 'n'), { recursive: true });
    expect(await tested.mayfly.expireObjects()).toMatchObject({ removed: 0, missing: 1, failed: 0 });
  });
});
