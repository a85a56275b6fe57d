/**
 * How fast are presigned URLs made, and redirects to them served, beside
 * `getSignedUrl` of the SDK? `node bench/presign.js [KEYS]`
 *
 * Every URL is signed: the windows in which mayfly gives the same URL to
 * everybody change what is signed, not whether it is.
 */
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { S3FS } from '../dist/index.js';
import { startContender } from './contender.js';
import { compare } from './harness.js';
import { load } from './load.js';
import { newBucket, newClient, removeBucket, server } from './s3.js';

const KEYS = Number(process.argv[2] ?? 2000);
const NAMES = [
  'getSignedUrl in an Express route',
  'mayfly.router() in Express',
  'mayfly.handler() on node:http',
  'a bare 302 in Express',
  'a bare 302 on node:http',
];

const bucket = await newBucket();
const paths = Array.from({ length: KEYS }, (_, i) => `reports/2026/no ${i}.pdf`);

/** @returns URLs a second, made one after the other as a server's requests ask for them */
async function rateOf(makeUrl) {
  const started = performance.now();
  for (const path of paths) await makeUrl(path);
  return (KEYS * 1000) / (performance.now() - started);
}

async function compareSigning() {
  const client = newClient();
  const fs = new S3FS({ ...server, bucket });
  const presigner = fs.presigner();
  const bySdk = (path) =>
    getSignedUrl(client, new GetObjectCommand({ Bucket: bucket, Key: path }), { expiresIn: 3600 });
  const byMayfly = async (path) => (await presigner.presign(path, { expiresIn: 3600 })).url;
  await refuseUnlessAlike(paths[0], [bySdk, byMayfly]);
  const contenders = [
    { name: 'getSignedUrl', round: () => rateOf(bySdk) },
    { name: 'S3FS.presigner().presign', round: () => rateOf(byMayfly) },
  ];
  await compare(`Presigning ${KEYS} keys`, 'URLs a second', contenders, 7);
  await fs.close();
  client.destroy();
}

/** Both must be answered alike, and not by a refusal of the signature. */
async function refuseUnlessAlike(path, makers) {
  for (const makeUrl of makers) {
    const { status } = await fetch(await makeUrl(path));
    if (status !== 404) throw new Error(`a presigned URL of a missing key was answered ${status}`);
  }
}

async function compareRedirects() {
  const servers = [];
  try {
    for (const name of NAMES) {
      servers.push({ name, ...(await startContender('redirect-servers.js', [name, bucket])) });
    }
    const contenders = servers.map(({ name, origin }) => ({
      name,
      round: () => load(`${origin}/files/bench/file.bin`, { status: 302 }),
    }));
    await compare('GET that is redirected to a presigned URL', 'answers a second', contenders);
  } finally {
    for (const { stop } of servers) await stop();
  }
}

try {
  await compareSigning();
  await compareRedirects();
} finally {
  await removeBucket(bucket);
}
