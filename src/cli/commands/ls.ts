import type { Command } from 'commander';
import type { Info } from '../../fs/info.js';
import { formatLeft, formatSize, formatTime } from '../format.js';
import type { OpenPlace } from '../place.js';
import type { Session } from '../session.js';

const PAGE = 500;

interface LsOptions {
  long?: boolean;
}

/** `mayfly ls`: namespaces, or what is in a directory. */
export function addLs(program: Command, session: Session): Command {
  return program
    .command('ls')
    .description('list a directory; without a place, the namespaces')
    .argument('[place]', 'such as charts:2026, s3://bucket/photos or ./photos')
    .option('-l, --long', 'with size, time of change and deadline')
    .action(async (text: string | undefined, { long = false }: LsOptions) => {
      if (text === undefined) return listNamespaces(session);
      const place = await session.place(text);
      const info = await place.fs.getInfo(place.path);
      const entries = info.isDir ? place.fs.scanDir(place.path) : [info];
      for await (const page of pagesOf(entries)) await listPage(session, place, page, long);
    });
}

async function listNamespaces(session: Session): Promise<void> {
  const mayfly = await session.mayfly();
  for await (const namespace of mayfly.namespaces()) {
    await session.output.row({ namespace }, `${namespace}:`);
  }
}

async function listPage(
  session: Session,
  { namespace }: OpenPlace,
  page: Info[],
  long: boolean,
): Promise<void> {
  const deadlines = await namespace?.getExpirations(page.map(({ path }) => path));
  for (const [at, info] of page.entries()) {
    const expires = deadlines?.[at] ?? null;
    const { name, path, isDir, size, modified } = info;
    const shown = isDir ? `${name}/` : name;
    const told = long
      ? [
          (isDir ? '-' : formatSize(size)).padStart(10),
          formatTime(modified),
          (namespace === null || isDir ? '' : formatLeft(expires)).padEnd(10),
          shown,
        ].join('  ')
      : shown;
    await session.output.row({ name, path, isDir, size, modified, expires }, told);
  }
}

/** For as many at a time deadlines are asked for. */
export async function* pagesOf(entries: AsyncIterable<Info> | Iterable<Info>): AsyncGenerator<Info[]> {
  let page: Info[] = [];
  for await (const entry of entries) {
    page.push(entry);
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
