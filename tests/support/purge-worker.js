/**
 * Purges once when told to and prints its report.
 * Run against dist/ by the crash tests: `node purge-worker.js DIRECTORY_ROOT DATABASE NOW`.
 */
import { once } from 'node:events';
import { createMayfly } from '../../dist/index.js';

const [directoryRoot, path, now] = process.argv.slice(2);
const mayfly = createMayfly({
  storage: { type: 'osfs', directoryRoot, urlRoot: '/files' },
  expirations: { type: 'sqlite', path },
  purge: false,
});
await mayfly.ready();
process.stdout.write('ready\n');
await once(process.stdin, 'data');
const report = await mayfly.expireObjects({
  now: new Date(Number(now)),
  onProgress: () => process.stdout.write('progress\n'),
});
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit());
