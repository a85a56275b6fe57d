/**
 * How fast does a large stream of unknown length go up, and how much memory
 * does its server need? Beside the `Upload` of lib-storage that everybody
 * uses. `BENCH_BYTES=5368709120 node bench/upload-s3.js`; default 1 GiB.
 *
 * The stream is made up on the fly; it goes up by PUT to a server in a process
 * of its own, and by a write in that process. Each takes a new process, so that
 * the peak of memory is its own.
 */
import { request } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { startContender } from './contender.js';
import { madeUpStream } from './made-up-stream.js';
import { emptyBucket, newBucket, newClient, removeBucket } from './s3.js';

const BYTES = Number(process.env.BENCH_BYTES ?? 1024 ** 3);
/** For a server that keeps its data in memory and frees what was deleted some time later. */
const PAUSE_MS = Number(process.env.BENCH_PAUSE_MS ?? (BYTES > 1024 ** 3 ? 90_000 : 5_000));
const NAMES = ['Upload of lib-storage in Express', 'mayfly.router() in Express'];

const bucket = await newBucket();
const client = newClient();

async function put({ origin }) {
  await new Promise((resolve, reject) => {
    // No Content-Length, so the server can't know how much will come.
    const outgoing = request(`${origin}/files/bench/written.bin`, { method: 'PUT' }, (response) => {
      response.resume();
      if (response.statusCode === 201) response.once('end', resolve);
      else reject(new Error(`the upload was answered ${response.statusCode}`));
    });
    pipeline(madeUpStream(BYTES), outgoing).catch(reject);
  });
}

async function write({ child, nextLine }) {
  child.stdin.write(`write ${BYTES}\n`);
  await nextLine();
}

async function measure(name, upload) {
  const contender = await startContender('upload-servers.js', [name, bucket]);
  try {
    const started = performance.now();
    await upload(contender);
    const seconds = (performance.now() - started) / 1000;
    await refuseUnlessWhole(name);
    contender.child.stdin.write('memory\n');
    return { rate: Math.round(BYTES / 1e6 / seconds), peak: await contender.nextLine() };
  } finally {
    await contender.stop();
  }
}

async function refuseUnlessWhole(name) {
  const Key = name.startsWith('mayfly') ? 'bench/written.bin' : 'written.bin';
  const { ContentLength } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key }));
  if (ContentLength !== BYTES) throw new Error(`${ContentLength} of ${BYTES} bytes were stored`);
}

try {
  console.log(`\nUpload of ${BYTES} bytes\n`);
  console.log('| contender | by | MB a second | peak of resident memory, MB |');
  console.log('| --- | --- | --- | --- |');
  for (const [way, upload] of Object.entries({ PUT: put, write })) {
    for (const name of NAMES) {
      const { rate, peak } = await measure(name, upload);
      console.log(`| ${name} | ${way} | ${rate} | ${peak} |`);
      await emptyBucket(bucket);
      await sleep(PAUSE_MS);
    }
  }
} finally {
  client.destroy();
  await removeBucket(bucket);
}
