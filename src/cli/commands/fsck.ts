import type { Command } from 'commander';
import { EXIT } from '../exit-codes.js';
import type { Session } from '../session.js';

const WORDS = {
  lost: 'has a deadline, but its file is gone',
  unsettled: 'was being written when its process ended',
  directory: 'is a directory and has a deadline',
} as const;

/** `mayfly fsck`: deadlines against files, and what killed writers left. */
export function addFsck(program: Command, session: Session): Command {
  return program
    .command('fsck')
    .description('compare deadlines with files and look for leftovers; exits 1 while something is not mended')
    .option(
      '--fix',
      'mend what is found (on disk also forget deadlines whose files have not come yet); without it nothing is changed',
    )
    .action(async ({ fix = false }: { fix?: boolean }) => {
      const signal = session.interruptible();
      const mayfly = await (fix ? session.mayfly() : session.mayflyAsItIs());
      const report = await mayfly.check({
        fix,
        signal,
        onProgress: ({ rows }) => session.output.progress({ files: rows, bytes: 0, what: 'looked at' }),
      });
      const { rows, waiting, lost, unsettled, directories, leftovers, fixed, findings } = report;
      const found = lost + unsettled + directories + leftovers;
      const lines = findings.map(
        ({ kind, namespace, path, fixed: mended }) =>
          `${namespace}:${path} ${WORDS[kind]}${mended ? ' (mended)' : ''}`,
      );
      if (findings.length < found - leftovers)
        lines.push(`… and ${found - leftovers - findings.length} more`);
      if (leftovers > 0)
        lines.push(`${leftovers} unpublished files of writers that were killed${fix ? ' (removed)' : ''}`);
      const waits = waiting === 0 ? '' : `, ${waiting} of them for files that have not come yet`;
      lines.push(`${rows} deadlines looked at${waits}: ${verdict(found, fixed, fix)}`);
      session.output.result(
        { rows, waiting, lost, unsettled, directories, leftovers, found, fixed, findings },
        lines.join('\n'),
      );
      if (found > fixed) session.exitCode = EXIT.failed;
      if (signal.aborted) session.exitCode = EXIT.interrupted;
    });
}

function verdict(found: number, fixed: number, fix: boolean): string {
  if (found === 0) return 'all is well';
  return fix ? `${fixed} of ${found} findings mended` : `${found} findings; --fix mends them`;
}
