/**
 * Changes files at the word of a parent: a line of JSON tells what, and the
 * answer is the same line once it is done. A process of its own, so that
 * nothing that the parent has in memory can know of it.
 */
import {
  chmodSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createInterface } from 'node:readline';

const changes = {
  /** Written anew in place, as long as it was, its time of modification put back. */
  inPlace({ path, content }) {
    const { atime, mtime } = statSync(path);
    writeFileSync(path, content);
    utimesSync(path, atime, mtime);
  },
  replace({ path, content }) {
    writeFileSync(`${path}.new`, content);
    renameSync(`${path}.new`, path);
  },
  /** By a file that is as long and as old. */
  replaceAlike({ path, content }) {
    const { atime, mtime } = statSync(path);
    writeFileSync(`${path}.new`, content);
    utimesSync(`${path}.new`, atime, mtime);
    renameSync(`${path}.new`, path);
  },
  truncate({ path, content }) {
    writeFileSync(path, content);
  },
  remove({ path }) {
    unlinkSync(path);
  },
  /** The same bytes outside, and a link to them in their place. */
  linkOut({ path, outside }) {
    writeFileSync(outside, readFileSync(path));
    unlinkSync(path);
    symlinkSync(outside, path);
  },
  /** Moved out as it is, and a link in its place. */
  moveOut({ path, outside }) {
    renameSync(path, outside);
    symlinkSync(outside, path);
  },
  forbid({ path }) {
    chmodSync(path, 0);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const change = JSON.parse(line);
  changes[change.how](change);
  process.stdout.write(`${line}\n`);
}
