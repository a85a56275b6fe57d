/**
 * A server to be killed: serves and purges without a pause until it dies.
 * Run against dist/ by the crash tests: `node crash-server.js DIRECTORY_ROOT DATABASE [quick]`; quick is not durable.
 */
import { createServer } from 'node:http';
import { createMayfly } from '../../dist/index.js';

const [directoryRoot, path, how] = process.argv.slice(2);
const mayfly = createMayfly({
  storage: { type: 'osfs', directoryRoot, urlRoot: '/files', durable: how !== 'quick' },
  expirations: { type: 'sqlite', path },
  purge: false,
});
const server = createServer(mayfly.handler({ allow: ['read', 'upload', 'replace'], onConflict: 'replace' }));
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
for (;;) await mayfly.expireObjects();
