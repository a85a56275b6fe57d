/**
 * How fast are local files served, beside express.static, sirv,
 * @fastify/static and nginx? `node bench/serve.js [QUESTION]…`, all by default.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMayfly } from '../dist/index.js';
import { startContender } from './contender.js';
import { compareServers } from './harness.js';
import { measure } from './load.js';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 3);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const MANY = 10_000;
const SIZES = {
  '1k.bin': 1024,
  '16k.bin': 16_384,
  '256k.bin': 262_144,
  '1m.bin': 2 ** 20,
  '10m.bin': 10 * 2 ** 20,
};

function isInstalled(command, args) {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const hasPeers = existsSync(new URL('./peers/node_modules', import.meta.url));
const NAMES = [
  'express.static',
  ...(hasPeers ? ['sirv (dev) in Express', '@fastify/static'] : []),
  'Express answering ok',
  'mayfly.router() in Express',
  'mayfly.handler() on node:http',
  'the standalone server',
  'node:http writing 1 KB',
  ...(isInstalled('nginx', ['-v']) ? ['nginx'] : []),
];
/** Their answer is always the same. */
const CONTROLS = {
  'Express answering ok': ['1 KB', '16 KB', '10,000 files of 1 KB'],
  'node:http writing 1 KB': ['1 KB'],
};

const work = await mkdtemp(join(tmpdir(), 'mayfly-bench-'));
const directory = join(work, 'files');
const mayfly = createMayfly({
  storage: { type: 'osfs', directoryRoot: directory, urlRoot: '/files', durable: false },
  expirations: { type: 'sqlite', path: join(work, 'expirations.db') },
  purge: false,
});
const files = mayfly.getFilesystem('bench');
for (const [name, size] of Object.entries(SIZES)) await files.writeBytes(name, Buffer.alloc(size, 'x'));
for (let i = 0; i < MANY; i++) await files.writeBytes(`many/${i}.bin`, Buffer.alloc(1024, 'x'));
await mayfly.close();

/** @type {Record<string, { path: string, load?: import('./load.js').Load }>} */
const QUESTIONS = {
  304: { path: '1k.bin', load: { status: 304 } },
  '1 KB': { path: '1k.bin' },
  '16 KB': { path: '16k.bin' },
  '256 KB': { path: '256k.bin' },
  '10,000 files of 1 KB': { path: 'many/%d.bin', load: { files: MANY } },
  'range of 16 KB': { path: '256k.bin', load: { status: 206, headers: { Range: 'bytes=65536-81919' } } },
  '10 MB': { path: '10m.bin', load: { connections: 8 } },
};

async function tagOf(url) {
  const { headers } = await fetch(url, { method: 'HEAD' });
  return headers.get('etag');
}

const servers = [];
try {
  for (const name of NAMES) {
    servers.push({ name, ...(await startContender('servers.js', [name, directory])) });
  }
  const asked = process.argv.slice(2);
  for (const [question, { path, load }] of Object.entries(QUESTIONS)) {
    if (asked.length > 0 && !asked.includes(question)) continue;
    const contenders = servers
      .filter(({ name }) => CONTROLS[name]?.includes(question) ?? true)
      .map(({ name, pid, origin }) => ({
        name,
        pid,
        seconds: SECONDS,
        round: async () => {
          const url = `${origin}/files/bench/${path}`;
          const headers = load?.status === 304 ? { 'If-None-Match': await tagOf(url) } : {};
          return measure(url, { seconds: SECONDS, headers, ...load });
        },
      }));
    await compareServers(`GET: ${question}`, contenders, ROUNDS);
  }
} finally {
  for (const { stop } of servers) await stop();
  await rm(work, { recursive: true, force: true });
}
