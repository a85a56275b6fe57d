/** Files that are stored on a disk that is slower than what brings them. */
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { OSFS } from '../../src/backends/disk/disk-filesystem.js';
import { InsufficientStorage } from '../../src/errors/errors.js';
import { rejectionOf } from '../support/expect-error.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const MODULE = '../../src/backends/disk/system-calls.js';
const actual = (await import(MODULE)) as typeof import('../../src/backends/disk/system-calls.js');

const WRITE_MS = 20;
const MIB = 1024 ** 2;

/** Descriptors that are written to. */
const writing = new Set<number>();
/** Those that were closed meanwhile, and those that were written to after they had been. */
let misused: number[] = [];
/** Of files that are being stored. */
const closed = new Set<number>();
let failure: Error | null = null;
let writes = 0;

jest.unstable_mockModule(MODULE, () => ({
  ...actual,
  open: async (...args: Parameters<typeof actual.open>) => {
    const fd = await actual.open(...args);
    closed.delete(fd);
    return fd;
  },
  close: async (fd: number) => {
    noteClosed(fd);
    return actual.close(fd);
  },
  closeSync: (fd: number) => {
    noteClosed(fd);
    actual.closeSync(fd);
  },
  writev: async (fd: number, buffers: NodeJS.ArrayBufferView[]) => {
    if (closed.has(fd)) misused.push(fd);
    writes++;
    writing.add(fd);
    await sleep(WRITE_MS);
    writing.delete(fd);
    if (failure !== null) throw failure;
    return actual.writev(fd, buffers);
  },
}));

function noteClosed(fd: number): void {
  if (writing.has(fd)) misused.push(fd);
  closed.add(fd);
}

const disk = await import('../../src/backends/disk/disk-filesystem.js');

describe('a disk slower than what brings a file', () => {
  let root: string;
  let remove: () => Promise<void>;
  let fs: OSFS;
  beforeEach(async () => {
    ({ path: root, remove } = await temporaryDirectory());
    fs = new disk.OSFS(root);
    misused = [];
    failure = null;
    writes = 0;
  });
  afterEach(() => remove());

  it('gets all of it', async () => {
    const bytes = Buffer.alloc(5 * MIB, 'mayfly');
    const chunks = Array.from({ length: 5 }, (_, i) => bytes.subarray(i * MIB, (i + 1) * MIB));
    await fs.write('f', Readable.from(chunks, { objectMode: false }));
    expect((await fs.readBytes('f')).equals(bytes)).toBe(true);
  });

  it.each(['fails', 'is aborted'])(
    'has no descriptor written to after it is closed when what brings it %s while one piece waits for another',
    async (how) => {
      const source = new Readable({ read: () => undefined });
      const abort = new AbortController();
      const stored = rejectionOf(fs.write('f', source, { signal: abort.signal }));
      for (let i = 0; i < 2; i++) source.push(Buffer.alloc(MIB));
      while (writing.size === 0) await sleep(1);
      const reason = new Error('no more of it');
      if (how === 'fails') source.destroy(reason);
      else abort.abort(reason);
      expect(await stored).toBe(reason);
      await sleep(3 * WRITE_MS);
      expect(misused).toEqual([]);
    },
  );

  it('tells of what the disk refuses, in its own words', async () => {
    failure = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC', syscall: 'writev' });
    const source = new PassThrough();
    source.end(Buffer.alloc(MIB));
    const error = await rejectionOf(fs.write('f', source));
    expect(error).toBeInstanceOf(InsufficientStorage);
    expect(error).toMatchObject({ path: 'f', cause: failure });
  });

  it('lets pass what the source fails with, though it looks like an error of the system', async () => {
    const error = Object.assign(new Error('ENOENT: not ours'), { code: 'ENOENT', syscall: 'open' });
    const source = new Readable({ read: () => void source.destroy(error) });
    expect(await rejectionOf(fs.write('f', source))).toBe(error);
  });

  it('writes nothing more after a piece that it has refused', async () => {
    failure = Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'writev' });
    const source = new Readable({ read: () => undefined });
    const stored = rejectionOf(fs.write('f', source));
    for (let i = 0; i < 2; i++) source.push(Buffer.alloc(MIB));
    await stored;
    expect(source.destroyed).toBe(true);
    await sleep(3 * WRITE_MS);
    expect(writes).toBe(1);
  });
});
