/**
 * How much memory do many slow readers of a large file take?
 * `node bench/slow-readers.js [READERS] [BYTES] [SECONDS]`: each reads about 50 KB a second.
 */
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startContender } from './contender.js';

const [READERS = 1000, BYTES = 2 ** 30, SECONDS = 20] = process.argv.slice(2).map(Number);
const NAMES = ['express.static', 'mayfly.router() in Express', 'mayfly.handler() on node:http'];
const MIB = 2 ** 20;

/** Resident memory of a process, in MiB. */
function residentMib(pid) {
  const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kib) / 1024);
}

function readSlowly(port, path) {
  const socket = connect({ port, host: '127.0.0.1', highWaterMark: 16_384 });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  socket.on('error', () => undefined);
  socket.on('data', () => {
    socket.pause();
    setTimeout(() => socket.resume(), 300);
  });
  return socket;
}

const work = await mkdtemp(join(tmpdir(), 'mayfly-bench-'));
const directory = join(work, 'files');
await mkdir(join(directory, 'bench'), { recursive: true });
await writeFile(join(directory, 'bench/large.bin'), '');
await truncate(join(directory, 'bench/large.bin'), BYTES);
console.log(
  `\n${READERS} slow readers of a file of ${BYTES / MIB} MiB: resident memory of the server, MiB\n`,
);
console.log('| contender | before | at most in each quarter of the time |');
console.log('| --- | --- | --- |');
try {
  for (const name of NAMES) {
    const { pid, origin, stop } = await startContender('servers.js', [name, directory]);
    await (await fetch(`${origin}/files/bench/large.bin`, { headers: { Range: 'bytes=0-0' } })).text();
    const before = residentMib(pid);
    const port = Number(new URL(origin).port);
    const sockets = Array.from({ length: READERS }, () => readSlowly(port, '/files/bench/large.bin'));
    const quarters = [];
    for (let quarter = 0; quarter < 4; quarter++) {
      let most = 0;
      for (let i = 0; i < SECONDS; i++) {
        await sleep(250);
        most = Math.max(most, residentMib(pid));
      }
      quarters.push(most);
    }
    for (const socket of sockets) socket.destroy();
    await stop();
    console.log(`| ${name} | ${before} | ${quarters.join(', ')} |`);
  }
} finally {
  await rm(work, { recursive: true, force: true });
}
