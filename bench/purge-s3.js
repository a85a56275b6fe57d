/**
 * How fast are 10,000 due objects purged, and with how many requests, beside
 * django-pyfs's loop on the same server? `node bench/purge-s3.js [FILES] [FILES_OF_THE_LOOP] [ROUNDS]`
 *
 * The loop, in our words: all due rows are read; for each, in series, it asks
 * whether the file is there (HEAD), removes it by the rules of fs-s3fs (HEAD,
 * DELETE), and deletes its row in a transaction of its own, with SQLite's
 * defaults (rollback journal, synchronous = FULL). A loop has no economies of
 * scale, so it is measured with fewer files.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DeleteObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import Database from 'better-sqlite3';
import { createMayfly, S3FS } from '../dist/index.js';
import { compare } from './harness.js';
import { countRequests, emptyBucket, newBucket, newClient, removeBucket } from './s3.js';

const FILES = Number(process.argv[2] ?? 10_000);
const LOOP_FILES = Number(process.argv[3] ?? 500);
const ROUNDS = Number(process.argv[4] ?? 3);
const WRITERS = 32;
const content = Buffer.alloc(1024, 'x');
// Beside the code rather than in /tmp, which is memory on many machines.
const work = await mkdtemp(join(process.cwd(), 'bench-purge-'));
const bucket = await newBucket();
const client = newClient();
const takeCounts = countRequests(client);
/** Of the last round. */
const requests = { mayfly: '', loop: '' };
let runs = 0;

/** Do something for the numbers below `count`, some at a time. */
async function eachBelow(count, act) {
  const numbers = Array(count).keys();
  const worker = async () => {
    for (const i of numbers) await act(i);
  };
  await Promise.all(Array.from({ length: WRITERS }, worker));
}

/** Time some work. @returns files a second, and the requests in words */
async function measure(files, run) {
  takeCounts();
  const started = performance.now();
  await run();
  const rate = (files * 1000) / (performance.now() - started);
  const counts = [...takeCounts()];
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const kinds = counts.map(([name, count]) => `${count} ${name.replace('Command', '')}`);
  return { rate, told: `${total} requests for ${files} files: ${kinds.join(', ')}` };
}

async function mayfly() {
  let now = 0;
  // Not strict, so that there is less to wait for before the purge, to which it makes no difference.
  const filesystem = new S3FS({ client, bucket, prefix: `mayfly-${runs}`, strict: false });
  const mayfly = createMayfly({
    storage: { filesystem, urlRoot: '/files' },
    expirations: { type: 'sqlite', path: join(work, `mayfly-${runs++}.db`) },
    purge: false,
    clock: () => now,
  });
  const files = mayfly.getFilesystem('bench');
  await eachBelow(FILES, (i) => files.write(`${i}.bin`, content, { seconds: 1 }));
  now = 10_000;
  let report;
  const { rate, told } = await measure(FILES, async () => {
    report = await mayfly.expireObjects();
  });
  if (report.removed !== FILES) throw new Error(`removed ${report.removed} of ${FILES}`);
  requests.mayfly = told;
  await mayfly.close();
  await emptyBucket(bucket);
  return rate;
}

async function original() {
  const database = new Database(join(work, `original-${runs++}.db`));
  database.exec('create table expirations (id integer primary key, name text, expires_at integer)');
  const insert = database.prepare('insert into expirations (name, expires_at) values (?, 1)');
  await eachBelow(LOOP_FILES, async (i) => {
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: `bench/${i}.bin`, Body: content }));
    insert.run(`${i}.bin`);
  });
  const remove = database.prepare('delete from expirations where id = ?');
  const { rate, told } = await measure(LOOP_FILES, async () => {
    const due = database.prepare('select * from expirations where expires_at <= ?').all(10_000);
    for (const { id, name } of due) {
      const object = { Bucket: bucket, Key: `bench/${name}` };
      await client.send(new HeadObjectCommand(object));
      await client.send(new HeadObjectCommand(object));
      await client.send(new DeleteObjectCommand(object));
      remove.run(id);
    }
  });
  requests.loop = told;
  database.close();
  return rate;
}

try {
  const contenders = [
    { name: `django-pyfs's loop, ${LOOP_FILES} files`, round: original },
    { name: `mayfly.expireObjects(), ${FILES} files`, round: mayfly },
  ];
  await compare('Purge of due objects of 1 KB', 'files a second', contenders, ROUNDS);
  console.log(`\nThe loop: ${requests.loop}\nmayfly: ${requests.mayfly}`);
} finally {
  client.destroy();
  await removeBucket(bucket);
  await rm(work, { recursive: true, force: true });
}
