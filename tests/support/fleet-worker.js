/**
 * One process of a fleet on one PostgreSQL, run against dist/ by the crash tests and benchmarks:
 * `node fleet-worker.js ROLE CONNECTION_STRING NOW DIRECTORY_ROOT`.
 *
 * A `purger` purges until told to end and prints, as lines of JSON, what each
 * batch added. A `writer` writes, renews, rewrites and moves files of its own
 * that are never due, and prints each path that must be there in the end. A
 * `renewer` renews files that are due, if it comes before a purge.
 */
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMayfly } from '../../dist/index.js';

const [role, connectionString, now, directoryRoot] = process.argv.slice(2);
const mayfly = createMayfly({
  storage: { type: 'osfs', directoryRoot, urlRoot: '/files', durable: false },
  expirations: { type: 'postgres', connectionString },
  purge: false,
  clock: () => Number(now),
});
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

await mayfly.ready();
say('ready');
await lines.next();
let ended = false;
void lines.next().then(() => {
  ended = true;
});

const FIELDS = ['removed', 'missing', 'failed', 'kept'];

/** One purge, told batch by batch, so that what is done is known however it ends. */
async function purge() {
  let told = { removed: 0, missing: 0, failed: 0, kept: 0 };
  const tell = (report) => {
    say(Object.fromEntries(FIELDS.map((field) => [field, report[field] - told[field]])));
    told = report;
  };
  await mayfly.expireObjects({ onProgress: tell });
}

async function purgeUntilEnded() {
  while (!ended) {
    await purge().catch((error) => say({ error: error.code }));
    await sleep(200);
  }
}

/** What a stopped database, or a file that a purge took first, makes of a call is not the end. */
async function unlessAway(work) {
  try {
    await work();
  } catch (error) {
    if (!['ResourceNotFound', 'RemoteConnectionError', 'OperationTimeout'].includes(error.code)) throw error;
  }
}

async function writeUntilEnded() {
  const files = mayfly.getFilesystem('written');
  const mine = randomUUID();
  for (let i = 0; !ended; i++) {
    await unlessAway(async () => {
      const path = `${mine}/${i}`;
      await files.write(path, 'x', { seconds: 60 });
      await files.expire(path, 3600);
      if (i % 3 === 0) await files.write(path, 'y');
      if (i % 5 === 0) await files.move(path, `${path}-moved`);
      say({ path: i % 5 === 0 ? `${path}-moved` : path });
    });
  }
}

async function renewUntilEnded() {
  const files = mayfly.getFilesystem('renewed');
  for (let i = 0; !ended; i++) await unlessAway(() => files.expire(String(i % 500), 3600));
}

await { purger: purgeUntilEnded, writer: writeUntilEnded, renewer: renewUntilEnded }[role]();
await mayfly.close();
say('done');
process.exit();
