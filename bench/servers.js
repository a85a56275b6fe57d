/** One contender's server, in a process of its own: `node servers.js NAME DIRECTORY` prints its port. */
process.env.NODE_ENV = 'production';

import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { createServer as createSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { createMayfly } from '../dist/index.js';

const [name, directory] = process.argv.slice(2);

function mayfly() {
  return createMayfly({
    storage: { type: 'osfs', directoryRoot: directory, urlRoot: '/files' },
    expirations: { type: 'sqlite', path: `${directory}/../expirations.db` },
    purge: false,
  });
}

/** `npm ci --prefix bench/peers` brings them. */
const peer = (module) => createRequire(new URL('./peers/package.json', import.meta.url))(module);

function sirvInExpress() {
  const { default: sirv = peer('sirv') } = peer('sirv');
  return express().use('/files', sirv(directory, { dev: true, etag: true }));
}

async function fastifyStatic() {
  const app = peer('fastify')();
  app.register(peer('@fastify/static'), { root: directory, prefix: '/files/' });
  return Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port);
}

function bareBuffer() {
  const bytes = Buffer.alloc(1024, 'x');
  return (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': bytes.length });
    response.end(bytes);
  };
}

/** The program as `npm start` runs it, with its log thrown away. */
async function standalone() {
  const port = await freePort();
  Object.assign(process.env, {
    MAYFLY_PORT: String(port),
    MAYFLY_DIRECTORY_ROOT: directory,
    MAYFLY_EXPIRATIONS_PATH: `${directory}/../expirations.db`,
    MAYFLY_LOG_LEVEL: 'silent',
  });
  await import('../dist/server/main.js');
  return port;
}

/** In this process's place as far as its time goes: it is the only child, and tells its own pid. */
async function nginx() {
  const port = await freePort();
  const work = mkdtempSync(join(tmpdir(), 'mayfly-nginx-'));
  const settings = `daemon off; master_process off; pid ${work}/pid; error_log ${work}/error;
    events { worker_connections 1024; }
    http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; types { } open_file_cache off;
      client_body_temp_path ${work}; proxy_temp_path ${work}; fastcgi_temp_path ${work}; uwsgi_temp_path ${work}; scgi_temp_path ${work};
      server { listen 127.0.0.1:${port}; location /files/ { alias ${directory}/; } } }`;
  writeFileSync(join(work, 'conf'), settings);
  const child = spawn('nginx', ['-c', join(work, 'conf'), '-e', join(work, 'error')], { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.once(signal, () => {
      child.kill();
      process.exit();
    });
  }
  await new Promise((resolve) => setTimeout(resolve, 1000));
  return `${port} ${child.pid}`;
}

function freePort() {
  return new Promise((resolve) => {
    const socket = createSocket().listen(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

/** Each a listener for node:http, or a promise of a port where one listens. */
const contenders = {
  'express.static': () => express().use('/files', express.static(directory)),
  'sirv (dev) in Express': sirvInExpress,
  '@fastify/static': fastifyStatic,
  'Express answering ok': () =>
    express().use('/files', (_request, response) => {
      response.end('ok');
    }),
  'mayfly.router() in Express': () => express().use('/files', mayfly().router()),
  'mayfly.handler() on node:http': () => mayfly().handler(),
  'the standalone server': standalone,
  'node:http writing 1 KB': bareBuffer,
  nginx,
};

const contender = contenders[name];
if (contender === undefined)
  throw new Error(`no contender ${name}: one of ${Object.keys(contenders).join(', ')}`);
const made = await contender();
if (typeof made !== 'function') console.log(made);
else {
  const server = createServer(made);
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
}
