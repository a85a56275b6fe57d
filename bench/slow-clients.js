/**
 * Holds a thousand slow clients open, and asks what others notice of them.
 *
 *     node bench/slow-clients.js [clients = 1000]
 *
 * A quarter each sends a head byte by byte, a body byte by byte, a body and
 * then nothing, and reads nothing of what it asked for. Says the latency of a
 * normal GET without and with them, and how many were cut off by the idle
 * timeout. Those that go on talking are not cut by it: heads are Node's to cut
 * (headersTimeout), bodies end with uploadTimeout.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';

const [clients = 1000] = process.argv.slice(2).map(Number);
const IDLE_SECONDS = 8;
const ROUNDS = 5;
const GETS = 1000;

const server = fork(fileURLToPath(new URL('hostile-server.js', import.meta.url)), {
  execArgv: ['--expose-gc'],
  env: { ...process.env, IDLE_SECONDS: String(IDLE_SECONDS) },
});
const [{ socketPath }] = await once(server, 'message');

async function ask(what) {
  server.send({ ask: what });
  return (await once(server, 'message'))[0];
}

/** One GET after the other on one connection. @returns milliseconds of each */
async function latencies(count) {
  const socket = connect(socketPath);
  await once(socket, 'connect');
  const times = [];
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    socket.write('GET /files/ns/read/ok.txt HTTP/1.1\r\nHost: x\r\n\r\n');
    let text = '';
    while (!text.endsWith('all is well')) text += (await once(socket, 'data'))[0];
    times.push(performance.now() - began);
  }
  socket.destroy();
  return times.sort((a, b) => a - b);
}

const PUT = 'PUT /files/ns/write/slow-';
const KINDS = [
  { name: 'head byte by byte', begin: () => 'GET /files/ns/read/ok.txt HTTP/1.1\r\nX: ', trickles: true },
  {
    name: 'body byte by byte',
    begin: (i) => `${PUT}${i} HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n`,
    trickles: true,
  },
  {
    name: 'body, then silence',
    begin: (i) => `${PUT}${i} HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\nx`,
  },
  {
    name: 'reads nothing',
    begin: () => 'GET /files/ns/read/big.bin HTTP/1.1\r\nHost: x\r\n\r\n',
    deaf: true,
  },
];

function slowClient(i) {
  const kind = KINDS[i % KINDS.length];
  const socket = connect(socketPath);
  const client = { kind: kind.name, cut: false };
  socket.on('error', () => {});
  // A deaf client would not hear of the end, so what it has sent is what tells.
  socket.on('close', () => {
    clearInterval(client.timer);
    client.cut = true;
  });
  if (kind.deaf) socket.pause();
  else socket.resume();
  socket.write(kind.begin(i));
  if (kind.trickles) client.timer = setInterval(() => socket.write('x'), 1000);
  client.socket = socket;
  return client;
}

const summary = (times) => ({
  medianMs: +times[times.length >> 1].toFixed(2),
  p99Ms: +times[Math.floor(times.length * 0.99)].toFixed(2),
});

await latencies(GETS);
const rounds = [];
for (let round = 0; round < ROUNDS; round++) rounds.push(await latencies(GETS));
const alone = summary(rounds.flat().sort((a, b) => a - b));

const before = await ask('state');
const held = [];
for (let i = 0; i < clients; i++) {
  held.push(slowClient(i));
  if (i % 20 === 19) await new Promise((resolve) => setTimeout(resolve, 60)); // The backlog is short.
}
await new Promise((resolve) => setTimeout(resolve, 1500));
const during = await ask('state');
const crowded = summary(await latencies(GETS * 2));

await new Promise((resolve) => setTimeout(resolve, (IDLE_SECONDS + 6) * 1000));
const late = await ask('state');
const cut = {};
for (const { kind, cut: isCut } of held) {
  cut[kind] ??= { held: 0, cut: 0 };
  cut[kind].held++;
  if (isCut) cut[kind].cut++;
}
for (const { socket, timer } of held) {
  clearInterval(timer);
  socket.destroy();
}
await new Promise((resolve) => setTimeout(resolve, 3000));
const after = await ask('state');
console.log(
  JSON.stringify({ clients, alone, crowded, ratio: +(crowded.medianMs / alone.medianMs).toFixed(2) }),
);
console.log(
  `cut off by the server within the idle timeout: ${during.connections - late.connections} of ${during.connections}`,
);
console.log('seen by the clients', JSON.stringify(cut)); // Who does not read sees nothing.
for (const [when, { connections, descriptors, staged, trouble, logged }] of Object.entries({
  before,
  during,
  late,
  after,
})) {
  console.log(
    when,
    JSON.stringify({ connections, descriptors, staged: staged.length, trouble, logged: logged.length }),
  );
}
server.send({ ask: 'end' });
