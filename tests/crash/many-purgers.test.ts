import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { MayflyOptions, PurgeReport } from '../../src/index.js';
import { createMayfly } from '../../src/index.js';
import type { TestMayfly } from '../support/mayflies.js';
import { STORAGES } from '../support/mayflies.js';

const FILES = 3000;

interface Worker {
  child: ChildProcess;
  next: () => Promise<string>;
}

async function startWorker(shared: MayflyOptions, now: number): Promise<Worker> {
  const { storage, expirations } = shared as {
    storage: { directoryRoot: string };
    expirations: { path: string };
  };
  const script = join(import.meta.dirname, '../support/purge-worker.js');
  const child = spawn(process.execPath, [script, storage.directoryRoot, expirations.path, String(now)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = on(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line', {
    close: ['close'],
  });
  const next = async (): Promise<string> => String(((await lines.next()).value as string[] | undefined)?.[0]);
  expect(await next()).toBe('ready');
  return { child, next };
}

async function reportOf({ next }: Worker): Promise<PurgeReport> {
  for (;;) {
    const line = await next();
    if (line !== 'progress') return JSON.parse(line) as PurgeReport;
  }
}

describe('several processes on one SQLite store', () => {
  let tested: TestMayfly;
  let shared: MayflyOptions;

  beforeEach(async () => {
    const open = STORAGES.find(([name]) => name === 'osfs')?.[1];
    if (open === undefined) throw new Error('no osfs');
    tested = await open();
    shared = tested.shared as MayflyOptions;
    const files = tested.mayfly.getFilesystem('n');
    for (let i = 0; i < FILES; i++) await files.write(`d${i % 10}/${i}`, 'x', { seconds: 1 });
  }, 60_000);

  afterEach(() => tested.cleanup());

  it('work each due row once', async () => {
    const now = tested.clock.now + 1000;
    const workers = await Promise.all(Array.from({ length: 4 }, () => startWorker(shared, now)));
    for (const { child } of workers) child.stdin?.write('go\n');
    const reports = await Promise.all(workers.map(reportOf));
    const total = (field: 'removed' | 'missing' | 'failed' | 'kept') =>
      reports.reduce((n, r) => n + r[field], 0);
    expect([total('removed'), total('missing'), total('failed'), total('kept')]).toEqual([FILES, 0, 0, 0]);
    expect(await tested.mayfly.getFilesystem('n').listDir('')).toEqual([]);
  }, 60_000);

  it('take over at once what a killed one had claimed', async () => {
    const now = tested.clock.now + 1000;
    const worker = await startWorker(shared, now);
    worker.child.stdin?.write('go\n');
    expect(await worker.next()).toBe('progress');
    worker.child.kill('SIGKILL');
    await once(worker.child, 'exit');
    const report = await tested.mayfly.expireObjects({ now: new Date(now) });
    expect(report.failed + report.kept).toBe(0);
    expect(report.removed + report.missing).toBeGreaterThan(0);
    expect(await tested.mayfly.getFilesystem('n').listDir('')).toEqual([]);
    expect((await tested.mayfly.expireObjects({ now: new Date(now) })).missing).toBe(0);
  }, 60_000);

  it('can all be the first to open a store', async () => {
    const [name, open] = STORAGES[1] ?? [];
    expect(name).toBe('osfs');
    const fresh = await (open as NonNullable<typeof open>)();
    const workers = await Promise.all(
      Array.from({ length: 6 }, () => startWorker(fresh.shared as MayflyOptions, 0)),
    );
    for (const { child } of workers) child.kill();
    await fresh.cleanup();
  }, 60_000);

  it('see what another has just set, renewed and cleared', async () => {
    const other = createMayfly(shared);
    const [here, there] = [tested.mayfly.getFilesystem('m'), other.getFilesystem('m')];
    await here.write('a', 'x', { seconds: 10 });
    expect(await there.getExpiration('a')).toEqual(new Date(tested.clock.now + 10_000));
    await there.expire('a', 20);
    expect(await here.getExpiration('a')).toEqual(new Date(tested.clock.now + 20_000));
    await here.remove('a');
    expect(await there.getExpiration('a')).toBeNull();
    await other.close();
  });
});
