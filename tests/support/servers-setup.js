/**
 * The servers of a test run. One PostgreSQL: that of DATABASE_URL, else one of
 * our own. The S3 server is started by the first test that needs it, and stays
 * when it was there before.
 */
import { spawnSync } from 'node:child_process';
import { startPostgres } from './postgres-server.js';

export const S3_SCRIPT = new URL('../../scripts/s3-server.sh', import.meta.url).pathname;

export default async function setUp() {
  globalThis.mayflyFoundS3 =
    Boolean(process.env.S3_ENDPOINT) || spawnSync('bash', [S3_SCRIPT, 'status']).status === 0;
  if (process.env.DATABASE_URL) return;
  const server = await startPostgres();
  globalThis.mayflyPostgres = server;
  process.env.DATABASE_URL = server.url;
}
