/** `mayfly cp` with `-` in the place of a file: bytes from standard input, or to standard output. */
import { pipeline } from 'node:stream/promises';
import { FileExpected } from '../../errors/errors.js';
import { isDirectory, openTarget } from '../copy-target.js';
import { UsageError } from '../failure.js';
import { formatCount, formatSize } from '../format.js';
import type { OpenPlace } from '../place.js';
import type { Session } from '../session.js';

/** How standard input and output are written; a file of that name is `./-`. */
export const PIPE = '-';

/** Options that are of no use for bytes without name and time. */
const SENSELESS = ['recursive', 'newer', 'concurrency'];

const NAME_WANTED = 'what comes from standard input wants the name of a file as its destination';

/** @throws UsageError */
export function checkPipe(sources: readonly string[], to: string, options: object): void {
  if (sources.length > 1) throw new UsageError('with - there is one source and one destination');
  if (sources[0] === PIPE && to === PIPE) throw new UsageError('- can not be source and destination at once');
  if (sources[0] === PIPE && to.endsWith('/')) throw new UsageError(NAME_WANTED);
  const senseless = [...SENSELESS, ...(to === PIPE ? ['lifetime'] : [])].find((name) => name in options);
  if (senseless !== undefined) throw new UsageError(`--${senseless} makes no sense here with -`);
}

/** Nothing else is said on standard output. */
export async function copyToOutput({ fs, path }: OpenPlace, signal: AbortSignal): Promise<void> {
  if ((await fs.getInfo(path)).isDir) throw new FileExpected(path);
  await pipeline(await fs.openRead(path), process.stdout, { signal, end: false });
}

/** What standard input becomes. */
interface Taking {
  session: Session;
  destination: OpenPlace;
  /** Seconds; null: the file's deadline is left as it is. */
  lifetime: number | null;
  signal: AbortSignal;
}

export async function copyFromInput({ session, destination, lifetime, signal }: Taking): Promise<void> {
  if (destination.isDirectory || (await isDirectory(destination))) {
    throw new UsageError(NAME_WANTED);
  }
  const { namespace } = destination;
  const { fs, path } = await openTarget(destination, destination.path, session);
  const { size } =
    namespace !== null && lifetime !== null
      ? await namespace.write(path, process.stdin, { seconds: lifetime, signal })
      : await fs.write(path, process.stdin, { signal });
  const done = { files: 1, skipped: 0, bytes: size };
  session.output.result(done, `copied ${formatCount(1)}, ${formatSize(size)}`);
}
