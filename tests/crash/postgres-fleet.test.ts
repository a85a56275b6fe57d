import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Mayfly } from '../../src/index.js';
import type { FleetProcess } from '../support/fleet.js';
import { Fleet, sumsOf } from '../support/fleet.js';
import { testDatabase } from '../support/postgres.js';
import type { PostgresServer } from '../support/postgres-server.js';
import { startPostgres } from '../support/postgres-server.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const DUE = 5000;
const RENEWABLE = 500;
const PURGERS = 4;

const duePaths = Array.from({ length: DUE }, (_, i) => `${i % 50}/${i}`);
const renewablePaths = Array.from({ length: RENEWABLE }, (_, i) => String(i));

describe('several processes on one PostgreSQL', () => {
  let fleet: Fleet;
  let mayfly: Mayfly;
  let cleanup: (() => Promise<void>)[];

  beforeEach(() => {
    cleanup = [];
  });

  afterEach(async () => {
    for (const clean of cleanup.reverse()) await clean();
  });

  async function setUp(server?: PostgresServer): Promise<void> {
    const database = await testDatabase(server?.url);
    const directory = await temporaryDirectory();
    fleet = new Fleet(database, join(directory.path, 'files'));
    mayfly = fleet.mayfly();
    cleanup.push(
      directory.remove,
      database.remove,
      () => mayfly.close(),
      () => fleet.dispose(),
    );
    await mayfly.ready();
    await fleet.seed('due', duePaths);
  }

  const begin = (role: 'purger' | 'writer' | 'renewer', count: number): Promise<FleetProcess[]> =>
    Promise.all(Array.from({ length: count }, () => fleet.start(role).begin()));

  /** Until all has been removed. Looked at beside the store, so that it is no purge. */
  async function purged(): Promise<void> {
    while ((await fleet.rowsLeft('due')) > 0) await sleep(50);
  }

  async function expectAllThere(paths: readonly string[]): Promise<void> {
    const written = mayfly.getFilesystem('written');
    const there = await Promise.all(paths.map((path) => written.exists(path)));
    expect(paths.filter((_, i) => !there[i])).toEqual([]);
    const deadlines = await written.getExpirations(paths);
    expect(paths.filter((_, i) => deadlines[i] === null)).toEqual([]);
  }

  it('purge each row once while others write, renew and are killed', async () => {
    await setUp();
    await fleet.seed('renewed', renewablePaths);
    const writers = await begin('writer', 1);
    const renewers = await begin('renewer', 1);
    const purgers = await begin('purger', PURGERS);
    for (let round = 0; round < 2; round++) {
      await writers.at(-1)?.said((lines) => lines.length > 3);
      await Promise.all([writers.at(-1)?.kill(), renewers.at(-1)?.kill()]);
      writers.push(...(await begin('writer', 1)));
      renewers.push(...(await begin('renewer', 1)));
    }
    await purged();
    await renewers.at(-1)?.kill();
    await Promise.all([...purgers, writers.at(-1) as FleetProcess].map((each) => each.end()));
    // What a killed one had claimed is worked by whoever comes next.
    const last = await mayfly.expireObjects();

    const files = mayfly.getFilesystem('renewed');
    const there = await Promise.all(renewablePaths.map((path) => files.exists(path)));
    const renewed = there.filter(Boolean).length;
    const { removed, missing, failed } = sumsOf(purgers);
    expect([removed + last.removed, missing + last.missing, failed + last.failed]).toEqual([
      DUE + RENEWABLE - renewed,
      0,
      0,
    ]);
    expect(await mayfly.getFilesystem('due').listDir('')).toEqual([]);
    await expectAllThere(writers.flatMap(({ paths }) => paths));
  }, 120_000);

  it('take over at once what a killed purger had claimed', async () => {
    await setUp();
    const [killed] = await begin('purger', 1);
    await killed?.said((lines) => lines.length > 1);
    await killed?.kill();
    const before = sumsOf([killed as FleetProcess]);
    const report = await mayfly.expireObjects();
    expect(report.failed + report.kept).toBe(0);
    expect(before.removed + report.removed).toBeLessThanOrEqual(DUE);
    expect(await fleet.rowsLeft('due')).toBe(0);
    expect(await mayfly.getFilesystem('due').listDir('')).toEqual([]);
    expect((await mayfly.overdue()).count).toBe(0);
  }, 120_000);

  it('go on when the database is stopped and started in the middle, and count each row once', async () => {
    const server = await startPostgres();
    cleanup.push(() => server.dispose());
    await setUp(server);
    const [writer] = await begin('writer', 1);
    const purgers = await begin('purger', PURGERS);
    await Promise.race(purgers.map((each) => each.said((lines) => lines.length > 1)));
    await server.stop();
    await sleep(300);
    await server.start();
    await purged();
    const written = writer?.paths.length ?? 0;
    await writer?.said(() => (writer?.paths.length ?? 0) > written);
    await Promise.all([...purgers, writer as FleetProcess].map((each) => each.end()));
    const { removed, missing, failed } = sumsOf(purgers);
    expect([removed + missing, failed]).toEqual([DUE, 0]);
    expect(await mayfly.getFilesystem('due').listDir('')).toEqual([]);
    await expectAllThere(writer?.paths ?? []);
  }, 120_000);
});
