/** A PostgreSQL to test with: tables in a schema of their own, so that tests don't meet. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';

export interface TestDatabase {
  /** Connection string whose tables are of this test alone. */
  url: string;
  /** Run SQL beside the store. */
  query: (sql: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;
  /** End all connections of this test, as an administrator may. */
  disconnect: () => Promise<void>;
  remove: () => Promise<void>;
}

/** The server of the run; see servers-setup. */
export function serverUrl(): string {
  const url = process.env.DATABASE_URL;
  if (url === undefined) throw new Error('no PostgreSQL: jest was started without its globalSetup');
  return url;
}

export async function testDatabase(server = serverUrl()): Promise<TestDatabase> {
  const schema = `mayfly_${randomUUID().replaceAll('-', '')}`;
  const url = new URL(server);
  url.searchParams.set('options', `-c search_path=${schema}`);
  url.searchParams.set('application_name', schema.slice(0, 60));
  const query = async (sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> => {
    const client = new pg.Client({ connectionString: url.href });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query(sql, values)).rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  };
  await query(`create schema ${schema}`);
  return {
    url: url.href,
    query,
    disconnect: async () => {
      await query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where application_name = current_setting('application_name') and pid <> pg_backend_pid()`,
      );
    },
    remove: async () => {
      await query(`drop schema ${schema} cascade`);
    },
  };
}
