/**
 * Sends spoiled requests by the hundred thousand, and says whether the server
 * has borne it.
 *
 *     node bench/fuzz.js [requests = 200000] [seed = 1]
 *
 * Fails if the server crashed, left a promise unhandled, answered 5xx, told a
 * path, a stack or a secret, let the canary out, or holds more than before.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { random, spoiled, validRequests } from './hostile-requests.js';

const [total = 200_000, seed = 1] = process.argv.slice(2).map(Number);
const CONNECTIONS = 32;
/** Silence after which a request is given up: the server waits for the rest of it. */
const PATIENCE_MS = 250;
/** After which the namespace is emptied, so that the disk is not what is tested. */
const CLEAR_EVERY = 5_000;
/** Bytes that garbage collection may still owe at the end. */
const HEAP_ALLOWANCE = 16 * 1024 * 1024;

const server = fork(fileURLToPath(new URL('hostile-server.js', import.meta.url)), {
  execArgv: ['--expose-gc'],
});
let crashed = null;
server.once('exit', (code, signal) => {
  crashed = { code, signal };
});
const [told] = await once(server, 'message');
const { socketPath, canary, top } = told;
const valid = validRequests(told);
const r = random(seed);

async function ask(what) {
  server.send({ ask: what });
  return (await once(server, 'message'))[0];
}

/** Send bytes and read all that comes. Where more is waited for on both sides, hang up. */
function exchange(bytes) {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const chunks = [];
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
    socket.write(bytes);
  });
}

const statuses = new Map();
const faults = [];

function judge(bytes, answer) {
  for (const [, status] of answer.matchAll(/(?:^|\r\n)HTTP\/1\.1 (\d{3}) /g)) {
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status[0] === '5') faults.push({ why: `answered ${status}`, bytes, answer });
  }
  if (answer === '') statuses.set('none', (statuses.get('none') ?? 0) + 1);
  if (answer.includes(canary)) faults.push({ why: 'told the canary', bytes, answer });
  if (answer.includes(top) || answer.includes(told.secret))
    faults.push({ why: 'told a path or secret', bytes, answer });
  if (/\n\s+at .*[:(]\d+/.test(answer)) faults.push({ why: 'told a stack', bytes, answer });
}

async function attack(count) {
  let left = count;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (left-- > 0 && crashed === null) {
        const bytes = spoiled(valid, r);
        judge(bytes, await exchange(bytes));
      }
    }),
  );
}

await attack(CLEAR_EVERY); // What is allocated once is allocated now.
await ask('clear');
await new Promise((resolve) => setTimeout(resolve, 1000));
const before = await ask('state');
const began = Date.now();
const logged = [];
for (let sent = 0; sent < total && crashed === null; sent += CLEAR_EVERY) {
  await attack(Math.min(CLEAR_EVERY, total - sent));
  if (crashed !== null) break;
  await ask('clear');
  if (sent % 50_000 === 0) console.log(`${sent} sent, ${Math.round((Date.now() - began) / 1000)} s`);
}
if (crashed !== null) {
  console.error('the server crashed', crashed);
  process.exit(1);
}
await new Promise((resolve) => setTimeout(resolve, 7000)); // Longer than the idle timeout.
const alive = await exchange(
  Buffer.from('GET /files/ns/read/ok.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
);
await new Promise((resolve) => setTimeout(resolve, 500));
const after = await ask('state');
logged.push(...before.logged, ...after.logged);

const table = Object.fromEntries([...statuses].sort());
const brief = ({ rss, heapUsed, external, descriptors, connections, staged }) => ({
  rssMiB: Math.round(rss / 2 ** 20),
  heapMiB: Math.round(heapUsed / 2 ** 20),
  externalMiB: Math.round(external / 2 ** 20),
  descriptors,
  connections,
  staged: staged.length,
});
console.log(
  JSON.stringify({
    requests: total,
    seed,
    seconds: Math.round((Date.now() - began) / 1000),
    statuses: table,
  }),
);
console.log('before', JSON.stringify(brief(before)));
console.log('after ', JSON.stringify(brief(after)));

const failures = [
  ...faults
    .slice(0, 5)
    .map(
      ({ why, bytes, answer }) =>
        `${why}: ${JSON.stringify(bytes.toString('latin1').slice(0, 1500))} -> ${answer.slice(0, 500)}`,
    ),
  ...before.trouble,
  ...after.trouble,
  ...logged.slice(0, 5),
  ...(alive.includes('all is well') ? [] : ['the server does not answer any more']),
  ...(after.descriptors > before.descriptors
    ? [`${after.descriptors} descriptors, before ${before.descriptors}`]
    : []),
  ...(after.staged.length > 0 ? [`${after.staged.length} temporary files are left`] : []),
  ...(after.filesOpen.length > 0 ? [`open: ${after.filesOpen.join(', ')}`] : []),
  ...(after.heapUsed - before.heapUsed > HEAP_ALLOWANCE ? ['the heap has grown'] : []),
];
console.log(failures.length === 0 ? 'borne' : `${faults.length} faults\n${failures.join('\n')}`);
server.send({ ask: 'end' });
process.exitCode = failures.length === 0 ? 0 : 1;
