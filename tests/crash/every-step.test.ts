import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Filesystem, Mayfly, NamespaceFS } from '../../src/index.js';
import { createMayfly, MemoryFS, OSFS, SqliteExpirationStore } from '../../src/index.js';
import { CrashPoint, crashing } from '../support/crashing.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const START = Date.UTC(2026, 0, 1);
const STORE_STEPS = ['claim', 'claimAndChange', 'claimDue', 'settle', 'find'];
const FILE_STEPS = ['remove', 'removeMany', 'removeEmptyDirs', 'move', 'copy', 'removeDir', 'makeDir'];

/** What is there of a file: its content and deadline in seconds from the start; null for nothing. */
type State = Record<string, [content: string | null, deadline: number | null]>;

interface Scenario {
  name: string;
  /** Before the process that dies. */
  prepare: (files: NamespaceFS) => Promise<unknown>;
  /** What it does, at this many seconds from the start. */
  at: number;
  act: (files: NamespaceFS, mayfly: Mayfly) => Promise<unknown>;
  /** What may be found when the next process looks. */
  allowed: State[];
  /** When the next purge runs, in seconds from the start. */
  purgeAt: number;
}

/** What a purge leaves: of what is due nothing, all else as it was. */
function purged(state: State, seconds: number): State {
  const entries = Object.entries(state).map(([path, [content, deadline]]) =>
    deadline !== null && deadline <= seconds ? [path, [null, null]] : [path, [content, deadline]],
  );
  return Object.fromEntries(entries) as State;
}

const SCENARIOS: Scenario[] = [
  {
    name: 'a first write with a deadline',
    prepare: async () => {},
    at: 0,
    act: (files) => files.write('d/a', 'new', { seconds: 10 }),
    allowed: [{ 'd/a': [null, null] }, { 'd/a': ['new', 10] }],
    purgeAt: 10,
  },
  {
    name: 'a first write with a deadline beside another file',
    prepare: (files) => files.write('d/b', 'old'),
    at: 0,
    act: (files) => files.write('d/a', 'new', { seconds: 10 }),
    allowed: [
      { 'd/a': [null, null], 'd/b': ['old', null] },
      { 'd/a': ['new', 10], 'd/b': ['old', null] },
    ],
    purgeAt: 10,
  },
  {
    name: 'a write with another deadline than was promised',
    prepare: async (files) => {
      await files.write('b', 'old');
      await files.expire('a', 50);
    },
    at: 0,
    act: (files) => files.write('a', 'new', { seconds: 10 }),
    allowed: [
      { a: [null, 50], b: ['old', null] },
      { a: ['new', 10], b: ['old', null] },
    ],
    purgeAt: 10,
  },
  {
    name: 'a write with a deadline over a file with another',
    prepare: (files) => files.write('a', 'old', { seconds: 50 }),
    at: 0,
    act: (files) => files.write('a', 'new', { seconds: 10 }),
    allowed: [{ a: ['old', 50] }, { a: ['new', 10] }],
    purgeAt: 20,
  },
  {
    name: 'a write with a deadline over a permanent file',
    prepare: (files) => files.write('a', 'old'),
    at: 0,
    act: (files) => files.write('a', 'new', { seconds: 10 }),
    allowed: [{ a: ['old', null] }, { a: ['new', 10] }],
    purgeAt: 20,
  },
  {
    name: 'a write without one over a file whose deadline has passed',
    prepare: (files) => files.write('a', 'old', { seconds: 10 }),
    at: 20,
    act: (files) => files.write('a', 'new'),
    allowed: [{ a: ['old', 10] }, { a: ['new', null] }],
    purgeAt: 1000,
  },
  {
    name: 'a move over a file with another deadline',
    prepare: async (files) => {
      await files.write('a', 'moved', { seconds: 10 });
      await files.write('b', 'old', { seconds: 50 });
    },
    at: 0,
    act: (files) => files.move('a', 'b', { overwrite: true }),
    allowed: [
      { a: ['moved', 10], b: ['old', 50] },
      { a: [null, 10], b: ['moved', 10] },
      { a: [null, null], b: ['moved', 10] },
    ],
    purgeAt: 20,
  },
  {
    name: 'a renewal',
    prepare: (files) => files.write('a', 'old', { seconds: 10 }),
    at: 0,
    act: (files) => files.expire('a', 100),
    allowed: [{ a: ['old', 10] }, { a: ['old', 100] }],
    purgeAt: 50,
  },
  {
    name: 'a removal',
    prepare: (files) => files.write('a', 'old', { seconds: 10 }),
    at: 0,
    act: (files) => files.remove('a'),
    allowed: [{ a: ['old', 10] }, { a: [null, 10] }, { a: [null, null] }],
    purgeAt: 10,
  },
  {
    name: 'a purge',
    prepare: async (files) => {
      await files.write('d/due', 'x', { seconds: 10 });
      await files.write('due', 'x', { seconds: 10 });
      await files.write('d/later', 'x', { seconds: 100 });
      await files.write('d/e/never', 'x');
    },
    at: 10,
    act: (_, mayfly) => mayfly.expireObjects(),
    allowed: (
      [
        { 'd/due': ['x', 10], due: ['x', 10] },
        { 'd/due': [null, 10], due: ['x', 10] },
        { 'd/due': ['x', 10], due: [null, 10] },
        { 'd/due': [null, 10], due: [null, 10] },
        { 'd/due': [null, null], due: [null, null] },
      ] as State[]
    ).map((dying) => ({ ...dying, 'd/later': ['x', 100], 'd/e/never': ['x', null] })),
    purgeAt: 10,
  },
];

/** Where the files are: on disk what a claim and an intent need is done in one step, once directories are known. */
const GROUNDS: [name: string, open: (directory: string) => Promise<Filesystem>][] = [
  ['memory', async () => new MemoryFS()],
  [
    'disk',
    async (directory) => {
      await mkdir(directory);
      return new OSFS(directory, { durable: false });
    },
  ],
];

const CASES = GROUNDS.flatMap(([ground, openFiles]) =>
  SCENARIOS.map((scenario) => ({ ...scenario, ground, openFiles })),
);

describe.each(CASES)('a crash at any step of $name, with files in $ground', (scenario) => {
  const { prepare, at, act, allowed, purgeAt, openFiles } = scenario;
  let directory: { path: string; remove: () => Promise<void> };

  beforeAll(async () => {
    directory = await temporaryDirectory();
  });

  afterAll(() => directory.remove());

  const paths = Object.keys(allowed[0] ?? {});

  async function stateOf(files: NamespaceFS): Promise<State> {
    const deadlines = await files.getExpirations(paths);
    const entries = paths.map(async (path, i) => {
      const content = (await files.exists(path)) ? await files.readText(path) : null;
      const deadline = deadlines[i];
      return [path, [content, deadline == null ? null : (deadline.getTime() - START) / 1000]];
    });
    return Object.fromEntries(await Promise.all(entries)) as State;
  }

  /** Have the directories looked at, so that what can be done at once is. It changes nothing of what is there. */
  async function getReady(files: NamespaceFS): Promise<void> {
    for (const path of paths) {
      const there = dirname(path);
      if (!(await files.isDir(there))) continue;
      for (let i = 0; i < 3; i++) {
        await files.write(join(there, 'ready'), 'x', { seconds: 1000 });
        await files.remove(join(there, 'ready'));
      }
    }
  }

  /** Let one process prepare, another die at a step, and a third look. @returns whether the step was reached */
  async function dieAt(step: number, when: 'before' | 'after'): Promise<boolean> {
    const filesystem = await openFiles(join(directory.path, `files-${when}-${step}`));
    const path = join(directory.path, `${when}-${step}.db`);
    let now = START;
    const common = { purge: false, clock: () => now } as const;
    const open = (): Mayfly =>
      createMayfly({
        storage: { filesystem, urlRoot: '/' },
        expirations: { type: 'sqlite', path },
        ...common,
      });

    const first = open();
    await prepare(first.getFilesystem('n'));
    await first.close();
    now = START + at * 1000;

    const point = new CrashPoint();
    const store = new SqliteExpirationStore(path);
    const dying = createMayfly({
      storage: { filesystem: crashing(filesystem, FILE_STEPS, point), urlRoot: '/' },
      expirations: { store: crashing(store, STORE_STEPS, point) },
      ...common,
    });
    await dying.ready();
    await getReady(dying.getFilesystem('n'));
    point.arm(step, when);
    await act(dying.getFilesystem('n'), dying).catch(() => {});
    await store.close(); // as the operating system would free its claims

    const third = open();
    const files = third.getFilesystem('n');
    const found = await stateOf(files);
    expect(allowed).toContainEqual(found);
    now = START + purgeAt * 1000;
    await third.expireObjects();
    expect(await stateOf(files)).toEqual(purged(found, purgeAt));
    expect((await third.expireObjects()).failed).toBe(0);
    await third.close();
    return point.dead;
  }

  it.each([['before' as const], ['after' as const]])('%s its effect leaves all or nothing', async (when) => {
    let step = 0;
    while (await dieAt(step, when)) step++;
    expect(step).toBeGreaterThan(1);
  });
});
