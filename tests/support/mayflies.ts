/** Mayflies to test with: one of each kind of storage, on a clock that the test sets. */
import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { Mayfly, MayflyOptions } from '../../src/index.js';
import { createMayfly, MemoryFS } from '../../src/index.js';
import { atOnce } from './at-once.js';
import { testDatabase } from './postgres.js';
import { newBucket, plainClient, s3, server } from './s3.js';
import { temporaryDirectory } from './temporary-directory.js';

/** A clock that stands still until it is moved. */
export class FakeClock {
  constructor(public now = Date.UTC(2026, 0, 1)) {}

  readonly read = (): number => this.now;

  advance(seconds: number): void {
    this.now += seconds * 1000;
  }
}

export interface TestMayfly {
  mayfly: Mayfly;
  clock: FakeClock;
  /** Options with which another mayfly works on the same files and deadlines; undefined where that can't be. */
  shared: MayflyOptions | undefined;
  /** Directory of the files on this machine, where there is one. */
  directoryRoot: string | undefined;
  /** What has been staged and is neither published nor discarded. */
  staged: () => Promise<string[]>;
  cleanup: () => Promise<void>;
}

export type OpenMayfly = (options?: Partial<MayflyOptions>) => Promise<TestMayfly>;

const openInMemory: OpenMayfly = async (options = {}) => {
  const clock = new FakeClock();
  const mayfly = createMayfly({
    storage: { type: 'memoryfs', urlRoot: '/files' },
    purge: false,
    clock: clock.read,
    ...options,
  });
  const staged = async (): Promise<string[]> => [];
  return {
    mayfly,
    clock,
    shared: undefined,
    directoryRoot: undefined,
    staged,
    cleanup: () => mayfly.close(),
  };
};

const openOnDisk: OpenMayfly = async (options = {}) => {
  const clock = new FakeClock();
  const directory = await temporaryDirectory();
  const directoryRoot = join(directory.path, 'files');
  const shared: MayflyOptions = {
    storage: { type: 'osfs', directoryRoot, urlRoot: '/files' },
    expirations: { type: 'sqlite', path: join(directory.path, 'expirations.db') },
    purge: false,
    clock: clock.read,
    ...options,
  };
  const mayfly = createMayfly(shared);
  const cleanup = async (): Promise<void> => {
    await mayfly.close();
    await directory.remove();
  };
  const staged = (): Promise<string[]> => readdir(join(directoryRoot, '.mayfly/tmp')).catch(() => []);
  return { mayfly, clock, shared, directoryRoot, staged, cleanup };
};

/** On a disk that need not be durable: once it has been used, small files are stored at once in the namespace `ns`. */
export const openOnQuickDisk: OpenMayfly = async (options = {}) => {
  const directory = await temporaryDirectory();
  const directoryRoot = join(directory.path, 'files');
  const opened = await openOnDisk({
    storage: { type: 'osfs', directoryRoot, urlRoot: '/files', durable: false },
    ...options,
  });
  const ns = opened.mayfly.getFilesystem('ns');
  await ns.write('first', 'x');
  await atOnce(() => ns.createSoon('second', Buffer.from('x')));
  for (const path of ['first', 'second']) await ns.remove(path);
  const cleanup = async (): Promise<void> => {
    await opened.cleanup();
    await directory.remove();
  };
  const staged = (): Promise<string[]> => readdir(join(directoryRoot, '.mayfly/tmp'));
  return { ...opened, directoryRoot, staged, cleanup };
};

let sharedBucket: Promise<string> | undefined;

/** With the files below a prefix of their own, in a bucket for all tests of a file. */
export const openOnS3: OpenMayfly = async (options = {}) => {
  sharedBucket ??= newBucket();
  const bucket = await sharedBucket;
  const prefix = `tests/${randomUUID()}`;
  const clock = new FakeClock();
  const directory = await temporaryDirectory();
  const shared: MayflyOptions = {
    storage: { type: 's3fs', ...server(), bucket, prefix, urlRoot: '/files' },
    expirations: { type: 'sqlite', path: join(directory.path, 'expirations.db') },
    purge: false,
    clock: clock.read,
    ...options,
  };
  const mayfly = createMayfly(shared);
  const cleanup = async (): Promise<void> => {
    await mayfly.close();
    await directory.remove();
  };
  const staged = (): Promise<string[]> => stagedBelow(bucket, prefix);
  return { mayfly, clock, shared, directoryRoot: undefined, staged, cleanup };
};

async function stagedBelow(bucket: string, prefix: string): Promise<string[]> {
  const client = plainClient();
  const [uploads, hidden] = await Promise.all([
    client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: `${prefix}/` })),
    client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `${prefix}/.mayfly/tmp/` })),
  ]);
  client.destroy();
  return [...(uploads.Uploads ?? []), ...(hidden.Contents ?? [])].map(({ Key }) => Key ?? '');
}

/** Files in memory, deadlines in PostgreSQL. */
export const openOnPostgres: OpenMayfly = async (options = {}) => {
  const clock = new FakeClock();
  const database = await testDatabase();
  const shared: MayflyOptions = {
    storage: { filesystem: new MemoryFS(), urlRoot: '/files' },
    expirations: { type: 'postgres', connectionString: database.url },
    purge: false,
    clock: clock.read,
    ...options,
  };
  const mayfly = createMayfly(shared);
  const cleanup = async (): Promise<void> => {
    await mayfly.close();
    await database.remove();
  };
  const staged = async (): Promise<string[]> => [];
  return { mayfly, clock, shared, directoryRoot: undefined, staged, cleanup };
};

/** Every kind of storage, for `describe.each`. */
export const STORAGES: [name: string, open: OpenMayfly][] = [
  ['memoryfs', openInMemory],
  ['osfs', openOnDisk],
  ...(s3 === null ? [] : [['s3fs', openOnS3] as [string, OpenMayfly]]),
];
