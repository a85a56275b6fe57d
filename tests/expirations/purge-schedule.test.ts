import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { isCronExpression, PurgeSchedule } from '../../src/expirations/purge-schedule.js';
import { createMayfly } from '../../src/index.js';

const EVERY_SECOND = '* * * * * *';
const NEVER = '0 0 1 1 *';

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10);
}

describe('the purge job', () => {
  it('runs once at the start, for what fell due before', async () => {
    let runs = 0;
    const job = new PurgeSchedule(NEVER, async () => {
      runs++;
    });
    await until(() => runs > 0);
    await job.stop();
    expect(runs).toBe(1);
  });

  it('runs again and again, never twice at once', async () => {
    let runs = 0;
    let inside = 0;
    let most = 0;
    const job = new PurgeSchedule(EVERY_SECOND, async () => {
      most = Math.max(most, ++inside);
      await sleep(1500);
      inside--;
      runs++;
    });
    await until(() => runs >= 2);
    await job.stop();
    expect(most).toBe(1);
  });

  it('stops: tells the run under way, waits for it, and begins no other', async () => {
    let begun = false;
    let ended = false;
    const job = new PurgeSchedule(EVERY_SECOND, async (signal) => {
      begun = true;
      await until(() => signal.aborted);
      await sleep(50);
      ended = true;
    });
    await until(() => begun);
    await job.stop();
    expect(ended).toBe(true);
  });

  it('of a mayfly removes files on time, without anybody asking', async () => {
    const mayfly = createMayfly({
      storage: { type: 'memoryfs', urlRoot: '/files' },
      purge: { schedule: EVERY_SECOND },
    });
    const files = mayfly.getFilesystem('n');
    await files.write('dies', 'x', { seconds: 0.2 });
    await files.write('stays', 'x', { seconds: 1000 });
    await until(async () => !(await files.exists('dies')));
    expect(await files.exists('stays')).toBe(true);
    await mayfly.close();
  });

  it('outlives what its purge throws', async () => {
    let runs = 0;
    const unhandled: unknown[] = [];
    const listener = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', listener);
    const job = new PurgeSchedule('* * * * * *', async () => {
      runs++;
      throw new Error('a logger that throws');
    });
    while (runs < 2) await new Promise((resolve) => setTimeout(resolve, 50));
    await job.stop();
    process.off('unhandledRejection', listener);
    expect(unhandled).toEqual([]);
  });

  it.each([
    ['* * * * *', true],
    ['*/5 * * * * *', true],
    ['often', false],
    ['61 * * * *', false],
    ['', false],
  ])('takes %j: %p', (expression, taken) => {
    expect(isCronExpression(expression)).toBe(taken);
  });
});
