/**
 * One contender's server of redirects to presigned URLs, in a process of its
 * own: `node redirect-servers.js NAME BUCKET` prints its port.
 */
import { createServer } from 'node:http';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import express from 'express';
import { createMayfly } from '../dist/index.js';
import { newClient, server as s3 } from './s3.js';

const [name, bucket] = process.argv.slice(2);

function mayfly() {
  return createMayfly({
    storage: { type: 's3fs', ...s3, bucket, urlRoot: '/files' },
    expirations: { type: 'sqlite', path: ':memory:' },
    purge: false,
  });
}

/** What the SDK's documentation and most answers on the web come to. */
function getSignedUrlRoute() {
  const client = newClient();
  return express().get('/files/*path', async (request, response) => {
    const command = new GetObjectCommand({ Bucket: bucket, Key: request.params.path.join('/') });
    const url = await getSignedUrl(client, command, { expiresIn: 3600 });
    response.set('Cache-Control', 'private, max-age=1800').redirect(url);
  });
}

/** What no server of redirects can beat. */
function bareRedirect() {
  const Location = `${s3.endpoint}/${bucket}/bench/file.bin?${'x'.repeat(300)}`;
  return (_request, response) => {
    response
      .writeHead(302, { Location, 'Cache-Control': 'private, max-age=1800', 'Content-Length': 0 })
      .end();
  };
}

/** What no route of Express can beat. */
function bareRedirectInExpress() {
  return express().use('/files', bareRedirect());
}

const contenders = {
  'getSignedUrl in an Express route': getSignedUrlRoute,
  'mayfly.router() in Express': () => express().use('/files', mayfly().router()),
  'mayfly.handler() on node:http': () => mayfly().handler(),
  'a bare 302 in Express': bareRedirectInExpress,
  'a bare 302 on node:http': bareRedirect,
};

const listener = contenders[name];
if (listener === undefined) {
  throw new Error(`no contender ${name}: one of ${Object.keys(contenders).join(', ')}`);
}
process.env.NODE_ENV = 'production';
const server = createServer(listener());
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
