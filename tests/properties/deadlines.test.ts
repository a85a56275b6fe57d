/**
 * Random lives of files, beside a model that says what the promises allow:
 * contract, section 7. A failure prints the commands that lead to it, cut down
 * to the few that matter, with the seed to play them again.
 */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Action, Counts, Path, State } from './model.js';
import { Model, PATHS } from './model.js';
import type { Ground } from './world.js';
import { GROUNDS, World } from './world.js';

const YEARS = 10 * 365 * 86_400_000;

type Command = fc.AsyncCommand<Model, World>;

/** A command that can always be run. */
function command(name: string, run: (model: Model, world: World) => Promise<void>): Command {
  return { check: () => true, run, toString: () => name };
}

/** All workers see the same, and it is one of what may be: then that is what is. */
async function settleOn(model: Model, world: World, allowed: readonly State[]): Promise<void> {
  const seen = await world.state(0);
  expect(allowed).toContainEqual(seen);
  expect(await world.state(1)).toEqual(seen);
  model.state = seen;
}

/**
 * What of a purge's counts is certain. After a crash rows may be due that are then kept; and
 * where a batch of removals tells nothing of single files, one that a dead process had removed
 * while its row was there still counts as removed.
 */
function countable(model: Model, world: World, counts: Counts | null): Counts | null {
  if (counts === null || !model.crashed) return counts;
  if (world.tellsMissing) return { ...counts, kept: 0 };
  return { ...counts, kept: 0, removed: counts.removed + counts.missing, missing: 0 };
}

function done(action: Action, worker: number): Command {
  return command(`worker ${worker}: ${JSON.stringify(action)}`, async (model, world) => {
    const counts = action.do === 'purge' ? model.purgeCounts() : null;
    const outcome = model.outcomes(action).at(-1) as State;
    expect(countable(model, world, await world.act(worker, action))).toEqual(countable(model, world, counts));
    await settleOn(model, world, [outcome]);
  });
}

function crashed(action: Action, step: number, when: 'before' | 'after'): Command {
  return command(`crash ${when} step ${step} of ${JSON.stringify(action)}`, async (model, world) => {
    const allowed = model.outcomes(action);
    await world.crash(action, step, when);
    model.crashed = true;
    await settleOn(model, world, allowed);
  });
}

function later(ms: number): Command {
  return command(`${ms} ms later`, async (model, world) => {
    model.now += ms;
    world.now += ms;
  });
}

/** Several purges at once share the work, and together count each row once. */
function purgedByAll(workers: number): Command {
  return command(`${workers} purges at once`, async (model, world) => {
    const expected = model.purgeCounts();
    const outcome = model.outcomes({ do: 'purge' }).at(-1) as State;
    const reports = await Promise.all(
      Array.from({ length: workers }, (_, i) => world.act(i, { do: 'purge' })),
    );
    const sums = { removed: 0, missing: 0, failed: 0, kept: 0 };
    for (const report of reports) {
      for (const field of ['removed', 'missing', 'failed', 'kept'] as const)
        sums[field] += report?.[field] ?? 0;
    }
    expect(countable(model, world, sums)).toEqual(countable(model, world, expected));
    await settleOn(model, world, [outcome]);
  });
}

/** A purge while somebody changes a path: one comes first, and what is acknowledged holds. */
function purgedDuring(action: Exclude<Action, { do: 'purge' }>, worker: number): Command {
  return command(`a purge during ${JSON.stringify(action)}`, async (model, world) => {
    const purgeFirst = new Model();
    Object.assign(purgeFirst, { now: model.now, state: model.outcomes({ do: 'purge' }).at(-1) as State });
    const actionFirst = new Model();
    Object.assign(actionFirst, { now: model.now, state: model.outcomes(action).at(-1) as State });
    const allowed = [
      purgeFirst.outcomes(action).at(-1) as State,
      actionFirst.outcomes({ do: 'purge' }).at(-1) as State,
      // Set while the purge was under way, and left to the next one.
      ...actionFirst.outcomes({ do: 'purge' }),
    ].filter((state) =>
      PATHS.every(
        (path) =>
          path === action.path || ('to' in action && path === action.to) || isPurged(model, state, path),
      ),
    );
    await Promise.all([world.act(0, { do: 'purge' }), world.act(worker, action)]);
    await settleOn(model, world, allowed);
  });
}

function isPurged(model: Model, state: State, path: Path): boolean {
  return !model.isDue(path) || (state[path].content === null && state[path].deadline === null);
}

const path = fc.constantFrom(...PATHS);
const seconds = fc.constantFrom(null, 0, 1, 5, 100);
const worker = fc.nat(2);
const change: fc.Arbitrary<Exclude<Action, { do: 'purge' }>> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      path,
      content: fc.stringMatching(/^[a-z]{1,8}$/),
      seconds,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('expire' as const), path, seconds }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('move' as const), path, to: path }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), path }) },
);
const purge = fc.constant({ do: 'purge' as const });
const jump = fc.constantFrom(1, 999, 1000, 5000, 100_000, -1000, YEARS);

function commands(canCrash: boolean) {
  const crash = fc
    .tuple(fc.oneof(change, purge), fc.nat(12), fc.constantFrom('before' as const, 'after' as const))
    .map(([action, step, when]) => crashed(action, step, when));
  return fc.commands(
    [
      fc.tuple(change, worker).map(([action, by]) => done(action, by)),
      fc.tuple(change, worker).map(([action, by]) => done(action, by)),
      fc.tuple(purge, worker).map(([action, by]) => done(action, by)),
      jump.map(later),
      fc.constantFrom(2, 3).map(purgedByAll),
      fc.tuple(change, worker).map(([action, by]) => purgedDuring(action, by)),
      ...(canCrash ? [crash, crash] : []),
    ],
    // Long lives: left to itself, fast-check tries mostly short ones.
    { maxCommands: 30, size: 'max' },
  );
}

/** In the end nothing with a deadline is left, and all that has none is. */
async function endOfTime(model: Model, world: World): Promise<void> {
  await later(YEARS).run(model, world);
  await done({ do: 'purge' }, 0).run(model, world);
  expect(await world.act(1, { do: 'purge' })).toEqual({ removed: 0, missing: 0, failed: 0, kept: 0 });
  expect(await world.overdue()).toBe(0);
}

async function live(ground: Ground, lives: Iterable<Command>): Promise<void> {
  const model = new Model();
  const world = new World(ground);
  try {
    await fc.asyncModelRun(() => ({ model, real: world }), lives);
    await endOfTime(model, world);
  } finally {
    await world.close();
  }
}

describe.each(GROUNDS)('whatever happens on %s', (_name, runs, open) => {
  it('is what was promised', async () => {
    const canCrash = await open().then(async (ground) => {
      await ground.cleanup();
      return ground.openStore !== null;
    });
    const property = fc.asyncProperty(commands(canCrash), async (lives) => live(await open(), lives));
    await fc.assert(property, { numRuns: runs });
  }, 240_000);
});
