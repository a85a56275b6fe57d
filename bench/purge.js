/**
 * How fast are 10,000 due files of 1 KB purged, beside django-pyfs's loop?
 * `node bench/purge.js [FILES]`
 *
 * The loop, in our words: all due rows are read; for each the file is looked
 * for, removed, and its row deleted in a transaction of its own, with SQLite's
 * defaults (rollback journal, synchronous = FULL).
 */
import { existsSync, mkdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { createMayfly } from '../dist/index.js';
import { compare } from './harness.js';

const FILES = Number(process.argv[2] ?? 10_000);
const content = Buffer.alloc(1024, 'x');
// Beside the code rather than in /tmp, which is memory on many machines.
const work = await mkdtemp(join(process.cwd(), 'bench-purge-'));
let runs = 0;

async function mayfly() {
  const directoryRoot = join(work, `mayfly-${runs++}`);
  let now = 0;
  const mayfly = createMayfly({
    storage: { type: 'osfs', directoryRoot, urlRoot: '/files', durable: false },
    expirations: { type: 'sqlite', path: `${directoryRoot}.db` },
    purge: false,
    clock: () => now,
  });
  const files = mayfly.getFilesystem('bench');
  for (let i = 0; i < FILES; i++) await files.write(`${i}.bin`, content, { seconds: 1 });
  now = 10_000;
  const started = performance.now();
  const report = await mayfly.expireObjects();
  const seconds = (performance.now() - started) / 1000;
  if (report.removed !== FILES) throw new Error(`removed ${report.removed} of ${FILES}`);
  await mayfly.close();
  return FILES / seconds;
}

async function original() {
  const directory = join(work, `original-${runs++}`);
  mkdirSync(directory);
  const database = new Database(`${directory}.db`);
  database.exec('create table expirations (id integer primary key, name text, expires_at integer)');
  const insert = database.prepare('insert into expirations (name, expires_at) values (?, 1)');
  database.transaction(() => {
    for (let i = 0; i < FILES; i++) {
      writeFileSync(join(directory, `${i}.bin`), content);
      insert.run(`${i}.bin`);
    }
  })();
  const remove = database.prepare('delete from expirations where id = ?');
  const started = performance.now();
  for (const { id, name } of database
    .prepare('select * from expirations where expires_at <= ?')
    .all(10_000)) {
    const path = join(directory, name);
    if (existsSync(path)) unlinkSync(path);
    remove.run(id);
  }
  const seconds = (performance.now() - started) / 1000;
  database.close();
  return FILES / seconds;
}

try {
  const contenders = [
    { name: "django-pyfs's loop", round: original },
    { name: 'mayfly.expireObjects()', round: mayfly },
  ];
  await compare(`Purge of ${FILES} due files of 1 KB`, 'files a second', contenders, 3);
} finally {
  await rm(work, { recursive: true, force: true });
}
