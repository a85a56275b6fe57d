/**
 * A server on S3 to be killed. Run against dist/ by the crash tests:
 * `node s3-server.js OPTIONS`, the options of createMayfly as JSON; prints its port.
 */
import { createServer } from 'node:http';
import { createMayfly } from '../../dist/index.js';

const mayfly = createMayfly(JSON.parse(process.argv[2]));
const server = createServer(mayfly.handler());
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
