/** Contenders that serve: each in a process of its own, which prints its port. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { pinned } from './pinning.js';

/**
 * @param {string} script beside this file
 * @param {readonly string[]} args
 * @param {Record<string, string>} environment beside this process's own
 * @returns the process, the pid of who does the work, its origin, and a way to wait for its next line
 */
export async function startContender(script, args, environment = {}) {
  const node = [process.execPath, new URL(script, import.meta.url).pathname, ...args];
  const [command, ...rest] = pinned('server', node);
  const child = spawn(command, rest, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${script} ${args.join(' ')} ended`);
    return value;
  };
  const [port, pid = child.pid] = (await nextLine()).split(' ').map(Number);
  const origin = `http://127.0.0.1:${port}`;
  const stop = async () => {
    const ended = once(child, 'exit');
    if (child.exitCode === null && child.signalCode === null && child.kill()) await ended;
  };
  return { child, pid, origin, nextLine, stop };
}
