/**
 * One contender's server of uploads to disk, in a process of its own:
 * `node disk-upload-servers.js NAME DIRECTORY` prints its port. To a line
 * `memory` it answers with its resident memory, before the first upload and at
 * most. It loads what this contender uses, and no more: a heap with more in it is
 * collected less often, which makes servers of large bodies faster.
 */
import { randomUUID } from 'node:crypto';
import { createWriteStream, mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { setFlagsFromString } from 'node:v8';

// Without it every contender is half as fast from some moment on, which comes after seconds or a minute: see README.md.
if (process.env.BENCH_PLAIN_HEAP === undefined) setFlagsFromString('--heap-growing-percent=200');
const [name, directory] = process.argv.slice(2);
const files = join(directory, 'bench');
mkdirSync(files, { recursive: true });

async function mayfly() {
  const { createMayfly } = await import('../dist/index.js');
  return createMayfly({
    storage: { type: 'osfs', directoryRoot: directory, urlRoot: '/files', durable: false },
    expirations: { type: 'sqlite', path: `${directory}/../expirations.db` },
    purge: false,
  });
}

/** As its documentation has it: random names, in one directory. */
async function multerOnDisk() {
  const { default: multer } = await import('multer');
  const upload = multer({ dest: files });
  return (await newApp()).post('/files/bench', upload.array('file'), (request, response) => {
    const stored = request.files.map(({ filename, size }) => ({ path: filename, size }));
    response.status(201).json({ files: stored });
  });
}

async function newApp() {
  const { default: express } = await import('express');
  return express();
}

/** The least that takes a body to a file; of a client that hangs up, half a file stays. */
function pipeToFile() {
  return async (request, response) => {
    const path = randomUUID();
    await pipeline(request, createWriteStream(join(files, path)));
    const body = JSON.stringify({ path });
    response.writeHead(201, { 'Content-Length': body.length }).end(body);
  };
}

const routes = { allow: ['upload', 'replace'], maxFileSize: 2 ** 40 };
const contenders = {
  'multer on disk, in Express': multerOnDisk,
  'mayfly.router() in Express': async () => (await newApp()).use('/files', (await mayfly()).router(routes)),
  'mayfly.handler() on node:http': async () => (await mayfly()).handler(routes),
  'request.pipe(createWriteStream) on node:http': pipeToFile,
};

const contender = contenders[name];
if (contender === undefined) {
  throw new Error(`no contender ${name}: one of ${Object.keys(contenders).join(', ')}`);
}
process.env.NODE_ENV = 'production';
const peak = () => process.resourceUsage().maxRSS;
const megabytes = (kibibytes) => Math.round(kibibytes / 1024);
const server = createServer({ requestTimeout: 0 }, await contender());
const atStart = peak();
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'memory')
    console.log(`${megabytes(atStart)} MB before the first, ${megabytes(peak())} at most`);
}
