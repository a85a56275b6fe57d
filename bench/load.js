/**
 * A load of GETs over keep-alive connections: by wrk where it is installed,
 * else by a small client of our own, which tops out earlier.
 */
import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { promisify } from 'node:util';

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
 * @param {string} url
 * @param {{ seconds?: number, connections?: number, status?: number }} options default 3 seconds, 64 connections, and
 *   200 as the one status that every answer must have
 * @returns {Promise<number>} answers a second
 */
export function load(url, { seconds = 3, connections = 64, status = 200 } = {}) {
  return wrkInstalled
    ? loadByWrk(url, seconds, connections)
    : loadBySockets(url, { seconds, connections, status });
}

async function loadByWrk(url, seconds, connections) {
  const { stdout } = await run('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, url]);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`errors under load:\n${stdout}`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
}

async function loadBySockets(url, { seconds, connections, status }) {
  const { hostname, port, pathname } = new URL(url);
  const request = `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`;
  const ends = performance.now() + seconds * 1000;
  const counts = await Promise.all(
    Array.from({ length: connections }, () => pump({ port: Number(port), hostname, request, status, ends })),
  );
  return counts.reduce((sum, count) => sum + count, 0) / seconds;
}

/** One connection: the next request follows the whole answer to the last. */
function pump({ port, hostname, request, status, ends }) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, hostname, () => socket.write(request));
    let answers = 0;
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
        missing = Number(/content-length: (\d+)/i.exec(head)?.[1]);
        body = head.length - end - 4;
        head = '';
      }
      missing -= body;
      if (missing > 0) return;
      missing = -1;
      answers++;
      if (performance.now() < ends) socket.write(request);
      else {
        socket.destroy();
        resolve(answers);
      }
    });
  });
}
