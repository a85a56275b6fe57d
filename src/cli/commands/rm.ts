import type { Command } from 'commander';
import { FileExpected, ResourceNotFound } from '../../errors/errors.js';
import { UsageError } from '../failure.js';
import type { Session } from '../session.js';

interface RmOptions {
  recursive?: boolean;
  force?: boolean;
}

/** `mayfly rm`: files with their deadlines, and directories with `-r`. */
export function addRm(program: Command, session: Session): Command {
  return program
    .command('rm')
    .description('remove files and their deadlines')
    .argument('<place...>', 'such as charts:2026/a.png')
    .option('-r, --recursive', 'directories with all that is in them')
    .option('-f, --force', 'what is not there is no error')
    .action(async (texts: string[], options: RmOptions) => {
      const removed: string[] = [];
      for (const text of texts) if (await removeOne(session, text, options)) removed.push(text);
      const said = removed.length > 0 ? `removed ${removed.join(', ')}` : 'nothing was there';
      session.output.result({ removed: removed.length }, said);
    });
}

/** @returns whether something was there */
async function removeOne(session: Session, text: string, { recursive, force }: RmOptions): Promise<boolean> {
  try {
    const { fs, path } = await session.place(text);
    const isDir = recursive === true && (await fs.isDir(path));
    if (!isDir) await fs.remove(path);
    else if (path === '') await fs.removeTree('');
    else {
      await fs.removeTree(path);
      await fs.removeDir(path).catch(ignoreMissing);
    }
    return true;
  } catch (error) {
    if (force && error instanceof ResourceNotFound) return false;
    if (error instanceof FileExpected)
      throw new UsageError(`${text} is a directory: rm -r removes it with all in it`);
    throw error;
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof ResourceNotFound)) throw error;
}
