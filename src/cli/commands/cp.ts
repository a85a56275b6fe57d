import type { Command } from 'commander';
import { forEachLimited } from '../../fs/derived/concurrency.js';
import { keptOptions } from '../../fs/derived/kept.js';
import { concurrencyOf, LOCAL_CONCURRENCY, NETWORK_CONCURRENCY } from '../../fs/derived/transfer.js';
import { isWanted } from '../../fs/derived/transfer-file.js';
import { isInside } from '../../fs/derived/transfer-place.js';
import type { Info } from '../../fs/info.js';
import { copyFile } from '../../fs/transfer.js';
import type { CopyCondition } from '../../fs/transfer-options.js';
import { basename, joinPath, relativePath } from '../../path/parts.js';
import { isDirectory, openTarget } from '../copy-target.js';
import { inWaves } from '../copy-waves.js';
import { UsageError } from '../failure.js';
import { formatCount, formatSize, parseDuration } from '../format.js';
import type { OpenPlace } from '../place.js';
import type { Session } from '../session.js';
import { checkPipe, copyFromInput, copyToOutput, PIPE } from './cp-pipe.js';

interface CpOptions {
  recursive?: boolean;
  newer?: boolean;
  lifetime?: string;
  concurrency?: string;
}

/** One file to be copied. */
interface Job {
  from: OpenPlace;
  info: Info;
  to: string;
}

/** What is copied, and how. */
interface Copying {
  session: Session;
  destination: OpenPlace;
  /** Seconds; null: the file's deadline is left as it is. */
  lifetime: number | null;
  condition: CopyCondition;
  concurrency: { concurrency?: number };
  signal: AbortSignal;
}

/** `mayfly cp`: files and trees from anywhere to anywhere. */
export function addCp(program: Command, session: Session): Command {
  return program
    .command('cp')
    .description('copy files and directories between this machine, namespaces and other storages')
    .usage('[options] <source...> <destination>')
    .argument(
      '<place...>',
      'sources such as ./photos, charts:2026/a.png or s3://bucket/key, and last the destination; - is standard input or output',
    )
    .option('-r, --recursive', 'directories with all that is in them')
    .option('-n, --newer', 'only what is newer than at the destination, or missing there')
    .option('-l, --lifetime <duration>', 'how long the copies live, such as 10m or 7d (into namespaces)')
    .option(
      '--concurrency <number>',
      `files under way at once; default ${LOCAL_CONCURRENCY}, over a network ${NETWORK_CONCURRENCY}`,
    )
    .action(async (places: string[], options: CpOptions) => {
      const [to = '', ...texts] = [...places].reverse();
      if (texts.length === 0) throw new UsageError('cp wants a source and a destination');
      if (places.includes(PIPE)) checkPipe(texts, to, options);
      const signal = session.interruptible();
      if (to === PIPE) return copyToOutput(await session.place(texts[0] ?? ''), signal);
      const fromInput = texts[0] === PIPE;
      const sources = fromInput ? [] : await Promise.all(texts.reverse().map((text) => session.place(text)));
      const destination = await session.place(to, { create: true });
      const lifetime = options.lifetime === undefined ? null : parseDuration(options.lifetime);
      if (lifetime !== null && destination.namespace === null) {
        throw new UsageError(
          '--lifetime is for copies into a namespace: write the destination as namespace:path',
        );
      }
      if (fromInput) return copyFromInput({ session, destination, lifetime, signal });
      await copyAll(
        sources,
        {
          session,
          destination,
          lifetime,
          signal,
          condition: options.newer ? 'newer' : 'always',
          concurrency: parseCount('concurrency', options.concurrency),
        },
        options.recursive === true,
      );
    });
}

/** @throws UsageError not a whole number of 1 or more */
export function parseCount<T extends string>(name: T, text: string | undefined): { [K in T]?: number } {
  if (text === undefined) return {};
  const count = Number(text);
  if (!(Number.isInteger(count) && count >= 1))
    throw new UsageError(`--${name} wants a whole number of 1 or more`);
  return { [name]: count } as { [K in T]?: number };
}

async function copyAll(sources: readonly OpenPlace[], copying: Copying, recursive: boolean): Promise<void> {
  const { session, destination, signal } = copying;
  const jobs: Job[] = [];
  for (const source of sources)
    jobs.push(...(await jobsOf(source, destination, sources.length > 1, recursive)));
  const totalBytes = jobs.reduce((sum, { info }) => sum + info.size, 0);
  const done = { files: 0, skipped: 0, bytes: 0 };
  const limit = Math.max(...sources.map(({ fs }) => concurrencyOf(fs, destination.fs, copying.concurrency)));
  const doOne = async (job: Job): Promise<void> => {
    signal.throwIfAborted();
    const copied = await copyOne(job, copying);
    if (copied) done.files++;
    else done.skipped++;
    done.bytes += copied ? job.info.size : 0;
    session.output.progress({ ...done, totalBytes });
  };
  for (const wave of inOrder(jobs, sources, destination)) await forEachLimited(wave, limit, doOne);
  const skipped = done.skipped === 0 ? '' : `; ${done.skipped} were not newer`;
  session.output.result(done, `copied ${formatCount(done.files)}, ${formatSize(done.bytes)}${skipped}`);
}

/** Waves of jobs; each file is asked where it lies only where one job may replace what another has to read. */
function inOrder(jobs: Job[], sources: readonly OpenPlace[], destination: OpenPlace): Job[][] {
  const overlap = sources.some((source) => isInside(source, destination) || isInside(destination, source));
  if (!overlap) return [jobs];
  return inWaves(jobs, ({ from, info, to }) => ({
    source: from.fs.locate(info.path),
    target: destination.fs.locate(to),
  }));
}

async function jobsOf(
  source: OpenPlace,
  destination: OpenPlace,
  several: boolean,
  recursive: boolean,
): Promise<Job[]> {
  const info = await source.fs.getInfo(source.path);
  const there = !destination.isNew && (await isDirectory(destination));
  if (several && !there && !destination.isDirectory) {
    throw new UsageError(
      'the destination of several sources must be a directory: write it with a slash at its end',
    );
  }
  const into = there || destination.isDirectory;
  if (!info.isDir) {
    const to = into ? joinPath(destination.path, nameOf(source)) : destination.path;
    return [{ from: source, info, to }];
  }
  if (!recursive)
    throw new UsageError(`${source.write(source.path)} is a directory: cp -r copies it with all in it`);
  // As `cp -r`: into a directory that is there, under its own name; its root, or with a slash, what is in it.
  const base =
    there && nameOf(source) !== '' && !source.isDirectory
      ? joinPath(destination.path, nameOf(source))
      : destination.path;
  const jobs: Job[] = [];
  for await (const file of source.fs.scanTree(source.path)) {
    if (file.isDir) continue;
    jobs.push({ from: source, info: file, to: joinPath(base, relativePath(source.path, file.path)) });
  }
  return jobs;
}

/** A local directory is the root of its filesystem, and its name is in how it is written. */
function nameOf({ path, write }: OpenPlace): string {
  if (path !== '') return basename(path);
  const written = write('').replace(/[/\\]+$/, '');
  return written.includes('://') || written.endsWith(':') || /(^|[/\\])\.{1,2}$/.test(written)
    ? ''
    : (written.split(/[/\\]/).at(-1) ?? '');
}

async function copyOne({ from, info, to }: Job, copying: Copying): Promise<boolean> {
  const { session, destination, lifetime, condition, signal } = copying;
  const { fs, namespace } = destination;
  if (namespace !== null && lifetime !== null) {
    if (!(await isWanted(condition, info, { fs, path: to }))) return false;
    // File and deadline together: a crash between the two would leave the file for ever.
    const written = { seconds: lifetime, signal, ...keptOptions(info) };
    await namespace.write(to, await from.fs.openRead(info.path), written);
    return true;
  }
  const target = await openTarget(destination, to, session);
  return copyFile(from.fs, info.path, target.fs, target.path, { condition, signal });
}
