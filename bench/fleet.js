/**
 * How fast are 50,000 due files of 1 KB purged by 1 process, and by 4, on one
 * PostgreSQL? `node bench/fleet.js [FILES] [ROUND TRIP TO IT IN MS]`
 */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createMayfly } from '../dist/index.js';
import { startPostgres } from '../tests/support/postgres-server.js';
import { startContender } from './contender.js';
import { compare } from './harness.js';

const FILES = Number(process.argv[2] ?? 50_000);
const ROUND_TRIP_MS = Number(process.argv[3] ?? 0);
/** Files that each process purges before it is measured. */
const WARM_UP = 5000;
const NOW = 1_000_000;
const WORKER = new URL('../tests/support/fleet-worker.js', import.meta.url).pathname;
const content = Buffer.alloc(1024, 'x');
// Beside the code rather than in /tmp, which is memory on many machines.
const work = await mkdtemp(join(process.cwd(), 'bench-fleet-'));
const server = await startPostgres();
const distant = ROUND_TRIP_MS > 0 ? await startDistant(new URL(server.url)) : null;
const client = new pg.Client({ connectionString: server.url });
await client.connect();
const directoryRoot = join(work, 'files');
const mayfly = createMayfly({
  storage: { type: 'osfs', directoryRoot, urlRoot: '/files' },
  expirations: { type: 'postgres', connectionString: server.url },
  purge: false,
});
await mayfly.ready();

async function startDistant({ hostname, port }) {
  const { origin, stop } = await startContender('distant.js', [hostname, port, String(ROUND_TRIP_MS)]);
  const url = new URL(server.url);
  url.hostname = '127.0.0.1';
  url.port = new URL(origin).port;
  return { url: url.href, stop };
}

/** All at once, so that whoever purges all the time meets all of them. */
async function seed(files) {
  for (let i = 0; i < 100; i++) mkdirSync(join(directoryRoot, 'due', String(i)), { recursive: true });
  for (let i = 0; i < files; i++)
    writeFileSync(join(directoryRoot, 'due', String(i % 100), String(i)), content);
  await client.query('begin');
  await client.query(
    `insert into mayfly_expirations (namespace, path, deadline, has_intent, due, seen)
     select 'due', (i % 100) || '/' || i, $1, 0, $1, 1 from generate_series(0, $2::int - 1) as i`,
    [NOW, files],
  );
  await client.query('analyze mayfly_expirations');
  await client.query('commit');
}

async function allPurged() {
  const left = 'select exists (select from mayfly_expirations where due is not null) as some';
  while ((await client.query(left)).rows[0].some) await sleep(20);
}

function startWorker() {
  const child = spawn(
    process.execPath,
    [WORKER, 'purger', distant?.url ?? server.url, String(NOW), directoryRoot],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const worker = { child, removed: 0, ready: Promise.resolve(), done: Promise.resolve() };
  worker.ready = new Promise((resolve) => {
    worker.done = new Promise((end) => {
      createInterface({ input: child.stdout }).on('line', (text) => {
        const line = JSON.parse(text);
        if (line === 'ready') resolve(undefined);
        if (line === 'done') end(undefined);
        worker.removed += line.removed ?? 0;
      });
    });
  });
  return worker;
}

async function round(processes) {
  const workers = Array.from({ length: processes }, startWorker);
  await Promise.all(workers.map(({ ready }) => ready));
  for (const { child } of workers) child.stdin.write('go\n');
  // Those who purge have long been running, mostly: a process's first thousands of files take it twice as long.
  await seed(WARM_UP * processes);
  await allPurged();
  await seed(FILES);
  const started = performance.now();
  await allPurged();
  const seconds = (performance.now() - started) / 1000;
  for (const { child } of workers) child.stdin.write('end\n');
  await Promise.all(workers.map(({ done }) => done));
  const removed = workers.reduce((sum, worker) => sum + worker.removed, 0);
  const expected = FILES + WARM_UP * processes;
  if (removed !== expected) throw new Error(`removed ${removed} of ${expected}`);
  return FILES / seconds;
}

try {
  await compare(
    `Purge of ${FILES} due files of 1 KB on PostgreSQL, ${ROUND_TRIP_MS} ms away`,
    'files a second',
    [
      { name: '1 process', round: () => round(1) },
      { name: '4 processes', round: () => round(4) },
    ],
    3,
  );
} finally {
  await mayfly.close();
  await client.end();
  await distant?.stop();
  await server.dispose();
  await rm(work, { recursive: true, force: true });
}
process.exit();
