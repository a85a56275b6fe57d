/** A look at what there is of a store, which makes nothing. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import pg from 'pg';
import type { StoreState } from '../../src/expirations/sql/look.js';
import { lookAtPostgres, lookAtSqlite } from '../../src/expirations/sql/look.js';
import type { ExpirationStore } from '../../src/index.js';
import { OperationFailed, PostgresExpirationStore, SqliteExpirationStore } from '../../src/index.js';
import { testDatabase } from '../support/postgres.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

interface Looked {
  look: () => Promise<StoreState>;
  open: () => ExpirationStore;
  execute: (sql: string) => Promise<void>;
  remove: () => Promise<void>;
}

const DATABASES: [name: string, make: () => Promise<Looked>][] = [
  [
    'SQLite',
    async () => {
      const directory = await temporaryDirectory();
      const path = join(directory.path, 'expirations.db');
      return {
        look: () => lookAtSqlite(path),
        open: () => new SqliteExpirationStore(path),
        execute: async (sql) => void new Database(path).exec(sql).close(),
        remove: () => directory.remove(),
      };
    },
  ],
  [
    'PostgreSQL',
    async () => {
      const database = await testDatabase();
      return {
        look: () => lookAtPostgres(database.url),
        open: () => new PostgresExpirationStore(database.url),
        execute: async (sql) => {
          const client = new pg.Client(database.url);
          await client.connect();
          await client.query(sql);
          await client.end();
        },
        remove: () => database.remove(),
      };
    },
  ],
];

describe.each(DATABASES)('a look at a store in %s', (_name, make) => {
  let looked: Looked;

  beforeEach(async () => {
    looked = await make();
  });

  afterEach(() => looked.remove());

  it('tells what there is, step by step, and makes nothing of it', async () => {
    const { look, open, execute } = looked;
    expect([await look(), await look()]).toEqual(['missing', 'missing']);
    const store = open();
    await store.ready();
    expect([await look(), await look()]).toEqual(['unbound', 'unbound']);
    await store.bindStorage('one');
    expect(await look()).toBe('bound');
    await store.close();
    await execute('delete from mayfly_migrations where step > 0');
    expect([await look(), await look()]).toEqual(['outdated', 'outdated']);
  });
});

describe('a look at a store in SQLite', () => {
  it('leaves no file where there is none, and refuses what is no database', async () => {
    const directory = await temporaryDirectory();
    try {
      const path = join(directory.path, 'none/expirations.db');
      expect(await lookAtSqlite(path)).toBe('missing');
      expect(existsSync(join(directory.path, 'none'))).toBe(false);
      const text = join(directory.path, 'text');
      await writeFile(text, 'no database, but long enough to be taken for one'.repeat(20));
      await expect(lookAtSqlite(text)).rejects.toBeInstanceOf(OperationFailed);
    } finally {
      await directory.remove();
    }
  });
});

it('tells that the server of a store does not answer', async () => {
  const looking = lookAtPostgres('postgres://127.0.0.1:1/none');
  await expect(looking).rejects.toMatchObject({ code: 'RemoteConnectionError' });
});
