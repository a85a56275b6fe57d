/**
 * The purge of the program: mayfly's own schedule, run from here, so that each
 * report reaches the log and the metrics.
 */
import { PurgeSchedule } from '../expirations/purge-schedule.js';
import type { Logger } from '../logger/logger.js';
import type { Mayfly } from '../mayfly.js';
import type { Metrics } from './metrics.js';

/**
 * Purge now and then by schedule.
 * @param expression cron, UTC
 * @returns to be stopped before mayfly is closed
 */
export function startPurgeJob(
  mayfly: Pick<Mayfly, 'expireObjects'>,
  expression: string,
  metrics: Metrics,
  log: Logger,
): PurgeSchedule {
  return new PurgeSchedule(expression, async (signal) => {
    try {
      const report = await mayfly.expireObjects({ signal, retries: 'ripe' });
      metrics.purged(report);
      const { removed, missing, failed, kept, durationMs } = report;
      const line = { removed, missing, failed, kept, ms: Math.round(durationMs) };
      if (failed > 0) log.warn({ ...line, failures: report.failures.slice(0, 10) }, 'purge');
      else if (removed + missing > 0) log.info(line, 'purge');
      else log.debug(line, 'purge');
    } catch (error) {
      if (signal.aborted) return;
      metrics.purgeFailed();
      log.error({ err: error }, 'purge failed: nothing is forgotten, the next one tries again');
    }
  });
}
