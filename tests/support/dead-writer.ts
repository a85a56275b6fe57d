import { temporaryName } from '../../src/backends/disk/writer-name.js';

/** A name for a staged file, of a process that had the id of this one before. A sweep need not wait for its age. */
export function nameOfDeadWriter(): string {
  const [host, pid, , ...unique] = temporaryName().split('-');
  return [host, pid, '1', ...unique].join('-');
}
