import type { Command } from 'commander';
import { mirror } from '../../fs/mirror.js';
import { formatSize } from '../format.js';
import type { Session } from '../session.js';
import { parseCount } from './cp.js';

/** `mayfly mirror`: make one directory like another. */
export function addMirror(program: Command, session: Session): Command {
  return program
    .command('mirror')
    .description('make a directory like another: copy what differs, REMOVE what the source has not')
    .argument('<source>', 'a directory')
    .argument('<destination>', 'a directory, made when it is missing')
    .option('--concurrency <number>', 'files under way at once')
    .option('--trust-newer', 'a file of the same size that is newer at the destination is the same')
    .action(async (from: string, to: string, options: { concurrency?: string; trustNewer?: boolean }) => {
      const signal = session.interruptible();
      const source = await session.place(from);
      const destination = await session.place(`${to.replace(/(?<=[^:/])$/, '/')}`, { create: true });
      const done = { files: 0, skipped: 0, bytes: 0 };
      await mirror(source.fs, destination.fs, {
        sourcePath: source.path,
        destinationPath: destination.path,
        signal,
        trustNewer: options.trustNewer === true,
        ...parseCount('concurrency', options.concurrency),
        onProgress: ({ files, skipped, bytes, source: what }) => {
          Object.assign(done, { files, skipped, bytes });
          session.output.progress({ files, bytes, what });
        },
      });
      session.output.result(
        done,
        `copied ${done.files} files, ${formatSize(done.bytes)}; ${done.skipped} were the same`,
      );
    });
}
