import { join, sep } from 'node:path';
import type { Command } from 'commander';
import { ResourceNotFound } from '../../errors/errors.js';
import { mirror } from '../../fs/mirror.js';
import { joinPath } from '../../path/parts.js';
import { notReplaced, specialsIn } from '../copy-target.js';
import { formatCount, formatSize } from '../format.js';
import type { OpenPlace } from '../place.js';
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
      await checkThere(source, session);
      const destination = await session.place(`${to.replace(/(?<=[^:/])$/, '/')}`, { create: true });
      await checkSpecials(source, destination);
      const done = { files: 0, skipped: 0, bytes: 0 };
      const { removed } = await mirror(source.fs, destination.fs, {
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
        { ...done, removed },
        `copied ${formatCount(done.files)}, ${formatSize(done.bytes)}; ${done.skipped} were the same; removed ${formatCount(removed)}`,
      );
    });
}

/** @throws UsageError a file would take the place of what is neither file nor directory */
async function checkSpecials(source: OpenPlace, destination: OpenPlace): Promise<void> {
  if (destination.directory === null) return;
  const root = join(destination.directory, destination.path);
  for await (const path of specialsIn(root)) {
    const same = joinPath(source.path, path.split(sep).join('/'));
    if (await source.fs.exists(same)) throw notReplaced(join(root, path));
  }
}

/**
 * A namespace needs no making, so a misspelled one looks like one with nothing
 * in it, and would empty the destination.
 * @throws ResourceNotFound
 */
async function checkThere({ fs, path, namespace, write }: OpenPlace, session: Session): Promise<void> {
  if (namespace === null || path !== '' || !(await fs.isEmpty(''))) return;
  for await (const name of (await session.mayfly()).namespaces()) if (name === namespace.namespace) return;
  throw new ResourceNotFound(write(''), { message: `there is no namespace ${write('')} to be mirrored` });
}
