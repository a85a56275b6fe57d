/**
 * How fast are uploads stored on disk, beside multer's disk storage (forms)
 * and `request.pipe(createWriteStream(…))` (raw bodies)? Nobody syncs.
 * `node bench/upload.js [QUESTION]…`, all by default.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { basename, join } from 'node:path';
import { startContender } from './contender.js';
import { compareServers } from './harness.js';
import { pinThis } from './pinning.js';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 3);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
/** A warm-up of three seconds leaves half of the code to be compiled in the rounds that count. */
const WARM_UP_SECONDS = Number(process.env.BENCH_WARM_UP_SECONDS ?? 10);
const MIB = 2 ** 20;
const FORM = ['multer on disk, in Express', 'mayfly.router() in Express', 'mayfly.handler() on node:http'];
const RAW = ['request.pipe(createWriteStream) on node:http', 'mayfly.handler() on node:http'];
/** @type {Record<string, { bytes: number, connections: number, names: string[] }>} */
const QUESTIONS = {
  'form of 1 KB': { bytes: 1024, connections: 16, names: FORM },
  'form of 1 MB': { bytes: MIB, connections: 4, names: FORM },
  'form of 100 MB': { bytes: 100 * MIB, connections: 1, names: FORM },
  'PUT of 1 KB': { bytes: 1024, connections: 16, names: RAW },
  'PUT of 1 MB': { bytes: MIB, connections: 4, names: RAW },
  'PUT of 100 MB': { bytes: 100 * MIB, connections: 1, names: RAW },
};

/** As long as those that browsers make: the longer it is, the faster a parser finds that it is not there. */
const BOUNDARY = '----WebKitFormBoundary0123456789abcdef';

/** A body's beginning and end; between them comes the content. */
function framing(isForm) {
  if (!isForm) return { before: '', after: '' };
  const head = 'Content-Disposition: form-data; name="file"; filename="file.bin"';
  return {
    before: `--${BOUNDARY}\r\n${head}\r\nContent-Type: application/octet-stream\r\n\r\n`,
    after: `\r\n--${BOUNDARY}--\r\n`,
  };
}

let uploads = 0;

/** The head of a request, each for a file of its own. */
function headOf(isForm, length) {
  const line = isForm ? 'POST /files/bench?filename=' : 'PUT /files/bench/';
  const type = isForm ? `multipart/form-data; boundary=${BOUNDARY}` : 'application/octet-stream';
  const fields = `Host: bench\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n`;
  return `${line}${process.pid}-${uploads++}.bin HTTP/1.1\r\n${fields}\r\n`;
}

/** One connection: the next upload follows the answer to the last. @returns how long each took, in ms */
async function pump({ port, directory }, { bytes, isForm, ends }) {
  const { before, after } = framing(isForm);
  const length = before.length + bytes + after.length;
  const content = randomBytes(Math.min(bytes, MIB));
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.setNoDelay(true); // Else a small piece waits for the answer to the piece before, some 40 ms.
  const times = [];
  do {
    const sent = performance.now();
    const answer = answered(socket);
    socket.cork();
    socket.write(headOf(isForm, length) + before);
    for (let left = bytes; left > 0; left -= content.length) {
      if (socket.write(content)) continue;
      socket.uncork();
      await once(socket, 'drain');
    }
    if (after !== '') socket.write(after);
    socket.uncork();
    const stored = storedName(await answer);
    times.push(performance.now() - sent);
    if (bytes >= MIB) await unlink(join(directory, 'bench', stored));
  } while (performance.now() < ends);
  socket.destroy();
  return times;
}

/**
 * What was stored. A large file is removed at once, so that the next one gets its memory: else the machine, if it is a
 * virtual one, has to be given each page anew, which takes longer than all of the rest. Small ones stay until the end:
 * on ext4 who makes files where others were removed less than a minute ago takes ten times as long.
 */
function storedName(answer) {
  return basename(/"path":"([^"]+)"/.exec(answer)[1]);
}

/** Wait for one whole answer, which must be a 201 with a length. */
function answered(socket) {
  return new Promise((resolve, reject) => {
    let text = '';
    const onData = (chunk) => {
      text += chunk.latin1Slice();
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      if (!text.startsWith('HTTP/1.1 201')) reject(new Error(text));
      const length = Number(/content-length: (\d+)/i.exec(text.slice(0, end))?.[1]);
      if (text.length < end + 4 + length) return;
      socket.off('data', onData).off('error', reject);
      resolve(text);
    };
    socket.on('data', onData).on('error', reject);
  });
}

async function round(server, { bytes, connections, isForm, seconds }) {
  const began = performance.now();
  const ends = began + seconds * 1000;
  const pumps = Array.from({ length: connections }, () => pump(server, { bytes, isForm, ends }));
  const times = (await Promise.all(pumps)).flat().sort((a, b) => a - b);
  const rate = (times.length * 1000) / (performance.now() - began);
  return { rate, p99: times[Math.floor(times.length * 0.99)] ?? Number.NaN };
}

async function compareUploads(question, { bytes, connections, names }) {
  const isForm = names === FORM;
  const servers = [];
  try {
    for (const [i, name] of names.entries()) {
      const directory = join(work, question, String(i), 'files');
      const started = await startContender('disk-upload-servers.js', [name, directory]);
      servers.push({ name, directory, port: Number(new URL(started.origin).port), ...started });
    }
    for (const server of servers)
      await round(server, { bytes, connections, isForm, seconds: WARM_UP_SECONDS });
    const contenders = servers.map((server) => ({
      name: server.name,
      pid: server.pid,
      seconds: SECONDS,
      round: () => round(server, { bytes, connections, isForm, seconds: SECONDS }),
    }));
    await compareServers(question, contenders, ROUNDS);
    for (const { name, child, nextLine } of servers) {
      child.stdin.write('memory\n');
      console.log(`${name}: ${await nextLine()}`);
    }
  } finally {
    for (const { stop } of servers) await stop();
  }
}

const asked = process.argv.slice(2);
pinThis('load');
// Beside the code rather than in /tmp, which is memory on many machines.
const work = await mkdtemp(join(process.cwd(), 'bench-upload-'));
try {
  for (const [question, how] of Object.entries(QUESTIONS)) {
    if (asked.length === 0 || asked.includes(question)) await compareUploads(question, how);
  }
} finally {
  await rm(work, { recursive: true, force: true });
}
