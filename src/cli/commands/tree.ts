import type { Command } from 'commander';
import { UsageError } from '../failure.js';
import type { Session } from '../session.js';
import { pagesOf } from './ls.js';

/** `mayfly tree`: a directory with all below, drawn. */
export function addTree(program: Command, session: Session): Command {
  return program
    .command('tree')
    .description('draw a directory with what is below it')
    .argument('<place>', 'such as charts:, s3://bucket/photos or ./photos')
    .option('-L, --levels <number>', 'how deep', '5')
    .action(async (text: string, { levels }: { levels: string }) => {
      const maxLevels = Number(levels);
      if (!(Number.isInteger(maxLevels) && maxLevels >= 1))
        throw new UsageError('--levels wants a whole number of 1 or more');
      const place = await session.place(text);
      if (!session.output.json) {
        session.output.result(null, await place.fs.tree(place.path, { maxLevels }));
        return;
      }
      for await (const page of pagesOf(place.fs.walk(place.path, { maxDepth: maxLevels }))) {
        const deadlines = await place.namespace?.getExpirations(page.map(({ path }) => path));
        for (const [at, { path, isDir, size, modified }] of page.entries()) {
          await session.output.row({ path, isDir, size, modified, expires: deadlines?.[at] ?? null }, path);
        }
      }
    });
}
