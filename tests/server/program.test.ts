/** The program as it is run: `node dist/server/main.js` in a directory of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { LogLine } from './program.js';
import { Program } from './program.js';

const programs: Program[] = [];

afterEach(async () => {
  for (const program of programs.splice(0)) await program.dispose();
});

async function start(env: Record<string, string> = {}) {
  const started = await Program.start(env);
  programs.push(started.program);
  return started;
}

async function endOf(env: Record<string, string>) {
  const program = await Program.spawn(env);
  programs.push(program);
  return program.ended;
}

function form(name: string, content: string): FormData {
  const data = new FormData();
  data.append('file', new File([content], name, { type: 'text/plain' }));
  return data;
}

/** A connection on which an upload has been announced and half of it sent. */
async function halfAnUpload(url: string): Promise<{ socket: Socket; rest: string; answer: Promise<string> }> {
  const { hostname, port, host } = new URL(url);
  const body = `--b\r\nContent-Disposition: form-data; name="f"; filename="slow.txt"\r\n\r\nfirst second\r\n--b--\r\n`;
  const half = body.indexOf('second');
  const socket = connect(Number(port), hostname).setEncoding('utf8');
  let received = '';
  socket.on('data', (text) => {
    received += text;
  });
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(
    `POST /files/demo HTTP/1.1\r\nHost: ${host}\r\nContent-Type: multipart/form-data; boundary=b\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body.slice(0, half)}`,
  );
  return { socket, rest: body.slice(half), answer: once(socket, 'close').then(() => received) };
}

/** Whether a new connection is refused. */
async function refuses(url: string): Promise<boolean> {
  return fetch(`${url}/healthz`).then(
    () => false,
    () => true,
  );
}

/** Ask until the answer is yes; the test's own time-out says when it never is. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** How many requests are being served, as /metrics tells, this one left out. */
async function inFlight(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^mayfly_http_requests_in_flight (\d+)$/m.exec(text)?.[1]) - 1;
}

describe('the program', () => {
  it('stores a file, serves it at its URL, and is ready', async () => {
    const { url } = await start();
    const upload = await fetch(`${url}/files/demo?seconds=60`, {
      method: 'POST',
      body: form('a.txt', 'hello'),
    });
    expect(upload.status).toBe(201);
    const { files } = (await upload.json()) as { files: { url: string; expires: string }[] };
    expect(files[0]?.url).toBe('/files/demo/a.txt');
    expect(Date.parse(files[0]?.expires ?? '')).toBeGreaterThan(Date.now());
    expect(await (await fetch(new URL(files[0]?.url ?? '', url))).text()).toBe('hello');
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/`)).status).toBe(200);
  });

  it('purges what is due, and counts it', async () => {
    const { program, url } = await start({ MAYFLY_PURGE_SCHEDULE: '* * * * * *' });
    await fetch(`${url}/files/demo?seconds=1`, { method: 'POST', body: form('a.txt', 'hello') });
    await program.logged('purge', (line) => line.removed === 1);
    expect((await fetch(`${url}/files/demo/a.txt`)).status).toBe(404);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain(
      'mayfly_purged_files_total{outcome="removed"} 1',
    );
  });

  it('is not ready while its directory is away, and ready when it is back', async () => {
    const { program, url } = await start();
    const files = join(program.directory, 'var/files');
    const ready = async () => (await fetch(`${url}/readyz`)).status;
    expect(await ready()).toBe(200);
    await rename(files, `${files}-away`);
    expect(await ready()).toBe(503);
    await rename(`${files}-away`, files);
    expect(await ready()).toBe(200);
  });

  it('begins URLs with the public one', async () => {
    const { url } = await start({ MAYFLY_PUBLIC_URL: 'https://files.example.com' });
    const upload = await fetch(`${url}/files/demo`, { method: 'POST', body: form('a.txt', 'hello') });
    expect(await upload.json()).toMatchObject({
      files: [{ url: 'https://files.example.com/files/demo/a.txt' }],
    });
    expect((await fetch(`${url}/files/demo/a.txt`)).status).toBe(200);
  });

  it('takes what a directory of the operator says over its own defaults, and variables over that', async () => {
    const own = await mkdtemp(join(tmpdir(), 'mayfly-config-'));
    await writeFile(
      join(own, 'default.json'),
      JSON.stringify({ publicUrl: 'https://a.example', limits: { maxFileSize: 5 } }),
    );
    const env = {
      NODE_ENV: 'production',
      NODE_CONFIG_DIR: own,
      MAYFLY_PUBLIC_URL: 'https://b.example',
      MAYFLY_PROT: '5',
    };
    const { program, url } = await start(env);
    const warned = await program.logged('variables that are no settings');
    expect(warned).toMatchObject({ variables: ['MAYFLY_PROT'] });
    await rm(own, { recursive: true });
    const send = (content: string) =>
      fetch(`${url}/files/demo`, { method: 'POST', body: form('a.txt', content) });
    expect(await (await send('12345')).json()).toMatchObject({
      files: [{ url: 'https://b.example/files/demo/a.txt' }],
    });
    expect((await send('123456')).status).toBe(413);
    program.signal('SIGTERM');
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('takes files of at most the size it is given', async () => {
    const { url } = await start({ MAYFLY_MAX_FILE_SIZE: '5' });
    const send = (content: string) =>
      fetch(`${url}/files/demo`, { method: 'POST', body: form('a.txt', content) });
    expect((await send('12345')).status).toBe(201);
    expect((await send('123456')).status).toBe(413);
  });

  it('with a token asks for it, also for listings', async () => {
    const { url, program } = await start({ MAYFLY_HOST: '0.0.0.0', MAYFLY_TOKEN: 'top-secret' });
    const send = (headers: Record<string, string>) =>
      fetch(`${url}/files/demo`, { method: 'POST', body: form('a.txt', 'hello'), headers });
    const list = (headers: Record<string, string>) =>
      fetch(`${url}/files/demo/`, { headers: { Accept: 'application/json', ...headers } });
    expect((await send({})).status).toBe(401);
    expect((await send({ Authorization: 'Bearer top-secret' })).status).toBe(201);
    expect((await list({})).status).toBe(401);
    expect((await list({ Authorization: 'Bearer top-secret' })).status).toBe(200);
    expect((await fetch(`${url}/files/demo/a.txt`)).status).toBe(200);
    expect(JSON.stringify(program.log)).not.toContain('top-secret');
  });
});

describe('the program does not start', () => {
  it.each([
    ['without a token for all to reach', { MAYFLY_HOST: '0.0.0.0' }, /without a token.*MAYFLY_TOKEN/],
    ['with bad settings', { MAYFLY_PORT: 'x', MAYFLY_DURABLE: 'y' }, /MAYFLY_PORT.*MAYFLY_DURABLE/],
    ['on storage that can not be', { MAYFLY_DIRECTORY_ROOT: '/dev/null/files' }, /could not start/],
  ])('%s, and says why in one line', async (_name, env, message) => {
    const { code, stderr } = await endOf(env);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('on a port that is taken', async () => {
    const { url } = await start();
    const { code, stderr } = await endOf({ MAYFLY_PORT: new URL(url).port });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^mayfly could not start: .*another program uses this port; set MAYFLY_PORT\n$/);
  });
});

describe('on SIGTERM the program', () => {
  it('lets a request in flight end, takes no other, and exits with 0', async () => {
    const { program, url } = await start();
    const { socket, rest, answer } = await halfAnUpload(url);
    await until(async () => (await inFlight(url)) === 1);
    program.signal('SIGTERM');
    await until(() => refuses(url));
    socket.write(rest);
    expect(await answer).toMatch(/^HTTP\/1\.1 201 .*Connection: close/is);
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('closes connections that idle', async () => {
    const { program, url } = await start();
    const { hostname, port, host } = new URL(url);
    const [used, unused] = [connect(Number(port), hostname), connect(Number(port), hostname)];
    await Promise.all([once(used, 'connect'), once(unused, 'connect')]);
    used.write(`GET /healthz HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await once(used, 'data');
    const closed = Promise.all([once(used, 'close'), once(unused.resume(), 'close')]);
    program.signal('SIGTERM');
    await closed;
    expect(await program.ended).toMatchObject({ code: 0 });
  });

  it('ends when npm, by which it was started, is told to', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'mayfly-program-'));
    // Built already: what comes before `start` is left out.
    const npm = spawn('npm', ['start', '--silent', '--ignore-scripts'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        MAYFLY_PORT: '0',
        MAYFLY_DIRECTORY_ROOT: join(directory, 'files'),
        MAYFLY_EXPIRATIONS_PATH: join(directory, 'expirations.db'),
        MAYFLY_URL_SECRETS: 's'.repeat(32),
      },
    });
    let log = '';
    npm.stdout.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
    const ended = once(npm, 'close');
    try {
      await until(async () => log.includes('"listening"'));
      const line = log.split('\n').find((text) => text.includes('"listening"')) ?? '';
      const url = String((JSON.parse(line) as LogLine).url);
      npm.kill('SIGTERM');
      await ended;
      expect(log).toContain('"stopped"');
      expect(await refuses(url)).toBe(true);
    } finally {
      npm.kill('SIGKILL');
      await rm(directory, { recursive: true, force: true });
    }
  });

  it('exits at once when told so again', async () => {
    const { program, url } = await start();
    const { answer } = await halfAnUpload(url);
    await until(async () => (await inFlight(url)) === 1);
    program.signal('SIGTERM');
    await program.logged('stopping');
    let running = true;
    const ended = program.ended.finally(() => {
      running = false;
    });
    await until(async () => {
      program.signal('SIGTERM');
      return !running;
    });
    expect(await ended).toMatchObject({ code: 143 });
    await answer;
  });
});
