import { spawnSync } from 'node:child_process';
import { S3_SCRIPT } from './servers-setup.js';

export default async function tearDown() {
  await globalThis.mayflyPostgres?.dispose();
  if (!globalThis.mayflyFoundS3) spawnSync('bash', [S3_SCRIPT, 'stop']);
}
