/**
 * Compares rows with files, for who suspects that somebody else changed the
 * storage, and mends what can be mended. By itself mayfly lets the two drift
 * apart nowhere.
 *
 * What seems wrong is looked at once more with its path held alone, and mended
 * then, so a check may run while everybody works: a write or a removal that is
 * under way looks like one that was broken off.
 */

import { forEachLimited } from '../fs/derived/concurrency.js';
import { optionsChecker } from '../fs/derived/option-types.js';
import { findInfo } from '../fs/derived/read.js';
import type { CheckKind, CheckOptions, CheckReport } from './check-report.js';
import type { Expiration } from './expiration.js';
import { HeldForLong } from './held-keys.js';
import type { PurgeParts } from './purge-report.js';

const PAGE_ROWS = 500;
const LOOKS_AT_ONCE = 16;
const FINDINGS_TOLD = 100;
const DAY_MS = 86_400_000;

const checkTypes = optionsChecker<CheckOptions>({
  fix: 'boolean',
  signal: 'AbortSignal',
  onProgress: 'function',
});

/** What a check works with. */
export interface CheckParts extends PurgeParts {
  /** Names of the namespaces that are in the storage. */
  readonly namespaces: () => AsyncIterable<string>;
  /** Make sure that the storage is still there, as only there a file can be missing. */
  readonly checkPresent: () => Promise<void>;
}

export class Check {
  readonly #parts: CheckParts;
  readonly #options: CheckOptions;
  readonly #report: CheckReport = {
    rows: 0,
    waiting: 0,
    lost: 0,
    unsettled: 0,
    directories: 0,
    leftovers: 0,
    fixed: 0,
    findings: [],
  };

  /** @throws TypeError */
  constructor(parts: CheckParts, options: CheckOptions) {
    checkTypes(options);
    this.#parts = parts;
    this.#options = options;
  }

  /** @throws OperationFailed or a subclass: the storage or the store is not there */
  async run(): Promise<CheckReport> {
    const { storage, store, clock } = this.#parts;
    await storage.verify();
    if (this.#options.fix) await store.releaseDead();
    for await (const namespace of this.#namespaces()) {
      if (this.#stopped) break;
      await this.#checkNamespace(namespace);
    }
    if (!this.#stopped) {
      const dryRun = this.#options.fix !== true;
      this.#report.leftovers = await storage.sweepStaged(new Date(clock() - DAY_MS), { dryRun });
      if (!dryRun) this.#report.fixed += this.#report.leftovers;
    }
    return this.#report;
  }

  async *#namespaces(): AsyncIterable<string> {
    const { store, namespaces } = this.#parts;
    if (store.nextNamespace === undefined) {
      yield* namespaces();
      return;
    }
    for (let next = await store.nextNamespace(''); next !== null; next = await store.nextNamespace(next)) {
      yield next;
    }
  }

  async #checkNamespace(namespace: string): Promise<void> {
    const { store } = this.#parts;
    for (let after = ''; !this.#stopped; ) {
      const paths = await store.findBelow(namespace, '', after, PAGE_ROWS);
      const rows = await store.find(paths.map((path) => ({ namespace, path })));
      await forEachLimited(rows, LOOKS_AT_ONCE, (row) => this.#checkRow(row));
      this.#options.onProgress?.(this.#report);
      const last = paths.at(-1);
      if (last === undefined || paths.length < PAGE_ROWS) return;
      after = last;
    }
  }

  async #checkRow(row: Expiration | null): Promise<void> {
    if (row === null || this.#stopped) return;
    this.#report.rows++;
    const found = await this.#look(row);
    if (found === 'lost' && !row.seen) this.#report.waiting++;
    else if (found !== null && (await this.#isStillSo(found, row))) this.#tell(found, row);
  }

  async #look(row: Expiration): Promise<CheckKind | null> {
    if (row.intent !== null) return 'unsettled';
    const info = await findInfo(this.#parts.storage.open(row.namespace), row.path);
    if (info !== null) return info.isDir ? 'directory' : null;
    await this.#parts.checkPresent();
    return 'lost';
  }

  #tell(kind: CheckKind, { namespace, path }: Expiration): void {
    const fixed = this.#options.fix === true;
    this.#report[kind === 'directory' ? 'directories' : kind]++;
    if (fixed) this.#report.fixed++;
    if (this.#report.findings.length < FINDINGS_TOLD)
      this.#report.findings.push({ kind, namespace, path, fixed });
  }

  /** Look again with everyone else held off, and mend it where that is wanted. @returns whether it was still there to be mended */
  async #isStillSo(kind: CheckKind, { namespace, path }: Expiration): Promise<boolean> {
    const { ledger, store } = this.#parts;
    const fix = this.#options.fix === true;
    const key = { namespace, path };
    let isSo = false;
    try {
      if (kind === 'unsettled') return await ledger.isBrokenOff(key, fix);
      await ledger.forgetIf(key, async () => {
        const [row] = await store.find([key]);
        isSo = row != null && (await this.#look(row)) === kind;
        return isSo && fix;
      });
      return isSo;
    } catch (error) {
      // Whoever works on it lives, so that nothing was broken off.
      if (error instanceof HeldForLong) return false;
      throw error;
    }
  }

  get #stopped(): boolean {
    return this.#options.signal?.aborted === true;
  }
}
