/**
 * A load of requests over keep-alive connections: by wrk where it is installed,
 * else by a small client of our own, which tops out earlier.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pinned } from './pinning.js';

const run = promisify(execFile);

/** @returns {Promise<boolean>} */
async function hasWrk() {
  try {
    await run('wrk', ['-v']);
    return true;
  } catch (error) {
    // wrk -v prints its version and exits with 1.
    return /** @type {{ code?: unknown }} */ (error).code === 1;
  }
}

const wrkInstalled = await hasWrk();

/**
 * @typedef {object} Load
 * @property {number} [seconds] default 3
 * @property {number} [connections] default 64
 * @property {number} [status] that every answer must have; default 200
 * @property {Record<string, string>} [headers] of every request
 * @property {number} [files] ask for that many paths in turn: `%d` in the URL stands for a number below it
 */

/**
 * @param {string} url
 * @param {Load} options
 * @returns {Promise<{ rate: number, p99: number }>} answers a second; ms in which 99 of 100 had come
 */
export async function measure(url, options = {}) {
  const load = { seconds: 3, connections: 64, status: 200, headers: {}, files: 1, ...options };
  await refuseUnless(url.replace('%25d', '0').replace('%d', '0'), load);
  return wrkInstalled ? loadByWrk(url, load) : loadBySockets(url, load);
}

/** @returns {Promise<number>} answers a second */
export async function load(url, options) {
  return (await measure(url, options)).rate;
}

/** What does not answer right is not fast either. (Not by fetch, which adds fields of its own.) */
async function refuseUnless(url, { status, headers }) {
  const sent = request(url, { headers }).end();
  const [response] = await once(sent, 'response');
  response.resume();
  if (response.statusCode !== status) {
    throw new Error(`${url} answers ${response.statusCode} in place of ${status}`);
  }
}

async function loadByWrk(url, { seconds, connections, headers, files }) {
  const work = await mkdtemp(join(tmpdir(), 'mayfly-wrk-'));
  try {
    const fields = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
    const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '--timeout', '60s', ...fields];
    if (files > 1) {
      const path = new URL(url).pathname.replace('%25d', '%d');
      const script = `local i = 0\nrequest = function() i = (i * 7919 + 1) % ${files}\nreturn wrk.format(nil, string.format("${path}", i)) end\n`;
      await writeFile(join(work, 'many.lua'), script);
      args.push('-s', join(work, 'many.lua'));
    }
    const [command, ...rest] = pinned('load', ['wrk', ...args, url.replace('%d', '0')]);
    const { stdout } = await run(command, rest);
    if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`errors under load:\n${stdout}`);
    const [, p99 = 'NaN', unit = 'ms'] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout) ?? [];
    return {
      rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
      p99: Number(p99) * { us: 0.001, ms: 1, s: 1000 }[unit],
    };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function loadBySockets(url, { seconds, connections, status, headers, files }) {
  const { hostname, port, pathname } = new URL(url);
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  let asked = 0;
  const next = () => {
    const path = pathname.replace(/%25d|%d/, String((asked++ * 7919) % files));
    return `GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\n${fields.join('')}\r\n`;
  };
  const ends = performance.now() + seconds * 1000;
  const times = [];
  const port_ = Number(port);
  await Promise.all(
    Array.from({ length: connections }, () => pump({ port: port_, hostname, next, status, ends, times })),
  );
  times.sort((a, b) => a - b);
  return { rate: times.length / seconds, p99: times[Math.floor(times.length * 0.99)] ?? Number.NaN };
}

/** One connection: the next request follows the whole answer to the last. */
function pump({ port, hostname, next, status, ends, times }) {
  return new Promise((resolve, reject) => {
    let sent = performance.now();
    const socket = connect(port, hostname, () => socket.write(next()));
    let head = '';
    let missing = -1;
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      let body = chunk.length;
      if (missing < 0) {
        head += chunk.latin1Slice();
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        if (!head.startsWith(`HTTP/1.1 ${status}`)) return reject(new Error(head.slice(0, end)));
        missing = Number(/content-length: (\d+)/i.exec(head.slice(0, end))?.[1] ?? 0);
        if (status === 304) missing = 0;
        body = head.length - end - 4;
        head = '';
      }
      missing -= body;
      if (missing > 0) return;
      missing = -1;
      times.push(performance.now() - sent);
      if (performance.now() < ends) {
        sent = performance.now();
        socket.write(next());
      } else {
        socket.destroy();
        resolve();
      }
    });
  });
}
