/** Several processes on one port, and one that purges for them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Program } from './program.js';

let program: Program | undefined;

afterEach(async () => {
  await program?.dispose();
  program = undefined;
});

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function start(env: Record<string, string> = {}) {
  const started = await Program.start({ MAYFLY_WORKERS: '3', MAYFLY_LOG_LEVEL: 'debug', ...env });
  program = started.program;
  return started;
}

const workersOf = (of: Program): number[] =>
  of.log.filter(({ msg }) => msg === 'worker listening').map(({ pid }) => Number(pid));

describe('the program with workers', () => {
  it('serves from several processes, of which none purges, and purges once', async () => {
    const { program: served, url } = await start({ MAYFLY_PURGE_SCHEDULE: '* * * * * *' });
    expect(workersOf(served)).toHaveLength(3);
    // A connection each, as workers are chosen by connection.
    const put = (i: number) =>
      fetch(`${url}/files/w/${i}.txt?seconds=1`, {
        method: 'PUT',
        body: 'x',
        headers: { connection: 'close' },
      });
    const stored = await Promise.all(Array.from({ length: 30 }, (_, i) => put(i)));
    expect(stored.map(({ status }) => status)).toEqual(Array(30).fill(201));
    const requests = served.log.filter(({ msg, method }) => msg === 'request' && method === 'PUT');
    expect(new Set(requests.map(({ pid }) => pid)).size).toBeGreaterThan(1);
    let removed = 0;
    while (removed < 30) {
      await served.logged('purge', ({ removed: count }) => Number(count) > 0);
      removed = served.log
        .filter(({ msg }) => msg === 'purge')
        .reduce((sum, line) => sum + Number(line.removed), 0);
      await sleep(50);
    }
    expect(removed).toBe(30);
    const purgers = new Set(served.log.filter(({ msg }) => msg === 'purge').map(({ pid }) => Number(pid)));
    expect(purgers.size).toBe(1);
    for (const worker of workersOf(served)) expect(purgers.has(worker)).toBe(false);
    // Whoever is scraped tells of all.
    for (let i = 0; i < 3; i++) {
      const text = await (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text();
      expect(text).toContain('mayfly_http_requests_total{route="files",method="PUT",status="201"} 30');
      expect(text).toContain('mayfly_purged_total 30');
      expect(text).toMatch(/^mayfly_overdue_files 0$/m);
    }
  });

  it('replaces a worker that died, and stops all when it is told to', async () => {
    const { program: served, url } = await start();
    const [victim] = workersOf(served);
    process.kill(Number(victim), 'SIGKILL');
    await served.logged('a worker died and is replaced');
    while (workersOf(served).length < 4) await sleep(50);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    served.signal('SIGTERM');
    expect(await served.ended).toMatchObject({ code: 0, stderr: '' });
    expect(workersOf(served).filter(alive)).toEqual([]);
  });

  it('gives its workers the whole delay before they stop', async () => {
    // Longer than a process takes at most to stop without a delay.
    const { program: served } = await start({ MAYFLY_WORKERS: '2', MAYFLY_STOP_DELAY: '16' });
    served.signal('SIGTERM');
    expect(await served.ended).toMatchObject({ code: 0, stderr: '' });
    expect(served.log.filter(({ level }) => Number(level) > 30)).toEqual([]);
  });

  it('does not start when its workers can not', async () => {
    const { url } = await start();
    const port = new URL(url).port;
    const second = await Program.spawn({ MAYFLY_WORKERS: '2', MAYFLY_PORT: port });
    try {
      const { code, stderr } = await second.ended;
      expect(code).toBe(1);
      expect(stderr).toContain('another program uses this port');
    } finally {
      await second.dispose();
    }
  });
});
