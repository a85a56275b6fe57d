/** Large files that an OSFS publishes before anything else happens, once they are staged: in their place, or not at all. */
import { mkdir, readdir, readFile, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { OSFS } from '../../src/backends/disk/disk-filesystem.js';
import { FileExists } from '../../src/errors/errors.js';
import type { StagedFile, StageOptions } from '../../src/index.js';
import { atOnce } from '../support/at-once.js';
import { expectError } from '../support/expect-error.js';
import { openBelow } from '../support/open-descriptors.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const MODULE = '../../src/backends/disk/system-calls.js';
const actual = (await import(MODULE)) as typeof import('../../src/backends/disk/system-calls.js');

/** Called before a file is unlinked in the foreground. */
let beforeUnlink: (path: string) => void = () => undefined;

jest.unstable_mockModule(MODULE, () => ({
  ...actual,
  unlinkSync: (path: string) => {
    beforeUnlink(path);
    actual.unlinkSync(path);
  },
}));
const disk = await import('../../src/backends/disk/disk-filesystem.js');

const PIECE = Buffer.alloc(100_000, 'y');

let top: string;
let root: string;
let fs: OSFS;
let remove: () => Promise<void>;

beforeEach(async () => {
  ({ path: top, remove } = await temporaryDirectory());
  root = join(top, 'root');
  await mkdir(join(root, 'd'), { recursive: true });
  fs = new disk.OSFS(root, { durable: false });
  // It looks into no directory that was not met.
  for (const directory of ['', 'd/']) await fs.writeText(`${directory}met`, 'x');
  const ready = await stage();
  await atOnce(() => ready.publishNow?.('ready') ?? null);
});

afterEach(async () => {
  beforeUnlink = () => undefined;
  await turn();
  expect(await openBelow(top)).toEqual([]);
  expect(await readdir(join(root, '.mayfly/tmp'))).toEqual([]);
  await remove();
});

function stage(options?: StageOptions): Promise<StagedFile> {
  return fs.stage('d/a', Readable.from([PIECE, PIECE]), options);
}

describe('a staged file of a disk that need not be durable', () => {
  it('is published at once, as it is by publish', async () => {
    const staged = await stage();
    const info = await atOnce(() => staged.publishNow?.('d/a') ?? null);
    expect(info).toEqual(await fs.getInfo('d/a'));
    expect(await readFile(join(root, 'd/a'))).toEqual(Buffer.concat([PIECE, PIECE]));
    expect(staged.publishNow?.('d/b')).toBeNull();
    await staged.discard();
    expect((await readdir(join(root, 'd'))).sort()).toEqual(['a', 'met']);
  });

  it('replaces nothing, and stays staged where something is in the way', async () => {
    await symlink('met', join(root, 'd/link'));
    await symlink('/nowhere', join(root, 'd/dangling'));
    const staged = await stage();
    for (const path of ['d/met', 'd', 'd/link', 'd/dangling', 'missing/a'])
      expect(staged.publishNow?.(path)).toBeNull();
    await expectError(staged.publish('d/met', { overwrite: false }), FileExists, 'd/met');
    expect(await fs.readText('d/met')).toBe('x');
    await atOnce(() => staged.publishNow?.('d/a') ?? null);
  });

  it('goes no way that a link has been laid over', async () => {
    await rename(join(root, 'd'), join(top, 'outside'));
    await symlink(join(top, 'outside'), join(root, 'd'));
    const staged = await fs.stage('a', Readable.from([PIECE]));
    expect(staged.publishNow?.('d/a')).toBeNull();
    await staged.discard();
    expect(await readdir(join(top, 'outside'))).toEqual(['met']);
  });

  it('is not there by halves where its first name can not be taken away', async () => {
    const staged = await stage();
    beforeUnlink = (path) => {
      if (path.includes('.mayfly')) throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
    };
    expect(staged.publishNow?.('d/a')).toBeNull();
    beforeUnlink = () => undefined;
    expect(await readdir(join(root, 'd'))).toEqual(['met']);
    await staged.publish('d/a');
    expect((await fs.getInfo('d/a')).size).toBe(2 * PIECE.length);
  });

  it('is there where somebody else has taken its first name away', async () => {
    const staged = await stage();
    beforeUnlink = (path) => {
      if (path.includes('.mayfly')) actual.unlinkSync(path);
    };
    await atOnce(() => staged.publishNow?.('d/a') ?? null);
    expect((await fs.getInfo('d/a')).size).toBe(2 * PIECE.length);
  });

  it('keeps no name to save it under, which publish does', async () => {
    const staged = await stage({ filename: 'b' });
    expect(staged.publishNow?.('d/a')).toBeNull();
    expect((await staged.publish('d/a')).filename).toBe('b');
  });

  it('is not published once it is discarded, or its filesystem closed', async () => {
    const [discarded, late] = [await stage(), await stage()];
    await discarded.discard();
    expect(discarded.publishNow?.('d/a')).toBeNull();
    await fs.close();
    expect(late.publishNow?.('d/a')).toBeNull();
    await late.discard();
    expect(await readdir(join(root, 'd'))).toEqual(['met']);
  });
});

it('one that has to be on the disk is not published at once', async () => {
  const staged = await new disk.OSFS(root).stage('d/a', 'x');
  expect([staged.publishNow, await staged.synced]).toEqual([undefined, undefined]);
  await staged.publish('d/a');
});
