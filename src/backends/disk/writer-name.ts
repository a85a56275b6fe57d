/**
 * Names of temporary files, which tell who writes them.
 *
 * `<host>-<pid>-<start>-<uuid>`: a process id is only good with the boot and
 * the pid namespace it counts in, and with the time at which the process
 * started, as ids are used again. So a sweep knows a dead writer at once.
 * Source: proc(5), `/proc/pid/stat` field 22 and `/proc/sys/kernel/random`.
 */
import { createHash, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { codeOf } from '../../errors/code-of.js';
import { readFile, readFileSync, readlinkSync } from './system-calls.js';

const NAME = /^([0-9a-f]{12}|unknown)-(\d+)-(\d+)-[0-9a-f-]{36}$/;

type WriterState = 'alive' | 'dead' | 'unknown';

let ownPrefix: string | null = null;

/** A name that no other writer uses, here or on another host. */
export function temporaryName(): string {
  ownPrefix ??= `${hostId()}-${process.pid}-${ownStart()}`;
  return `${ownPrefix}-${randomUUID()}`;
}

/** Whether whoever named a temporary file still runs; unknown for another host, or where that can't be told. */
export async function writerState(name: string): Promise<WriterState> {
  const [, host, pid, start] = NAME.exec(name) ?? [];
  if (host === undefined || pid === undefined || host === 'unknown' || host !== hostId()) return 'unknown';
  try {
    return startOf(await readFile(`/proc/${pid}/stat`, 'utf8')) === start ? 'alive' : 'dead';
  } catch (error) {
    const gone = ['ENOENT', 'ESRCH'].includes(codeOf(error));
    return gone ? 'dead' : 'unknown';
  }
}

let knownHostId: string | null = null;

function hostId(): string {
  knownHostId ??= findHostId();
  return knownHostId;
}

function findHostId(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const processes = readlinkSync('/proc/self/ns/pid');
    return createHash('sha256').update(`${boot} ${processes} ${hostname()}`).digest('hex').slice(0, 12);
  } catch {
    return 'unknown'; // No Linux: such files are judged by their age.
  }
}

function ownStart(): string {
  try {
    return startOf(readFileSync('/proc/self/stat', 'utf8')) ?? '0';
  } catch {
    return '0';
  }
}

/** Field 22. The command (field 2) may hold spaces and parentheses, so counting begins after the last one. */
function startOf(statLine: string): string | undefined {
  return statLine.slice(statLine.lastIndexOf(')') + 2).split(' ')[19];
}
