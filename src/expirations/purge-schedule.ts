/**
 * The in-process job: a node-cron task in UTC (no hour is skipped or repeated
 * when clocks change), never two runs at once, and one right at the start for
 * what fell due while no process ran.
 */
import type { ScheduledTask } from 'node-cron';
import { schedule, validate } from 'node-cron';

/** Whether node-cron understands the expression. */
export function isCronExpression(expression: string): boolean {
  return validate(expression);
}

export class PurgeSchedule {
  readonly #task: ScheduledTask;
  readonly #work: (signal: AbortSignal) => Promise<void>;
  readonly #stopping = new AbortController();
  #running: Promise<void> | null = null;

  /**
   * @param expression of node-cron: five fields, or six with seconds
   * @param work one purge; handles its own errors, and what it throws all the same is nobody's
   */
  constructor(expression: string, work: (signal: AbortSignal) => Promise<void>) {
    this.#work = work;
    this.#task = schedule(expression, () => this.#run(), {
      timezone: 'Etc/UTC',
      // A run that was missed or met another is made up for by the next: nothing for the console.
      suppressMissedWarning: true,
    });
    // After whoever made this has gone on: making a mayfly opens nothing.
    setImmediate(() => void this.#run());
  }

  /** No further run; the one under way ends after its batch. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#task.destroy();
    await this.#running;
  }

  #run(): Promise<void> {
    if (this.#stopping.signal.aborted) return Promise.resolve();
    this.#running ??= this.#work(this.#stopping.signal)
      .catch(() => {}) // A logger that throws, say: no reason to end the process.
      .finally(() => {
        this.#running = null;
      });
    return this.#running;
  }
}
