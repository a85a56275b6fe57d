/** Two instances behind a real nginx are restarted one after the other, and nobody notices. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { freePort } from '../support/free-port.js';
import { describeNginx, Nginx } from './nginx.js';
import { Program } from './program.js';

const CONFIGURATION = new URL('../../deploy/nginx.conf', import.meta.url);

describeNginx('a rolling restart behind nginx', () => {
  let shared: string;
  let ports: [number, number];
  let instances: Program[] = [];
  let nginx: Nginx;

  const start = async (port: number): Promise<Program> => {
    const { program } = await Program.start({
      MAYFLY_PORT: String(port),
      MAYFLY_DIRECTORY_ROOT: join(shared, 'files'),
      MAYFLY_EXPIRATIONS_PATH: join(shared, 'expirations.db'),
      MAYFLY_DURABLE: 'false',
      MAYFLY_STOP_DELAY: '2',
    });
    return program;
  };

  beforeEach(async () => {
    shared = await mkdtemp(join(tmpdir(), 'mayfly-shared-'));
    ports = [await freePort(), await freePort()];
    instances = [await start(ports[0]), await start(ports[1])];
    const shown = await readFile(CONFIGURATION, 'utf8');
    nginx = await Nginx.start((port) =>
      shown
        .replace('listen 80;', `listen 127.0.0.1:${port};`)
        .replace('127.0.0.1:3001', `127.0.0.1:${ports[0]}`)
        .replace('127.0.0.1:3002', `127.0.0.1:${ports[1]}`),
    );
  });

  afterEach(async () => {
    await nginx?.stop();
    for (const instance of instances) await instance.dispose();
    await rm(shared, { recursive: true, force: true });
  });

  it('loses no request, and no upload that is on its way', async () => {
    const slow = await Promise.all(
      Array.from({ length: 4 }, (_, i) => slowUpload(nginx.url, `slow-${i}.txt`)),
    );
    const outcomes: string[] = [];
    let running = true;
    const load = async (worker: number): Promise<void> => {
      for (let i = 0; running; i++) {
        const at = `${nginx.url}/files/load/${worker}-${i}.txt`;
        const put = await fetch(at, { method: 'PUT', body: `${worker} ${i}` }).then(
          ({ status }) => String(status),
          (error: Error) => String(error.cause ?? error),
        );
        const got = await fetch(at).then(
          async (response) => `${response.status} ${(await response.text()) === `${worker} ${i}`}`,
          (error: Error) => String(error.cause ?? error),
        );
        outcomes.push(`PUT ${put}, GET ${got}`);
      }
    };
    const loads = Array.from({ length: 4 }, (_, worker) => load(worker));
    while (outcomes.length < 20) await sleep(20);
    const endings: (number | null)[] = [];
    for (const [at, port] of ports.entries()) {
      const old = instances[at] as Program;
      old.signal('SIGTERM');
      // The half of an upload that is still missing comes while its instance stops.
      if (at === 0) for (const upload of slow) upload.finish();
      endings.push((await old.ended).code);
      instances[at] = await start(port);
      const seen = outcomes.length;
      while (outcomes.length < seen + 20) await sleep(20);
    }
    running = false;
    await Promise.all(loads);
    expect(endings).toEqual([0, 0]);
    expect(new Set(outcomes)).toEqual(new Set(['PUT 201, GET 200 true']));
    for (const upload of slow) expect(await upload.answer).toMatch(/^HTTP\/1\.1 201 /);
  });
});

/** An upload of which half is sent. */
async function slowUpload(
  url: string,
  name: string,
): Promise<{ finish: () => void; answer: Promise<string> }> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname).setEncoding('utf8');
  let received = '';
  socket.on('data', (text) => {
    received += text;
  });
  await once(socket, 'connect');
  socket.write(
    `PUT /files/slow/${name} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 12\r\nConnection: close\r\n\r\nfirst `,
  );
  return { finish: () => socket.write('second'), answer: once(socket, 'close').then(() => received) };
}
