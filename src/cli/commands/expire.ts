import type { Command } from 'commander';
import { ResourceNotFound } from '../../errors/errors.js';
import { UsageError } from '../failure.js';
import { formatLeft, formatTime, parseDuration } from '../format.js';
import type { Session } from '../session.js';

/** `mayfly expire`: set, move or take away a deadline. */
export function addExpire(program: Command, session: Session): Command {
  return program
    .command('expire')
    .description('let a file go after a while, or never')
    .argument('<place>', 'a file of a namespace, such as charts:2026/a.png')
    .argument('<when>', 'seconds, a duration such as 5m, 1h30m or 7d, or "never"')
    .option('--ahead', 'also where no file is yet')
    .action(async (text: string, when: string, { ahead = false }: { ahead?: boolean }) => {
      const never = when === 'never';
      const seconds = never ? 0 : parseDuration(when);
      const { namespace, path } = await session.place(text);
      if (namespace === null)
        throw new UsageError('only files of namespaces have deadlines: write it as namespace:path');
      if (!ahead && !(await namespace.exists(path))) throw new ResourceNotFound(path);
      const expires = await namespace.expire(path, seconds, 0, !never);
      session.output.result(
        { namespace: namespace.namespace, path, expires },
        expires === null ? `${text} stays` : `${text} goes at ${formatTime(expires)}, ${formatLeft(expires)}`,
      );
    });
}
