/**
 * What do 10,000 due rows cost among 10,000,000 rows, beside 100,000?
 * `node bench/rows.js [sqlite|postgres] [MANY] [FEW]`
 *
 * The store alone: claim what is due in batches, settle it as removed. Storage
 * costs the same however many rows there are.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { PostgresExpirationStore, SqliteExpirationStore } from '../dist/index.js';
import { startPostgres } from '../tests/support/postgres-server.js';
import { compare } from './harness.js';

const DUE = 10_000;
const BATCH = 1000;
const kind = process.argv[2] ?? 'sqlite';
const [many = 10_000_000, few = 100_000] = process.argv.slice(3).map(Number);
const work = await mkdtemp(join(process.cwd(), 'bench-rows-'));
const server = kind === 'postgres' ? await startPostgres(['-c', 'max_wal_size=8GB']) : null;

const columns = 'insert into mayfly_expirations (namespace, path, deadline, has_intent, due, seen)';

/** A store with rows that are due in a long time, and a way to add some that are due now. */
async function sqlite(rows) {
  const path = join(work, `${rows}.db`);
  const store = new SqliteExpirationStore(path);
  await store.ready();
  const database = new Database(path);
  const fill = (name, count, from) =>
    database.exec(`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})
      ${columns} select 'n', '${name}' || i, ${from} + i, 0, ${from} + i, 1 from n`);
  fill('later/', rows, 1e12);
  return { store, addDue: async () => fill('due/', DUE, 0) };
}

async function postgres(rows) {
  const client = new pg.Client({ connectionString: server?.url });
  // The server is stopped in the end whoever is connected.
  client.on('error', () => {});
  await client.connect();
  const name = `bench_${rows}`;
  await client.query(`create schema ${name}`);
  await client.query(`set search_path = ${name}`);
  const store = new PostgresExpirationStore(`${server?.url}?options=-c%20search_path%3D${name}`);
  await store.ready();
  const fill = (path, count, from) =>
    client.query(`${columns} select 'n', '${path}' || i, ${from} + i, 0, ${from} + i, 1
      from generate_series(1, ${count}) as i`);
  await fill('later/', rows, 1e12);
  await client.query('vacuum analyze mayfly_expirations');
  return { store, addDue: () => fill('due/', DUE, 0) };
}

/** @returns due rows found and settled a second */
async function round({ store, addDue }) {
  await addDue();
  const started = performance.now();
  await store.releaseDead();
  let settled = 0;
  for (let after = null; ; ) {
    const token = randomUUID();
    const due = await store.claimDue(token, 1e9, BATCH, after);
    if (due.length === 0) break;
    after = due.at(-1).position;
    const changes = due.map(({ row: { namespace, path, generation } }) => ({
      namespace,
      path,
      ifGeneration: generation,
      remove: true,
    }));
    settled += (await store.settle(token, changes)).size;
  }
  const seconds = (performance.now() - started) / 1000;
  if (settled !== DUE) throw new Error(`settled ${settled} of ${DUE}`);
  return DUE / seconds;
}

try {
  const open = kind === 'postgres' ? postgres : sqlite;
  const [small, big] = [await open(few), await open(many)];
  const before = process.memoryUsage().rss;
  await compare(`${DUE} due rows on ${kind}`, 'rows a second', [
    { name: `among ${few} rows`, round: () => round(small) },
    { name: `among ${many} rows`, round: () => round(big) },
  ]);
  const grown = Math.round((process.memoryUsage().rss - before) / 2 ** 20);
  console.log(`\nMemory after all rounds: ${grown} MiB more than before the first`);
  for (const { store } of [small, big]) await store.close();
} finally {
  await server?.dispose();
  await rm(work, { recursive: true, force: true });
}
process.exit();
