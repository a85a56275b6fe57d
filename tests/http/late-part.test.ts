import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { createMayfly } from '../../src/index.js';
import { BOUNDARY, FORM_TYPE, rawForm } from '../support/http.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

it('leaves nothing of a part that begins when its form is refused already', async () => {
  const directory = await temporaryDirectory();
  const mayfly = createMayfly({
    storage: { type: 'osfs', directoryRoot: directory.path, urlRoot: '/files' },
    expirations: { type: 'sqlite', path: ':memory:' },
    purge: false,
  });
  const server = createServer(mayfly.handler());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const first = { disposition: 'name="file"; filename="a"', type: 'text/plain', body: 'first' };
    // A lifetime that comes after a file, and so much that the next file is in another piece of what is read.
    const late = { disposition: 'name="days"', body: '7' };
    const filler = Array.from({ length: 8 }, () => ({ disposition: 'name="x"', body: 'f'.repeat(9000) }));
    const second = { disposition: 'name="file"; filename="b"', type: 'text/plain', body: 'second' };
    const form = rawForm([first, late, ...filler, second]);
    const begun = form.indexOf(BOUNDARY, BOUNDARY.length + 4) + BOUNDARY.length;
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write(
      `POST /files/ns HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: ${FORM_TYPE}\r\n` +
        `Content-Length: ${form.length}\r\n\r\n`,
    );
    socket.write(form.subarray(0, begun));
    await sleep(100);
    socket.write(form.subarray(begun));
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1.1 400 /);
    await once(socket, 'close');
    await sleep(100);
    expect(await readdir(join(directory.path, '.mayfly', 'tmp'))).toEqual([]);
  } finally {
    server.close();
    await mayfly.close();
    await directory.remove();
  }
});
