/**
 * One batch of a purge: claim what is due, remove the files, settle the claims.
 *
 * A file is removed only while its key is held, and a row is forgotten only if
 * it is still the one that was read, so a deadline that was changed meanwhile
 * is never acted on. A batch that dies half-way leaves rows, and claims that
 * die with it: the next purge finds both and goes on. What is counted is what
 * was settled, so nothing is counted by two who worked on it.
 */
import { randomUUID } from 'node:crypto';
import { MayflyError, OperationFailed, RemoteConnectionError } from '../errors/errors.js';
import { forEachLimited, type Limiter } from '../fs/derived/concurrency.js';
import { findInfo } from '../fs/derived/read.js';
import type { Filesystem } from '../fs/filesystem.js';
import { ancestors } from '../path/parts.js';
import type { Expiration } from './expiration.js';
import type { DuePosition, DueSelection, RowChange } from './expiration-store.js';
import { mutexOf } from './keyed-mutex.js';
import type { PurgeParts, PurgeReport } from './purge-report.js';

/** Rows claimed at a time: memory stays flat, and the next process finds work too. */
const BATCH_ROWS = 1000;
const MAX_FAILURES_TOLD = 100;
/** Files looked for at a time. */
const LOOKS_AT_ONCE = 8;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 3_600_000;

type Outcome = 'removed' | 'missing' | { readonly error: Error };

/** Tells which keys have been in use in this process since it began. */
type Watch = ReturnType<ReturnType<typeof mutexOf>['watch']>;

export class PurgeBatch {
  readonly #parts: PurgeParts;
  readonly #now: number;
  readonly #selection: DueSelection;
  readonly #token = randomUUID();
  readonly #watch: Watch;
  readonly #filesystems = new Map<string, Filesystem>();
  /** What became of rows. */
  readonly #outcomes = new Map<Expiration, Outcome>();
  /** Rows whose deadline turned out to be another one. */
  readonly #corrections: RowChange[] = [];
  #rows: readonly Expiration[] = [];
  #cut: readonly Expiration[][] | null = null;
  #kept = 0;

  constructor(parts: PurgeParts, now: number, selection: DueSelection) {
    this.#parts = parts;
    this.#now = now;
    this.#selection = selection;
    this.#watch = mutexOf(parts.store).watch();
  }

  /** @returns where the next batch goes on; null when nothing was due: then there is nothing to settle either */
  async claim(after: DuePosition | null): Promise<DuePosition | null> {
    let due: Awaited<ReturnType<PurgeParts['store']['claimDue']>> = [];
    try {
      due = await this.#parts.store.claimDue(this.#token, this.#now, BATCH_ROWS, after, this.#selection);
      this.#rows = due.map(({ row }) => row);
      return due.at(-1)?.position ?? null;
    } finally {
      if (due.length === 0) this.#watch.stop();
    }
  }

  /** Remove the files, and the directories that this leaves empty. To be settled afterwards, also when it throws. */
  async removeFiles(removals: Limiter, stopped: () => boolean): Promise<void> {
    let broken = false;
    const ends = await Promise.allSettled(
      this.#chunks.map((chunk) =>
        removals.run(async () => {
          if (broken || stopped()) return;
          await this.#removeChunk(chunk).catch((error: unknown) => {
            broken = true;
            throw error;
          });
        }),
      ),
    );
    const error = ends.find((end) => end.status === 'rejected');
    await this.#believe();
    if (error !== undefined) throw error.reason;
    await this.#removeEmptied();
  }

  /** Make the outcomes so in the store, give the claim back, and count what has been settled. */
  async settle(report: PurgeReport): Promise<void> {
    const { store } = this.#parts;
    const outcomes = [...this.#outcomes].map(([row, outcome]) => this.#changeFor(row, outcome));
    const changes = [...outcomes, ...this.#corrections];
    const some = changes.length > 0;
    try {
      const settled = await store.settle(this.#token, changes, { durable: some, patient: some });
      for (const [row, outcome] of this.#outcomes) {
        // A row that this process has changed since its file was removed was ours until then.
        // One that another has changed was taken over from a claim that we lost, and is counted there.
        const ours = settled.has(row.generation) || (isDone(outcome) && this.#watch.touched(row));
        if (ours) count(report, row, outcome);
        else report.kept++;
      }
      report.kept += this.#kept;
    } finally {
      this.#watch.stop();
    }
  }

  #changeFor(row: Expiration, outcome: Outcome): RowChange {
    const { namespace, path, generation: ifGeneration, failures } = row;
    if (isDone(outcome)) return { namespace, path, ifGeneration, remove: true };
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
    return { namespace, path, ifGeneration, retryAt: Math.min(this.#now, this.#parts.clock()) + pause };
  }

  /** How many calls it takes to remove the files. */
  get removals(): number {
    return this.#chunks.length;
  }

  get #chunks(): readonly Expiration[][] {
    this.#cut ??= this.#groups().flatMap((rows) => this.#cutUp(rows));
    return this.#cut;
  }

  /** Rows of one namespace, all of them seen or none. */
  #groups(): Expiration[][] {
    const groups = new Map<string, Expiration[]>();
    for (const row of this.#rows) {
      const group = `${row.namespace}/${row.seen}`;
      const members = groups.get(group);
      if (members === undefined) groups.set(group, [row]);
      else members.push(row);
    }
    return [...groups.values()];
  }

  /** As many of a group as its filesystem removes in one request. One that can't be opened fails for these rows alone. */
  #cutUp(rows: readonly Expiration[]): Expiration[][] {
    try {
      const { namespace = '' } = rows[0] ?? {};
      const size = this.#open(namespace).getMeta().removeBatch;
      return Array.from({ length: Math.ceil(rows.length / size) }, (_, i) =>
        rows.slice(i * size, (i + 1) * size),
      );
    } catch (error) {
      for (const row of rows) this.#outcomes.set(row, { error: asMayflyError(error, row.path) });
      return [];
    }
  }

  async #removeChunk(rows: readonly Expiration[]): Promise<void> {
    const mutex = mutexOf(this.#parts.store);
    const releases: (() => void)[] = [];
    try {
      const held: Expiration[] = [];
      for (const row of rows) {
        // Whoever used the key since it was read has changed the row, or is about to.
        const release = this.#watch.touched(row) ? null : mutex.tryAcquire(row);
        if (release === null) {
          this.#kept++;
          continue;
        }
        releases.push(release);
        if (await this.#isDue(row)) held.push(row);
      }
      if (held.length > 0) await this.#removeHeld(held);
    } finally {
      for (const release of releases) release();
    }
  }

  /** Whether the deadline that holds has passed; a row with another one is corrected. */
  async #isDue(row: Expiration): Promise<boolean> {
    if (row.intent === null) return true;
    let deadline: number | null;
    try {
      deadline = await this.#parts.ledger.effectiveDeadline(row);
    } catch (error) {
      this.#outcomes.set(row, { error: asMayflyError(error, row.path) });
      return false;
    }
    if (deadline !== null && deadline <= this.#now) return true;
    const { namespace, path, generation: ifGeneration, seen } = row;
    const change = { namespace, path, ifGeneration };
    this.#corrections.push(
      deadline === null ? { ...change, remove: true } : { ...change, deadline, intent: null, seen },
    );
    this.#kept++;
    return false;
  }

  async #removeHeld(rows: readonly Expiration[]): Promise<void> {
    const { namespace = '', seen = false } = rows[0] ?? {};
    if (!(await this.#parts.store.isHeld(this.#token))) {
      throw new RemoteConnectionError(undefined, {
        message: 'the connection that held due files for this purge was lost: the next one goes on',
      });
    }
    const paths = rows.map((row) => row.path);
    const outcomes = await this.#open(namespace).removeMany(paths, seen ? { assumePresent: true } : {});
    rows.forEach((row, i) => {
      const { result, error } = outcomes[i] ?? { result: 'failed' };
      const outcome = result === 'failed' ? { error: error ?? new OperationFailed(row.path) } : result;
      this.#outcomes.set(row, outcome);
    });
  }

  /** Only in a storage that is there can a file be missing, or be to blame for a failure. */
  async #believe(): Promise<void> {
    const doubtful = [...this.#outcomes].filter(([, outcome]) => outcome !== 'removed');
    if (doubtful.length === 0) return;
    await this.#parts.storage.verify().catch((error: unknown) => {
      for (const [row] of doubtful) this.#outcomes.delete(row);
      throw error;
    });
    const missing = doubtful.filter(([, outcome]) => outcome === 'missing').map(([row]) => row);
    await forEachLimited(missing, LOOKS_AT_ONCE, (row) => this.#lookAgain(row));
  }

  /** The storage may have been away for just the moment of the removal: what is there now was not missing. */
  async #lookAgain(row: Expiration): Promise<void> {
    try {
      if ((await findInfo(this.#open(row.namespace), row.path)) === null) return;
      this.#outcomes.delete(row);
      this.#kept++;
    } catch (error) {
      this.#outcomes.set(row, { error: asMayflyError(error, row.path) });
    }
  }

  async #removeEmptied(): Promise<void> {
    for (const [namespace, directories] of this.#emptied()) {
      await this.#open(namespace).removeEmptyDirs([...directories]);
    }
  }

  /** Directories that may have become empty, by namespace. */
  #emptied(): Map<string, Set<string>> {
    const emptied = new Map<string, Set<string>>();
    for (const [{ namespace, path }, outcome] of this.#outcomes) {
      if (!isDone(outcome)) continue;
      const directories = emptied.get(namespace) ?? new Set();
      for (const above of ancestors(path)) directories.add(above);
      emptied.set(namespace, directories);
    }
    return emptied;
  }

  #open(namespace: string): Filesystem {
    let filesystem = this.#filesystems.get(namespace);
    if (filesystem === undefined) {
      filesystem = this.#parts.storage.open(namespace);
      this.#filesystems.set(namespace, filesystem);
    }
    return filesystem;
  }
}

function isDone(outcome: Outcome): outcome is 'removed' | 'missing' {
  return typeof outcome === 'string';
}

function count(report: PurgeReport, { namespace, path }: Expiration, outcome: Outcome): void {
  if (isDone(outcome)) {
    report[outcome]++;
    return;
  }
  report.failed++;
  if (report.failures.length < MAX_FAILURES_TOLD)
    report.failures.push({ namespace, path, error: outcome.error });
}

function asMayflyError(error: unknown, path: string): Error {
  return error instanceof MayflyError ? error : new OperationFailed(path, { cause: error });
}
