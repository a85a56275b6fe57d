/** What unfinished writes leave, and who takes it away. The children run the built package: `npm test` builds it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OSFS } from '../../src/backends/disk/disk-filesystem.js';
import { errnoOf, translateError } from '../../src/backends/disk/errno-errors.js';
import { nameOfDeadWriter } from '../support/dead-writer.js';
import { rejectionOf } from '../support/expect-error.js';
import { openBelow } from '../support/open-descriptors.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const CHILD = new URL('../support/staging-child.js', import.meta.url).pathname;
const longAgo = new Date('2001-01-01');

let root: string;
let removeRoot: () => Promise<void>;
let fs: OSFS;
const children: ChildProcess[] = [];

beforeEach(async () => {
  ({ path: root, remove: removeRoot } = await temporaryDirectory());
  fs = new OSFS(root, { durable: false });
});

afterEach(async () => {
  await Promise.all(children.splice(0).map(kill));
  await removeRoot();
});

function staged(): Promise<string[]> {
  return readdir(join(root, '.mayfly/tmp'));
}

async function startChild(mode: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [CHILD, root, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout as Readable, 'data');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe('sweepStaged', () => {
  it.each(['whole', 'partial'])('removes what a killed process left at once (%s)', async (mode) => {
    const child = await startChild(mode);
    expect(await staged()).toHaveLength(1);
    expect(await fs.sweepStaged(new Date())).toBe(0);
    await kill(child);
    expect(await fs.sweepStaged(longAgo)).toBe(1);
    expect(await staged()).toEqual([]);
    expect(await fs.listDir('')).toEqual([]);
  });

  it('never removes what a living process stages, however old', async () => {
    const file = await fs.stage('f', 'mine');
    const [name] = await staged();
    await utimes(join(root, '.mayfly/tmp', name as string), longAgo, longAgo);
    expect(await fs.sweepStaged(new Date(Date.now() + 60_000))).toBe(0);
    await file.publish('f');
    expect(await fs.readText('f')).toBe('mine');
  });

  it('knows a process id that is used again', async () => {
    await (await fs.stage('f', 'x')).publish('f');
    const other = await fs.stage('f', 'x');
    const [name] = await staged();
    await writeFile(join(root, '.mayfly/tmp', nameOfDeadWriter()), 'x');
    expect(await fs.sweepStaged(longAgo)).toBe(1);
    expect(await staged()).toEqual([name]);
    await other.discard();
  });

  it('judges files of other hosts, and foreign ones, by their age', async () => {
    await mkdir(join(root, '.mayfly/tmp'), { recursive: true });
    const names = [`0123456789ab-1-1-${crypto.randomUUID()}`, 'foreign'];
    for (const name of names) await writeFile(join(root, '.mayfly/tmp', name), 'x');
    expect(await fs.sweepStaged(new Date(Date.now() - 60_000))).toBe(0);
    expect(await staged()).toHaveLength(2);
    expect(await fs.sweepStaged(new Date(Date.now() + 60_000), { dryRun: true })).toBe(2);
    expect(await fs.sweepStaged(new Date(Date.now() + 60_000))).toBe(2);
    expect(await staged()).toEqual([]);
  });

  it('does not take the time that a copy has from its source for its age', async () => {
    await mkdir(join(root, '.mayfly/tmp'), { recursive: true });
    await writeFile(join(root, '.mayfly/tmp/foreign'), 'x');
    await utimes(join(root, '.mayfly/tmp/foreign'), longAgo, longAgo);
    expect(await fs.sweepStaged(new Date(Date.now() - 60_000))).toBe(0);
    expect(await staged()).toEqual(['foreign']);
  });

  it('counts each file once when several sweep', async () => {
    await mkdir(join(root, '.mayfly/tmp'), { recursive: true });
    for (let i = 0; i < 200; i++) await writeFile(join(root, '.mayfly/tmp', `old${i}`), 'x');
    const others = Array.from({ length: 4 }, () => new OSFS(root, { durable: false }));
    const counts = await Promise.all(others.map((other) => other.sweepStaged(new Date(Date.now() + 60_000))));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(200);
  });

  it('finds nothing where nothing was ever staged', async () => {
    expect(await fs.sweepStaged(new Date())).toBe(0);
    expect(await readdir(root)).toEqual([]);
  });
});

describe('a write that fails', () => {
  it('leaves no file and no descriptor, and has let go of its source', async () => {
    const boom = new Error('boom');
    const bad = new Readable({ read: () => void bad.destroy(boom) });
    const hanging = new PassThrough();
    hanging.write(Buffer.alloc(10_000));
    const attempts = [
      fs.write('f', bad),
      fs.write('f', hanging, { signal: AbortSignal.timeout(20) }),
      fs.write('no/parent', Readable.from(['x'])),
      fs.write('f', 5 as never),
    ];
    for (const attempt of attempts) await rejectionOf(attempt);
    expect(hanging.destroyed).toBe(true);
    expect(await staged()).toEqual([]);
    expect(await openBelow(root)).toEqual([]);
    expect(await fs.listDir('')).toEqual([]);
  });

  it('has closed its file before it rejects', async () => {
    const source = new PassThrough();
    source.write(Buffer.alloc(3_000_000));
    const abort = new AbortController();
    const written = rejectionOf(fs.write('f', source, { signal: abort.signal }));
    setTimeout(() => abort.abort(), 20);
    await written;
    expect(await openBelow(root)).toEqual([]);
    expect(await staged()).toEqual([]);
  });
});

describe('a large write', () => {
  it('asks its source for no more than the disk has taken, but for two pieces', async () => {
    let given = 0;
    let mostInMemory = 0;
    async function* large(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 600; i++) {
        if (i % 20 === 19) mostInMemory = Math.max(mostInMemory, given - (await stagedBytes()));
        given += 100_000;
        yield Buffer.alloc(100_000, i);
      }
    }
    await fs.write('f', large());
    expect(given).toBe(60_000_000);
    expect(mostInMemory).toBeGreaterThan(0);
    expect(mostInMemory).toBeLessThan(2_000_000);
    expect(await fs.getSize('f')).toBe(given);
  });
});

async function stagedBytes(): Promise<number> {
  const [name = ''] = await staged();
  return (await stat(join(root, '.mayfly/tmp', name))).size;
}

describe('translateError', () => {
  const systemError = (code: string): Error =>
    Object.assign(new Error(`${code}: /secret/server/path`), { code, syscall: 'open' });

  it.each([
    ['ENOENT', 'ResourceNotFound'],
    ['ENOTDIR', 'ResourceNotFound'],
    ['EISDIR', 'FileExpected'],
    ['ENOTEMPTY', 'DirectoryNotEmpty'],
    ['EEXIST', 'FileExists'],
    ['EACCES', 'PermissionDenied'],
    ['EROFS', 'ResourceReadOnly'],
    ['ENOSPC', 'InsufficientStorage'],
    ['EDQUOT', 'InsufficientStorage'],
    ['ENAMETOOLONG', 'InvalidPath'],
    ['ESTALE', 'RemoteConnectionError'],
    ['ETIMEDOUT', 'OperationTimeout'],
    ['EIO', 'OperationFailed'],
    ['EMFILE', 'OperationFailed'],
  ])('%s is %s, with the path of the caller and none of the server', (code, expected) => {
    const cause = systemError(code);
    const error = translateError(cause, 'a/b') as Error;
    expect(error).toMatchObject({ code: expected, path: 'a/b', cause });
    expect(error.message).not.toContain('server');
  });

  it('lets pass what is not of the system', () => {
    for (const other of [
      new TypeError('x'),
      'reason',
      undefined,
      Object.assign(new Error(), { code: 'X' }),
    ]) {
      expect(translateError(other, 'a')).toBe(other);
      expect(errnoOf(other)).toBe('');
    }
  });
});
