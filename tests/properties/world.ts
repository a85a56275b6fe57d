/** The real thing: several processes, played by mayflies, on one storage and one store. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { ExpirationStore, Filesystem, Mayfly, NamespaceFS } from '../../src/index.js';
import {
  createMayfly,
  FSError,
  MemoryExpirationStore,
  MemoryFS,
  OSFS,
  PostgresExpirationStore,
  S3FS,
  SqliteExpirationStore,
} from '../../src/index.js';
import { Crash, CrashPoint, crashing } from '../support/crashing.js';
import { testDatabase } from '../support/postgres.js';
import { newBucket, optionsFor, s3 } from '../support/s3.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import type { Action, Counts, Path, State } from './model.js';
import { PATHS, START } from './model.js';

const STORE_STEPS = [
  'claim',
  'claimAndChange',
  'claimDue',
  'settle',
  'find',
  'releaseDead',
  'isHeld',
  'newestGeneration',
];
const FILE_STEPS = ['remove', 'removeMany', 'removeEmptyDirs', 'move', 'copy', 'removeDir', 'makeDir'];
const WORKERS = 3;

/** Where files and deadlines are kept. */
export interface Ground {
  filesystem: Filesystem;
  /** One more holder on the same rows; null: there is only the one of `only`. */
  openStore: (() => ExpirationStore) | null;
  only?: ExpirationStore;
  cleanup: () => Promise<void>;
}

/** All grounds to test on, with how many runs each is worth: those over a network are slow. */
export const GROUNDS: [name: string, runs: number, open: () => Promise<Ground>][] = [
  [
    'MemoryFS and the store in memory',
    200,
    async () => ({
      filesystem: new MemoryFS(),
      openStore: null,
      only: new MemoryExpirationStore(),
      cleanup: async () => {},
    }),
  ],
  [
    'OSFS and SQLite',
    40,
    async () => {
      const directory = await temporaryDirectory();
      const database = join(directory.path, 'expirations.db');
      return {
        filesystem: new OSFS(join(directory.path, 'files'), { durable: false }),
        openStore: () => new SqliteExpirationStore(database),
        cleanup: directory.remove,
      };
    },
  ],
  [
    'MemoryFS and PostgreSQL',
    8,
    async () => {
      const database = await testDatabase();
      return {
        filesystem: new MemoryFS(),
        openStore: () => new PostgresExpirationStore(database.url),
        cleanup: database.remove,
      };
    },
  ],
];

if (s3 !== null) {
  GROUNDS.push([
    'S3FS and PostgreSQL',
    6,
    async () => {
      const database = await testDatabase();
      shared ??= newBucket();
      const filesystem = new S3FS(optionsFor(await shared, { prefix: randomUUID() }));
      return {
        filesystem,
        openStore: () => new PostgresExpirationStore(database.url),
        cleanup: async () => {
          await filesystem.close();
          await database.remove();
        },
      };
    },
  ]);
}

let shared: Promise<string> | undefined;

export class World {
  now = START;
  readonly #ground: Ground;
  readonly #stores: ExpirationStore[];
  readonly #workers: Mayfly[];

  /** Removing tells by itself whether a file was there. */
  get tellsMissing(): boolean {
    return this.#ground.filesystem.getMeta().removeTellsMissing;
  }

  constructor(ground: Ground) {
    this.#ground = ground;
    const { openStore, only } = ground;
    this.#stores =
      openStore === null ? [only as ExpirationStore] : Array.from({ length: WORKERS }, openStore);
    this.#workers = Array.from({ length: WORKERS }, (_, i) =>
      this.#mayfly(ground.filesystem, this.#stores[i % this.#stores.length] as ExpirationStore),
    );
  }

  /** Whether a process can die and leave the others: not if its memory is all there is. */
  get canCrash(): boolean {
    return this.#ground.openStore !== null;
  }

  async close(): Promise<void> {
    for (const mayfly of this.#workers) await mayfly.close();
    for (const store of this.#stores) await store.close();
    await this.#ground.cleanup();
  }

  files(worker: number): NamespaceFS {
    return this.#mayflyOf(worker).getFilesystem('n');
  }

  /** Do something through a worker. @returns the counts of a purge */
  act(worker: number, action: Action): Promise<Counts | null> {
    return perform(this.#mayflyOf(worker), action);
  }

  /** Let a process of its own do it, and die at a step. */
  async crash(action: Action, step: number, when: 'before' | 'after'): Promise<void> {
    const point = new CrashPoint();
    const store = (this.#ground.openStore as () => ExpirationStore)();
    const filesystem = crashing(this.#ground.filesystem, FILE_STEPS, point);
    const dying = this.#mayfly(filesystem, crashing(store, STORE_STEPS, point));
    await dying.ready();
    point.arm(step, when);
    try {
      await perform(dying, action);
    } catch (error) {
      if (!point.dead && !(error instanceof Crash)) throw error;
    } finally {
      await store.close(); // as the operating system, or the database, would free its claims
    }
  }

  /** What is there, as a worker sees it. */
  async state(worker: number): Promise<State> {
    const files = this.files(worker);
    const deadlines = await files.getExpirations([...PATHS]);
    const entries = PATHS.map(async (path, i) => {
      const content = (await files.exists(path)) ? await files.readText(path) : null;
      return [path, { content, deadline: deadlines[i]?.getTime() ?? null }] as const;
    });
    return Object.fromEntries(await Promise.all(entries)) as State;
  }

  async overdue(): Promise<number> {
    return (await this.#mayflyOf(0).overdue()).count;
  }

  #mayflyOf(worker: number): Mayfly {
    return this.#workers[worker % this.#workers.length] as Mayfly;
  }

  #mayfly(filesystem: Filesystem, store: ExpirationStore): Mayfly {
    return createMayfly({
      storage: { filesystem, urlRoot: '/' },
      expirations: { store },
      purge: false,
      clock: () => this.now,
    });
  }
}

/** What is refused because there is no file is done with. */
async function perform(mayfly: Mayfly, action: Action): Promise<Counts | null> {
  if (action.do === 'purge') {
    const { removed, missing, failed, kept } = await mayfly.expireObjects();
    return { removed, missing, failed, kept };
  }
  const work = change(mayfly.getFilesystem('n'), action);
  await work.catch((error: unknown) => {
    if (!(error instanceof FSError && error.code === 'ResourceNotFound')) throw error;
  });
  return null;
}

function change(files: NamespaceFS, action: Exclude<Action, { do: 'purge' }>): Promise<unknown> {
  const { path }: { path: Path } = action;
  switch (action.do) {
    case 'write':
      return files.write(path, action.content, action.seconds === null ? {} : { seconds: action.seconds });
    case 'expire':
      return files.expire(path, action.seconds ?? 0, 0, action.seconds !== null);
    case 'move':
      return files.move(path, action.to, { overwrite: true });
    case 'remove':
      return files.remove(path);
  }
}
