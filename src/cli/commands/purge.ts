import type { Command } from 'commander';
import { EXIT } from '../exit-codes.js';
import type { Session } from '../session.js';

/** `mayfly purge`: one purge, for external schedulers. */
export function addPurge(program: Command, session: Session): Command {
  return program
    .command('purge')
    .description('remove the files whose deadline has passed; exits 1 when some could not be removed')
    .action(async () => {
      const signal = session.interruptible();
      const mayfly = await session.mayfly();
      const report = await mayfly.expireObjects({
        signal,
        onProgress: ({ removed }) => session.output.progress({ files: removed, bytes: 0, what: 'removed' }),
      });
      const { removed, missing, failed, kept, durationMs } = report;
      const failures = report.failures.map(({ namespace, path, error }) => ({
        namespace,
        path,
        message: error.message,
      }));
      for (const { namespace, path, message } of failures)
        session.output.note(`${namespace}:${path}: ${message}`);
      session.output.result(
        { removed, missing, failed, kept, durationMs: Math.round(durationMs), failures },
        `removed ${removed}, missing ${missing}, failed ${failed}, kept ${kept}, in ${Math.round(durationMs)} ms`,
      );
      if (failed > 0) session.exitCode = EXIT.failed;
      if (signal.aborted) session.exitCode = EXIT.interrupted;
    });
}
