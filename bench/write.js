/**
 * What does a deadline add to a write of 1 KB (OSFS, SQLite in WAL mode)?
 * `node bench/write.js [FILES]`; `BENCH_SYNC_MS` has each sync take so much longer.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { compare } from './harness.js';
import { slowDownSyncs } from './slow-disk.js';

const FILES = Number(process.argv[2] ?? 500);
const SYNC_MS = Number(process.env.BENCH_SYNC_MS ?? 0);
if (SYNC_MS > 0) slowDownSyncs(SYNC_MS);
const { createMayfly } = await import('../dist/index.js');
const content = Buffer.alloc(1024, 'x');
// Beside the code rather than in /tmp, which is memory on many machines.
const work = await mkdtemp(join(process.cwd(), 'bench-write-'));
const mayfly = createMayfly({
  storage: { type: 'osfs', directoryRoot: join(work, 'files'), urlRoot: '/files' },
  expirations: { type: 'sqlite', path: join(work, 'expirations.db') },
  purge: false,
});
const files = mayfly.getFilesystem('bench');
let rounds = 0;

async function round(options) {
  const directory = `round-${rounds++}`;
  await files.makeDir(directory);
  const started = performance.now();
  for (let i = 0; i < FILES; i++) await files.write(`${directory}/${i}`, content, options);
  return (FILES / (performance.now() - started)) * 1000;
}

try {
  await files.write('first', content);
  await compare(`Writes of 1 KB, one after the other`, 'files a second', [
    { name: 'without a deadline', round: () => round({}) },
    { name: 'with a deadline', round: () => round({ seconds: 3600 }) },
  ]);
} finally {
  await mayfly.close();
  await rm(work, { recursive: true, force: true });
}
