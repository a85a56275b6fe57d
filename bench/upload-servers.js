/**
 * One contender's server of uploads, in a process of its own:
 * `node upload-servers.js NAME BUCKET` prints its port. Then it takes lines:
 * `write BYTES` has it write a stream of its own, `memory` prints its peak of
 * resident memory in MB.
 */
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { Upload } from '@aws-sdk/lib-storage';
import express from 'express';
import { createMayfly } from '../dist/index.js';
import { madeUpStream } from './made-up-stream.js';
import { newClient, server as s3 } from './s3.js';

const TEBIBYTE = 1024 ** 4;
const [name, bucket] = process.argv.slice(2);

function mayfly() {
  const mayfly = createMayfly({
    storage: { type: 's3fs', ...s3, bucket, urlRoot: '/files' },
    expirations: { type: 'sqlite', path: ':memory:' },
    purge: false,
  });
  const files = mayfly.getFilesystem('bench');
  return {
    app: express().use('/files', mayfly.router({ delivery: 'redirect', maxFileSize: TEBIBYTE })),
    write: (bytes) => files.write('written.bin', madeUpStream(bytes)),
  };
}

/** As multer-s3 does, and with its library's defaults. */
function upload() {
  const client = newClient();
  const put = (Key, Body) => new Upload({ client, params: { Bucket: bucket, Key, Body } }).done();
  return {
    app: express().put('/files/bench/:name', async (request, response) => {
      await put(request.params.name, request);
      response.status(201).end();
    }),
    write: (bytes) => put('written.bin', madeUpStream(bytes)),
  };
}

const contenders = { 'Upload of lib-storage in Express': upload, 'mayfly.router() in Express': mayfly };
const contender = contenders[name];
if (contender === undefined) {
  throw new Error(`no contender ${name}: one of ${Object.keys(contenders).join(', ')}`);
}
process.env.NODE_ENV = 'production';
const { app, write } = contender();
const server = createServer({ requestTimeout: 0 }, app);
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
for await (const line of createInterface({ input: process.stdin })) {
  const [command, argument] = line.split(' ');
  if (command === 'write') {
    await write(Number(argument));
    console.log('written');
  } else if (command === 'memory') {
    console.log(Math.round(process.resourceUsage().maxRSS / 1024));
  }
}
