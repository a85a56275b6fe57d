/**
 * The server that the hostile benches attack, in a process of its own so that
 * what is measured is its memory and its descriptors. Talks to its parent:
 * `{ ask: 'state' }` is answered with what it holds, `{ ask: 'clear' }` empties
 * the namespace that is written to.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMayfly } from '../dist/index.js';

const top = await mkdtemp(join(tmpdir(), 'mayfly-hostile-'));
const directoryRoot = join(top, 'files');
const secret = 'a secret of the hostile bench, long enough';
const trouble = [];
for (const event of ['unhandledRejection', 'uncaughtException', 'warning']) {
  process.on(event, (error) => trouble.push(`${event}: ${error?.stack ?? error}`));
}

/** Errors that were logged, as they would be 5xx. */
const logged = [];
const mayfly = createMayfly({
  storage: { type: 'osfs', directoryRoot, urlRoot: '/files', durable: false },
  expirations: { type: 'sqlite', path: join(top, 'expirations.db') },
  purge: { schedule: '* * * * *' },
  urls: { secrets: [secret] },
  logger: {
    debug: () => {},
    info: () => {},
    warn: (object, message) => logged.push(`${message}: ${object.err?.stack ?? JSON.stringify(object)}`),
    error: (object, message) => logged.push(`${message}: ${object.err?.stack ?? JSON.stringify(object)}`),
  },
});
await mayfly.ready();
const canary = `canary ${secret}`;
await writeFile(join(top, 'canary.txt'), canary);
await mkdir(join(directoryRoot, 'private'), { recursive: true });
await writeFile(join(directoryRoot, 'private/canary.txt'), canary);

const ns = mayfly.getFilesystem('ns');

/** What every attack may find. */
async function plant() {
  await ns.write('read/ok.txt', 'all is well');
  await ns.write('read/a.png', Buffer.alloc(10_000, 7));
  await ns.write('read/big.bin', Buffer.alloc(8 * 1024 * 1024));
  await ns.write('write/a.txt', 'to be replaced');
  await symlink(join(top, 'canary.txt'), join(directoryRoot, 'ns/read/link.txt')).catch(() => {});
  await symlink(top, join(directoryRoot, 'ns/read/up')).catch(() => {});
}
await plant();

/** Requests that were given up may still store something, so it may take more than one go. */
async function clear() {
  for (let tries = 1; ; tries++) {
    try {
      await ns.removeTree('');
      return await plant();
    } catch (error) {
      if (tries === 10) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

const options = {
  allow: ['read', 'list', 'upload', 'replace', 'remove', 'expire'],
  namespaces: ['ns'],
  maxFileSize: 100_000,
  quota: { maxBytes: 50_000_000, maxFiles: 20_000 },
  idleTimeout: Number(process.env.IDLE_SECONDS ?? 5),
  cors: { origin: ['https://app.example.com'] },
};
const server = createServer({ requestTimeout: 0 }, mayfly.handler(options));
server.on('checkContinue', (request, response) => {
  response.writeContinue();
  server.emit('request', request, response);
});
const socketPath = join(top, 'socket');
await new Promise((resolve) => server.listen(socketPath, resolve));

process.on('message', async ({ ask }) => {
  if (ask === 'clear') {
    await clear();
    process.send({ cleared: true });
  } else if (ask === 'state') process.send(await state());
  else if (ask === 'end') {
    server.closeAllConnections();
    server.close();
    await mayfly.close();
    await rm(top, { recursive: true, force: true });
    process.exit(0);
  }
});

async function state() {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const descriptors = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  const problems = trouble.splice(0);
  return {
    rss,
    heapUsed,
    external,
    descriptors: descriptors.length,
    filesOpen: descriptors.filter((target) => target.startsWith(directoryRoot)),
    connections: await new Promise((resolve) => server.getConnections((_error, count) => resolve(count))),
    staged: await readdir(join(directoryRoot, '.mayfly/tmp')).catch(() => []),
    trouble: problems,
    logged: logged.splice(0),
  };
}

process.send({
  ready: true,
  socketPath,
  canary,
  top,
  secret,
  signedRead: await ns.getUrl('read/ok.txt', 86_400),
  signedUpload: (await ns.getUploadUrl('write/', { timeout: 86_400 })).url,
});
