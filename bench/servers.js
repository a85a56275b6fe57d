/** One contender's server, in a process of its own: `node servers.js NAME DIRECTORY` prints its port. */
import { createServer } from 'node:http';
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

const contenders = {
  'express.static': () => express().use('/files', express.static(directory)),
  'Express answering ok': () =>
    express().use('/files', (_request, response) => {
      response.end('ok');
    }),
  'node:http writing a buffer': () => {
    const bytes = Buffer.alloc(1024, 'x');
    return (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': 1024 });
      response.end(bytes);
    };
  },
  'mayfly.router() in Express': () => express().use('/files', mayfly().router()),
  'mayfly.handler() on node:http': () => mayfly().handler(),
};

const listener = contenders[name];
if (listener === undefined)
  throw new Error(`no contender ${name}: one of ${Object.keys(contenders).join(', ')}`);
process.env.NODE_ENV = 'production';
const server = createServer(listener());
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
