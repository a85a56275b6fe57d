/** Mayflies to test with: one of each kind of storage, on a clock that the test sets. */
import { join } from 'node:path';
import type { Mayfly, MayflyOptions } from '../../src/index.js';
import { createMayfly, MemoryFS } from '../../src/index.js';
import { testDatabase } from './postgres.js';
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
  return { mayfly, clock, shared: undefined, directoryRoot: undefined, cleanup: () => mayfly.close() };
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
  return { mayfly, clock, shared, directoryRoot, cleanup };
};

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
  return { mayfly, clock, shared, directoryRoot: undefined, cleanup };
};

/** Every kind of storage, for `describe.each`. */
export const STORAGES: [name: string, open: OpenMayfly][] = [
  ['memoryfs', openInMemory],
  ['osfs', openOnDisk],
];
