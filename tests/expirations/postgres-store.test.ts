/** What is particular to PostgreSQL: sessions that end, a server that goes away, many who start at once. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { DueRow, FileKey, Mayfly, RowChange } from '../../src/index.js';
import { createMayfly, MemoryFS, OperationFailed, PostgresExpirationStore } from '../../src/index.js';
import type { CuttingProxy } from '../support/cutting-proxy.js';
import { cuttingProxy } from '../support/cutting-proxy.js';
import type { TestDatabase } from '../support/postgres.js';
import { testDatabase } from '../support/postgres.js';
import { startPostgres } from '../support/postgres-server.js';

const key = (path: string): FileKey => ({ namespace: 'n', path });
/** The statement and the end of its message: other words begin with it. */
const COMMIT = 'commit\0';
const UNREACHABLE = { code: 'RemoteConnectionError' };

describe('PostgresExpirationStore', () => {
  let database: TestDatabase;
  let open: PostgresExpirationStore[];
  let proxies: CuttingProxy[];

  beforeEach(async () => {
    database = await testDatabase();
    open = [];
    proxies = [];
  });

  afterEach(async () => {
    for (const store of open) await store.close();
    for (const proxy of proxies) await proxy.close();
    await database.remove();
  });

  async function cut(url: string): Promise<CuttingProxy> {
    const proxy = await cuttingProxy(url);
    proxies.push(proxy);
    return proxy;
  }

  function store(url = database.url): PostgresExpirationStore {
    const opened = new PostgresExpirationStore(url);
    open.push(opened);
    return opened;
  }

  /** Wait until somebody waits for a lock. */
  async function somebodyWaits(): Promise<void> {
    const waiting = `select from pg_stat_activity where wait_event_type = 'Lock'
      and application_name = current_setting('application_name')`;
    while ((await database.query(waiting)).length === 0) await new Promise(setImmediate);
  }

  async function put(through: PostgresExpirationStore, path: string, deadline: number): Promise<void> {
    const token = randomUUID();
    await through.claim(token, [key(path)]);
    await through.settle(token, [{ ...key(path), deadline, intent: null, seen: true }]);
  }

  it('lets ten instances be the first at once', async () => {
    const stores = Array.from({ length: 10 }, () => store());
    await Promise.all(stores.map((each) => each.ready()));
    await Promise.all(stores.map((each, i) => put(each, `f${i}`, i)));
    expect(await stores[0]?.claimDue(randomUUID(), 100, 100, null)).toHaveLength(10);
    const steps = await database.query('select step from mayfly_migrations');
    expect(steps).toHaveLength(3);
  });

  it('gives times and generations as numbers', async () => {
    const it = store();
    await put(it, 'a', 8.64e15);
    const [row] = await it.find([key('a')]);
    expect([row?.deadline, typeof row?.generation]).toEqual([8.64e15, 'number']);
  });

  it('does not read all claims for each due row, however few of them the database thinks that there are', async () => {
    const it = store();
    await it.ready();
    const claims = `insert into mayfly_claims (namespace, path, holder, token)
      select 'n', i::text, 'other', 'theirs' from generate_series(1, 5000) as i`;
    const rows = `insert into mayfly_expirations (namespace, path, deadline, has_intent, due, seen)
      select 'n', i::text, 1, 0, 1, 1 from generate_series(1, 6000) as i`;
    for (const [table, fill] of [
      ['mayfly_claims', claims],
      ['mayfly_expirations', rows],
    ] as const) {
      await database.query(`alter table ${table} set (autovacuum_enabled = off)`);
      await database.query(fill);
      await database.query(`delete from ${table}`);
      // What the rows took on the disk stays, and that none is there is what the database remembers.
      await database.query(`vacuum (analyze, truncate off) ${table}`);
      await database.query(fill);
    }
    const read = async (): Promise<number> => {
      const [told] = await database.query(
        `select (seq_tup_read + idx_tup_fetch)::int as read from pg_stat_user_tables
         where relid = 'mayfly_claims'::regclass`,
      );
      return told?.read as number;
    };
    const before = await read();
    expect(await it.claimDue(randomUUID(), 1, 2000, null)).toHaveLength(1000);
    await it.close(); // Its connections tell what they have read when they end.
    expect((await read()) - before).toBeLessThan(100_000);
  });

  it('reads no more due rows than it claims, also of a table of which the database knows nothing yet', async () => {
    const it = store();
    await it.ready();
    await database.query('alter table mayfly_expirations set (autovacuum_enabled = off)');
    await database.query(
      `insert into mayfly_expirations (namespace, path, deadline, has_intent, due, seen)
       select 'n', i::text, 1, 0, 1, 1 from generate_series(1, 20000) as i`,
    );
    expect(await it.claimDue(randomUUID(), 1, 100, null)).toHaveLength(100);
    await it.close(); // Its connections tell what they have read when they end.
    const [told] = await database.query(
      `select sum(idx_tup_read)::int as read from pg_stat_user_indexes
       where relid = 'mayfly_expirations'::regclass`,
    );
    expect(told?.read).toBeLessThan(1000);
  });

  it('gives each of many due rows to one of many who claim at once, and nobody waits for nothing', async () => {
    const stores = Array.from({ length: 6 }, () => store());
    for (let i = 0; i < 300; i++) await put(stores[0] as PostgresExpirationStore, `f${i}`, 1);
    const claims = await Promise.all(
      stores.flatMap((each) => [
        each.claimDue(randomUUID(), 1, 40, null),
        each.claimDue(randomUUID(), 1, 40, null),
      ]),
    );
    const paths = claims.flat().map(({ row }) => row.path);
    expect(new Set(paths).size).toBe(paths.length);
    const rest = await store().claimDue(randomUUID(), 1, 1000, null);
    expect(paths.length + rest.length).toBe(300);
  });

  it('has nothing compiled in order to claim what is due', async () => {
    const it = store();
    await put(it, 'a', 1);
    await database.query(`
      create table noted (jit text);
      create function note() returns trigger language plpgsql as
        $$ begin insert into noted values (current_setting('jit')); return null; end $$;
      create trigger note after insert on mayfly_claims execute function note()`);
    await it.claimDue(randomUUID(), 1, 10, null);
    expect(await database.query('select jit from noted')).toEqual([{ jit: 'off' }]);
  });

  it('claims what comes next when others have claimed what it found in the same moment', async () => {
    const it = store();
    for (const path of ['a', 'b', 'c', 'd', 'e']) await put(it, path, 1);
    const other = new pg.Client({ connectionString: database.url });
    await other.connect();
    await other.query('begin');
    await other.query(
      `insert into mayfly_claims (namespace, path, holder, token)
       values ('n', 'a', 'other', 'theirs'), ('n', 'b', 'other', 'theirs')`,
    );
    const claimed = it.claimDue(randomUUID(), 1, 2, null);
    await somebodyWaits();
    await other.query('commit');
    await other.end();
    expect((await claimed).map(({ row }) => row.path)).toEqual(['c', 'd']);
  });

  it.each<[string, (generation: number) => object]>([
    ['a purge', (ifGeneration) => ({ ifGeneration, remove: true })],
    ['a write', () => ({ deadline: 99, intent: null, seen: true })],
  ])('settles for %s without a deadlock with who is about to claim the same row', async (_who, change) => {
    const it = store();
    await put(it, 'a', 1);
    const token = randomUUID();
    const [due] = await it.claimDue(token, 1, 10, null);
    // A claimant that began before the claim was made: it has the row locked, and does not know of the claim.
    const late = new pg.Client({ connectionString: database.url });
    await late.connect();
    await late.query('begin');
    await late.query("select from mayfly_expirations where path = 'a' for update");
    const settled = it.settle(token, [
      { ...key('a'), ...change(due?.row.generation as number) } as RowChange,
    ]);
    await somebodyWaits();
    // Less than the time after which the server looks for deadlocks.
    await late.query("set local lock_timeout = '500ms'");
    const claim = await late.query(
      `insert into mayfly_claims (namespace, path, holder, token) values ('n', 'a', 'late', 'late')
       on conflict do nothing returning token`,
    );
    expect(claim.rows).toEqual([]);
    await late.query('commit');
    await late.end();
    await settled;
    expect((await it.find([key('a')]))[0]?.deadline).not.toBe(1);
  });

  describe('whose connections are ended', () => {
    it('works on over new ones', async () => {
      const it = store();
      await put(it, 'a', 1);
      await database.disconnect();
      expect((await it.find([key('a')]))[0]?.deadline).toBe(1);
      await put(it, 'b', 2);
      await database.disconnect();
      await put(it, 'a', 3);
      expect(await it.claimDue(randomUUID(), 5, 10, null)).toHaveLength(2);
    });

    it('claims in a name that is known, also when it has not noticed yet that others have forgotten its own', async () => {
      const it = store();
      await put(it, 'a', 1);
      await put(it, 'b', 1);
      const known = 'select path from mayfly_claims join mayfly_holders using (holder) order by path';
      await database.query('delete from mayfly_holders');
      await it.claim(randomUUID(), [key('a')]);
      expect(await database.query(known)).toEqual([{ path: 'a' }]);
      await database.query('delete from mayfly_claims');
      await database.query('delete from mayfly_holders');
      expect(await it.claimDue(randomUUID(), 1, 10, null)).toHaveLength(2);
      expect(await database.query(known)).toEqual([{ path: 'a' }, { path: 'b' }]);
    });

    it('knows that its claims may be taken over, and changes nothing once they have been', async () => {
      const [mine, theirs] = [store(), store()];
      const token = randomUUID();
      await mine.claim(token, [key('a')]);
      expect(await mine.isHeld(token)).toBe(true);
      await database.disconnect();
      const renewal = randomUUID();
      while ((await theirs.claim(renewal, [key('a')])) === null) await new Promise(setImmediate);
      await theirs.settle(renewal, [{ ...key('a'), deadline: 99, intent: null, seen: true }]);
      expect(await mine.isHeld(token)).toBe(false);
      const late = mine.settle(token, [{ ...key('a'), deadline: 1, intent: null, seen: true }]);
      await expect(late).rejects.toMatchObject(UNREACHABLE);
      expect((await mine.find([key('a')]))[0]?.deadline).toBe(99);
    });

    it('while a purge has claimed but not yet removed, removes nothing that was renewed meanwhile', async () => {
      const filesystem = new MemoryFS();
      let now = 1000;
      const mayflyOn = (through: PostgresExpirationStore): Mayfly =>
        createMayfly({
          storage: { filesystem, urlRoot: '/' },
          expirations: { store: through },
          purge: false,
          clock: () => now,
        });
      class Interrupted extends PostgresExpirationStore {
        afterClaim: () => Promise<void> = async () => {};
        override async claimDue(...args: Parameters<PostgresExpirationStore['claimDue']>): Promise<DueRow[]> {
          const rows = await super.claimDue(...args);
          await this.afterClaim();
          return rows;
        }
      }
      const interrupted = new Interrupted(database.url);
      open.push(interrupted);
      const [purging, writing] = [mayflyOn(interrupted), mayflyOn(store())];
      const files = writing.getFilesystem('n');
      await files.write('a', 'x', { seconds: 1 });
      await files.write('b', 'x', { seconds: 1 });
      now += 1000;
      interrupted.afterClaim = async () => {
        interrupted.afterClaim = async () => {};
        await database.disconnect();
        await files.expire('a', 3600);
      };
      await expect(purging.expireObjects()).rejects.toMatchObject(UNREACHABLE);
      expect(await files.listDir('')).toEqual(['a', 'b']);
      const { removed, missing, failed, kept } = await purging.expireObjects();
      expect([removed, missing, failed, kept]).toEqual([1, 0, 0, 0]);
      expect(await files.listDir('')).toEqual(['a']);
      await purging.close();
      await writing.close();
    });

    it('after a purge has removed a file, leaves it to who took the row over to count it', async () => {
      const filesystem = new MemoryFS();
      const mayflyOver = (through: PostgresExpirationStore): Mayfly =>
        createMayfly({
          storage: { filesystem, urlRoot: '/' },
          expirations: { store: through },
          purge: false,
          clock: () => 1000,
        });
      class Interrupted extends PostgresExpirationStore {
        beforeSettle: () => Promise<void> = async () => {};
        override async settle(...args: Parameters<PostgresExpirationStore['settle']>) {
          if (args[2]?.patient === true) await this.beforeSettle();
          return super.settle(...args);
        }
      }
      const interrupted = new Interrupted(database.url);
      open.push(interrupted);
      const [first, second] = [mayflyOver(interrupted), mayflyOver(store())];
      await first.getFilesystem('n').write('a', 'x', { seconds: 0 });
      interrupted.beforeSettle = async () => {
        interrupted.beforeSettle = async () => {};
        await database.disconnect();
        expect(await second.expireObjects()).toMatchObject({ removed: 0, missing: 1, kept: 0 });
      };
      expect(await first.expireObjects()).toMatchObject({ removed: 0, missing: 0, kept: 1 });
      await first.close();
      await second.close();
    });

    it('finds claims that were made in the name of a holder that others had already buried', async () => {
      const it = store();
      await put(it, 'a', 1);
      const ghost = { holder: randomUUID(), token: randomUUID() };
      await database.query(
        `insert into mayfly_claims (namespace, path, holder, token) values ('n', 'a', $1, $2)`,
        [ghost.holder, ghost.token],
      );
      expect(await it.claimDue(randomUUID(), 5, 10, null)).toEqual([]);
      await it.releaseDead();
      expect(await it.claimDue(randomUUID(), 5, 10, null)).toHaveLength(1);
    });
  });

  describe('when the connection breaks while it commits', () => {
    it.each([['before' as const], ['after' as const]])(
      '(%s the commit has got there) a patient settle is done once, and knows it',
      async (when) => {
        const proxy = await cut(database.url);
        const it = store(proxy.url);
        await put(it, 'a', 1);
        const token = randomUUID();
        const [due] = await it.claimDue(token, 1, 10, null);
        const ifGeneration = due?.row.generation as number;
        proxy.cutAt(COMMIT, when);
        const changed = await it.settle(token, [{ ...key('a'), ifGeneration, remove: true }], {
          patient: true,
        });
        expect([...changed]).toEqual([ifGeneration]);
        expect(await it.find([key('a')])).toEqual([null]);
      },
    );

    it('a claim that may have been taken is given back when this holder next looks after its claims', async () => {
      const proxy = await cut(database.url);
      const [it, other] = [store(proxy.url), store()];
      await put(it, 'a', 1);
      proxy.cutAt(COMMIT, 'after');
      await expect(it.claimDue(randomUUID(), 1, 10, null)).rejects.toMatchObject(UNREACHABLE);
      expect(await other.claimDue(randomUUID(), 1, 10, null)).toEqual([]);
      await it.releaseDead();
      const token = randomUUID();
      expect(await other.claimDue(token, 1, 10, null)).toHaveLength(1);
      await other.settle(token, []);

      proxy.cutAt(COMMIT, 'after');
      await expect(it.claim(randomUUID(), [key('a')])).rejects.toMatchObject(UNREACHABLE);
      expect(await other.claim(randomUUID(), [key('a')])).toBeNull();
      await it.releaseDead();
      expect(await other.claim(randomUUID(), [key('a')])).toHaveLength(1);
    });

    it('one that is not patient says that it does not know', async () => {
      const proxy = await cut(database.url);
      const it = store(proxy.url);
      const token = randomUUID();
      await it.claim(token, [key('a')]);
      proxy.cutAt(COMMIT, 'after');
      const settled = it.settle(token, [{ ...key('a'), deadline: 1, intent: null, seen: true }]);
      await expect(settled).rejects.toMatchObject(UNREACHABLE);
      expect((await it.find([key('a')]))[0]?.deadline).toBe(1);
    });

    it('what broke before the commit is run again on another connection', async () => {
      const proxy = await cut(database.url);
      const it = store(proxy.url);
      const token = randomUUID();
      await it.claim(token, [key('a')]);
      proxy.cutAt('insert into "mayfly_expirations"', 'after');
      await it.settle(token, [{ ...key('a'), deadline: 1, intent: null, seen: true }]);
      expect((await it.find([key('a')]))[0]?.deadline).toBe(1);
    });
  });

  it('closes also when the server is not heard of any more', async () => {
    const proxy = await cut(database.url);
    const it = store(proxy.url);
    await put(it, 'a', 1);
    proxy.fallSilent();
    await it.close();
    await expect(it.find([key('a')])).rejects.toMatchObject({ code: 'FilesystemClosed' });
  });

  it('has more work wait than it has connections, for as long as the work before it takes', async () => {
    const it = store();
    await it.ready();
    const paths = Array.from({ length: 40 }, (_, i) => `f${i}`);
    const inTheWay = new pg.Client(database.url);
    await inTheWay.connect();
    await inTheWay.query('begin');
    for (const path of paths) {
      await inTheWay.query("insert into mayfly_claims values ('n', $1, 'another', 'token')", [path]);
    }
    const claims = paths.map((path) => it.claim(randomUUID(), [key(path)]));
    // Longer than connecting may take.
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    await inTheWay.query('rollback');
    await inTheWay.end();
    expect((await Promise.all(claims)).filter((rows) => rows?.length === 1)).toHaveLength(40);
  }, 60_000);

  describe('tells', () => {
    it.each([
      ['nobody listening', { port: '1' }],
      ['a wrong password', { password: 'wrong' }],
      ['no such database', { pathname: '/none' }],
    ])('%s as not reachable', async (_what, wrong) => {
      const url = Object.assign(new URL(database.url), wrong);
      const it = store(url.href);
      await expect(it.ready()).rejects.toMatchObject(UNREACHABLE);
      await expect(it.find([key('a')])).rejects.toBeInstanceOf(OperationFailed);
    });

    it('a path that no index can hold as a failure of that path alone', async () => {
      const it = store();
      const long = Array.from({ length: 150 }, () => randomUUID()).join('/');
      await expect(put(it, long, 1)).rejects.toMatchObject({ code: 'OperationFailed' });
      await put(it, 'a', 1);
    });
  });
});

describe('a server that is stopped and started', () => {
  it('is an error meanwhile, and worked with again afterwards', async () => {
    const server = await startPostgres();
    try {
      const filesystem = new MemoryFS();
      const store = new PostgresExpirationStore(server.url);
      const mayfly = createMayfly({
        storage: { filesystem, urlRoot: '/' },
        expirations: { store },
        purge: false,
        clock: () => 1000,
      });
      const files = mayfly.getFilesystem('n');
      await files.write('due', 'x', { seconds: 0 });
      await files.write('other', 'x', { seconds: 0 });
      const token = randomUUID();
      const [claimed] = await store.claimDue(token, 1000, 1, null);
      await server.stop();

      await expect(mayfly.ready()).rejects.toMatchObject(UNREACHABLE);
      await expect(files.expire('due', 1)).rejects.toMatchObject(UNREACHABLE);
      await expect(mayfly.expireObjects()).rejects.toMatchObject(UNREACHABLE);
      const { namespace, path, generation: ifGeneration } = (claimed as DueRow).row;
      const patient = store.settle(token, [{ namespace, path, ifGeneration, remove: true }], {
        patient: true,
      });
      await server.start();
      expect([...(await patient)]).toEqual([ifGeneration]);

      await mayfly.ready();
      await files.expire('later', 1);
      const { removed, missing, failed, kept } = await mayfly.expireObjects();
      expect([removed, missing, failed, kept]).toEqual([1, 0, 0, 0]);
      await mayfly.close();
      await store.close();
    } finally {
      await server.dispose();
    }
  });
});
