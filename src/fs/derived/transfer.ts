/**
 * Bringing files from one filesystem to another, or to another place in the
 * same: what the methods `copyDir` and `moveDir`, the functions of
 * `fs/transfer.ts` and mirroring have in common.
 *
 * A file is brought over whole or not at all, because `write` and `copy`
 * publish it in one step. So a failure leaves the destination as it was, or
 * with whole new files, and never takes anything from the source.
 */
import { DirectoryExpected, IllegalDestination } from '../../errors/errors.js';
import { ancestors, dirname, joinPath, relativePath } from '../../path/parts.js';
import type { Info } from '../info.js';
import type { MoveTransferOptions, TransferOptions } from '../transfer-options.js';
import { forEachLimited } from './concurrency.js';
import { ensureDir } from './directories.js';
import { isEmpty } from './read.js';
import type { Place, Target, TransferEnd } from './transfer-place.js';
import { isInside, isLinked } from './transfer-place.js';
import type { TransferStep } from './transfer-steps.js';
import { entriesOf, stepsOf } from './transfer-steps.js';

/** Files under way at once, unless the caller says otherwise. */
export const LOCAL_CONCURRENCY = 4;
/** The same where one of the two is over a network. */
export const NETWORK_CONCURRENCY = 32;

/** The place at the same path below, seen from `from`, in another tree. */
function mapped(path: string, from: Place, to: Place): string {
  return joinPath(to.path, relativePath(from.path, path));
}

/** Counts what has been done, and tells. */
export class Tally {
  #files = 0;
  #skipped = 0;
  #bytes = 0;
  readonly #tell: TransferOptions['onProgress'];

  constructor(tell: TransferOptions['onProgress']) {
    this.#tell = tell;
  }

  count(source: Info, destination: string, copied: boolean): void {
    if (copied) {
      this.#files++;
      this.#bytes += source.size;
    } else this.#skipped++;
    const counts = { files: this.#files, skipped: this.#skipped, bytes: this.#bytes };
    this.#tell?.({ source: source.path, destination, copied, ...counts });
  }
}

/** @throws RangeError, TypeError */
export function concurrencyOf(
  from: TransferEnd,
  to: TransferEnd,
  { concurrency }: MoveTransferOptions,
): number {
  if (concurrency === undefined) {
    const network = from.getMeta().network || to.getMeta().network;
    return network ? NETWORK_CONCURRENCY : LOCAL_CONCURRENCY;
  }
  if (typeof concurrency !== 'number') throw new TypeError('concurrency must be a number');
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new RangeError(`concurrency must be a whole number from 1, not ${concurrency}`);
  }
  return concurrency;
}

/** The directories of a destination in which nothing was when a transfer came to them. */
class VacantDirectories {
  readonly #topmost = new Set<string>();

  has(path: string): boolean {
    if (this.#topmost.size === 0) return false;
    return [path, ...ancestors(path), ''].some((above) => this.#topmost.has(above));
  }

  /** Make a directory that may be there, and note whether it is vacant. @throws DirectoryExpected a file is there */
  async ensure(place: Place): Promise<void> {
    if (this.has(place.path)) return place.fs.makeDir(place.path, { recreate: true, assumeClear: true });
    await ensureDir(place);
    await this.look(place);
  }

  /** Only where it saves requests: elsewhere a look at a place comes with the write to it. */
  async look({ fs, path }: Place): Promise<void> {
    if (fs.getMeta().network && (await isEmpty(fs, path))) this.#topmost.add(path);
  }
}

/** @throws ResourceNotFound, DirectoryExpected, IllegalDestination */
export async function checkTransfer(from: Place, to: Place): Promise<void> {
  if (isInside(from, to)) throw new IllegalDestination(to.path);
  if (!(await from.fs.getInfo(from.path)).isDir) throw new DirectoryExpected(from.path);
}

/** Brings one file over. @returns false when it was held back */
export type Bring = (source: Place, info: Info, target: Target) => Promise<boolean>;

/**
 * Bring all files below `from` to the same places below `to`, and make the
 * directories. Both are directories.
 * @param leave what is to be done with a source from which all has been brought
 * @throws FileExpected, before anything is done: a file would have to take the place of a directory that it lies in
 */
export async function transferTree(
  from: Place,
  to: Place,
  options: MoveTransferOptions,
  bring: Bring,
  leave?: (step: TransferStep) => Promise<void>,
): Promise<void> {
  const tally = new Tally(options.onProgress);
  for (const step of await stepsOf(from, to)) {
    await transferStep(step, options, tally, bring);
    await leave?.(step);
  }
}

async function transferStep(
  step: TransferStep,
  options: MoveTransferOptions,
  tally: Tally,
  bring: Bring,
): Promise<void> {
  const { from, to } = step;
  const limit = concurrencyOf(from.fs, to.fs, options);
  const directories = new VacantDirectories();
  await directories.look(to);
  await forEachLimited(filesOf(step, directories, options.signal), limit, async (info) => {
    const path = mapped(info.path, from, to);
    const target = { fs: to.fs, path, vacant: directories.has(dirname(path)) };
    tally.count(info, target.path, await bring({ fs: from.fs, path: info.path }, info, target));
  });
  options.signal?.throwIfAborted();
}

/**
 * The files below a source, each after its directory has been made below the
 * destination. Links to directories are left out: followed, they may lead in a
 * circle.
 */
async function* filesOf(
  step: TransferStep,
  directories: VacantDirectories,
  signal: AbortSignal | undefined,
): AsyncGenerator<Info> {
  const { from, to } = step;
  for await (const info of entriesOf(step)) {
    signal?.throwIfAborted();
    if (!info.isDir) yield info;
    else if (!(await isLinked({ fs: from.fs, path: info.path }))) {
      await directories.ensure({ fs: to.fs, path: mapped(info.path, from, to) });
    }
  }
}
