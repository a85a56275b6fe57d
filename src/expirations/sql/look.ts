/**
 * What there is of an expiration store, for who only wants to know: to open
 * one makes its file and its tables, and to use it with a storage binds it.
 */
import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { SCHEMA_STEPS } from './migrations.js';
import { PostgresDatabase } from './postgres-database.js';
import { translatePostgresError } from './postgres-errors.js';
import { translateSqliteError } from './sqlite-errors.js';

/**
 * `missing`: there are no tables. `outdated`: they are those of an older
 * version. `unbound`: no storage has been used with them. `bound`: one has.
 */
export type StoreState = 'missing' | 'outdated' | 'unbound' | 'bound';

/** Asks one query. */
type Ask = (sql: string) => Promise<readonly unknown[]>;

const STEPS = 'select count(*) as steps from mayfly_migrations';
const BINDING = "select value from mayfly_settings where name = 'storage'";

/** @throws OperationFailed or a subclass: it can't be read, or is no database */
export async function lookAtSqlite(path: string): Promise<StoreState> {
  let database: Database.Database | undefined;
  try {
    if (!existsSync(path)) {
      // Nothing is made, but whether SQLite works at all is found out.
      new Database(':memory:').close();
      return 'missing';
    }
    // Not read-only: whoever only reads leaves the log's files behind when he is the last to close.
    const opened = new Database(path, { fileMustExist: true });
    database = opened;
    const ask: Ask = async (sql) => opened.prepare(sql).all();
    return await stateBy(ask, "select name from sqlite_master where name = 'mayfly_migrations'");
  } catch (error) {
    throw translateSqliteError(error);
  } finally {
    database?.close();
  }
}

/** @throws OperationFailed or a subclass: the server does not answer, or refuses */
export async function lookAtPostgres(connectionString: string): Promise<StoreState> {
  const client = await new PostgresDatabase(connectionString).connect();
  try {
    const ask: Ask = async (sql) => (await client.query(sql)).rows;
    return await stateBy(ask, "select 1 where to_regclass('mayfly_migrations') is not null");
  } catch (error) {
    throw translatePostgresError(error);
  } finally {
    await client.end();
  }
}

/** @param findTables has a row when there are tables */
async function stateBy(ask: Ask, findTables: string): Promise<StoreState> {
  if ((await ask(findTables)).length === 0) return 'missing';
  const [done] = (await ask(STEPS)) as { steps: number | string }[];
  if (Number(done?.steps) < SCHEMA_STEPS) return 'outdated';
  return (await ask(BINDING)).length === 0 ? 'unbound' : 'bound';
}
