/** The server on one core and the load on another, where that can be said: else they take turns on both. */
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

function canPin() {
  if (availableParallelism() < 2) return false;
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const pins = canPin();
const CORES = { server: '0', load: '1' };

/**
 * @param {'server' | 'load'} what
 * @param {readonly string[]} command
 */
export function pinned(what, command) {
  return pins ? ['taskset', '-c', CORES[what], ...command] : command;
}

/**
 * The same for this process, with all of its threads.
 * @param {'server' | 'load'} what
 */
export function pinThis(what) {
  if (!pins) return;
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', CORES[what], String(process.pid)], {
    stdio: 'ignore',
  });
}
