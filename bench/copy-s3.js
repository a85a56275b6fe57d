/**
 * `copyFS` from disk to S3, beside the same files one at a time. The server is
 * given the round trip of one that is not on the same machine: hiding it is
 * what copying many at once is for.
 *
 * node bench/copy-s3.js [files] [files one at a time] [rounds] [round trip in ms]
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyFS, OSFS, S3FS } from '../dist/index.js';
import { startContender } from './contender.js';
import { compare } from './harness.js';
import { newBucket, removeBucket, server } from './s3.js';

const [files = 10_000, oneByOne = 500, rounds = 3, roundTripMs = 20] = process.argv.slice(2).map(Number);
const FOLDERS = 100;

async function makeTree(root, count) {
  const folder = (i) => join(root, `folder-${i % FOLDERS}`);
  await Promise.all(Array.from({ length: Math.min(FOLDERS, count) }, (_, i) => mkdir(folder(i))));
  for (let i = 0; i < count; i++) await writeFile(join(folder(i), `${i}.txt`), `file ${i}\n`.repeat(100));
  return new OSFS(root);
}

const base = await mkdtemp(join(tmpdir(), 'mayfly-bench-'));
const { hostname, port } = new URL(server.endpoint);
const distant = await startContender('distant.js', [hostname, port, String(roundTripMs)]);

/** Bring a tree into an empty bucket. @returns files a second */
async function copying(source, count, copy) {
  const bucket = await newBucket();
  const target = new S3FS({ ...server, endpoint: distant.origin, bucket, forcePathStyle: true });
  const began = performance.now();
  await copy(source, target);
  const seconds = (performance.now() - began) / 1000;
  let arrived = 0;
  for await (const info of target.scanTree('')) if (!info.isDir) arrived++;
  if (arrived !== count) throw new Error(`${arrived} of ${count} files arrived`);
  await target.close();
  await removeBucket(bucket);
  return count / seconds;
}

try {
  for (const name of ['few', 'all']) await mkdir(join(base, name));
  const few = await makeTree(join(base, 'few'), oneByOne);
  const all = await makeTree(join(base, 'all'), files);
  const loop = async (source, target) => {
    for await (const info of source.scanTree('')) {
      if (info.isDir) await target.makeDir(info.path);
      else await target.write(info.path, await source.openRead(info.path));
    }
  };
  await compare(
    `${files} files from disk to S3, ${roundTripMs} ms away`,
    'files a second',
    [
      { name: `a loop of \`write\`, of ${oneByOne}`, round: () => copying(few, oneByOne, loop) },
      {
        name: `\`copyFS\`, \`concurrency: 1\`, of ${oneByOne}`,
        round: () => copying(few, oneByOne, (from, to) => copyFS(from, to, { concurrency: 1 })),
      },
      { name: '`copyFS`', round: () => copying(all, files, (from, to) => copyFS(from, to)) },
      {
        name: '`copyFS`, `concurrency: 128`',
        round: () => copying(all, files, (from, to) => copyFS(from, to, { concurrency: 128 })),
      },
    ],
    rounds,
  );
} finally {
  await distant.stop();
  await rm(base, { recursive: true });
}
