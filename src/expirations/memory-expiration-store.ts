/**
 * The reference store: deadlines in this process's memory, gone with it.
 *
 * Due rows come from a binary heap in which an outdated entry stays until it
 * comes up, so to find one costs the logarithm of the number of rows. What lists
 * (`findBelow`, `nextNamespace`, `overdue`, rows that failed) looks at all that
 * there are, as nothing here is in their order.
 */
import { RemoteConnectionError } from '../errors/errors.js';
import { compareCodePoints, isWithin } from '../path/parts.js';
import type { Expiration, FileKey } from './expiration.js';
import { dueOf, keyText } from './expiration.js';
import type {
  DuePosition,
  DueRow,
  DueSelection,
  ExpirationStore,
  Overdue,
  RowChange,
  SettleOptions,
} from './expiration-store.js';
import { OVERDUE_COUNTED } from './expiration-store.js';

/** Outdated entries that are not worth looking for. */
const SMALL_HEAP = 1000;

interface HeapEntry extends DuePosition {
  readonly text: string;
}

/** Deadlines in the memory of this process, gone with it. */
export class MemoryExpirationStore implements ExpirationStore {
  readonly #rows = new Map<string, Expiration>();
  /** Keys claimed, with the token that claimed them. All of them by this holder: there is no other. */
  readonly #claims = new Map<string, string>();
  /** Keys that each token has claimed; some may have gone over to another since. */
  readonly #claimed = new Map<string, string[]>();
  #heap: HeapEntry[] = [];
  /** Rows that could not be removed, by key, with the moment from which trying again makes sense. */
  readonly #failed = new Map<string, number>();
  #generation = 0;
  #storage: string | null = null;
  #closed = false;

  async ready(): Promise<void> {
    if (this.#closed)
      throw new RemoteConnectionError(undefined, { message: 'the expiration store is closed' });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#claims.clear();
    this.#claimed.clear();
  }

  async bindStorage(identity: string | null): Promise<string | null> {
    await this.ready();
    this.#storage ??= identity;
    return this.#storage;
  }

  async find(keys: readonly FileKey[]): Promise<(Expiration | null)[]> {
    await this.ready();
    return this.#find(keys);
  }

  findNow(key: FileKey): Expiration | null | undefined {
    return this.#closed ? undefined : (this.#rows.get(keyText(key)) ?? null);
  }

  async findBelow(namespace: string, directory: string, after: string, limit: number): Promise<string[]> {
    await this.ready();
    const paths: string[] = [];
    for (const row of this.#rows.values()) {
      if (row.namespace !== namespace || !isWithin(directory, row.path)) continue;
      if (compareCodePoints(row.path, after) > 0) paths.push(row.path);
    }
    return paths.sort(compareCodePoints).slice(0, limit);
  }

  async nextNamespace(after: string): Promise<string | null> {
    await this.ready();
    let next: string | null = null;
    for (const { namespace } of this.#rows.values()) {
      const comesFirst = next === null || compareCodePoints(namespace, next) < 0;
      if (compareCodePoints(namespace, after) > 0 && comesFirst) next = namespace;
    }
    return next;
  }

  async claim(token: string, keys: readonly FileKey[]): Promise<(Expiration | null)[] | null> {
    await this.ready();
    this.#take(token, keys);
    return this.#find(keys);
  }

  whileFree<T>(key: FileKey, work: () => T): T | null {
    const text = keyText(key);
    return this.#closed || this.#claims.has(text) || this.#rows.has(text) ? null : work();
  }

  /** Claims live as long as the process. */
  async isHeld(): Promise<boolean> {
    return !this.#closed;
  }

  async newestGeneration(): Promise<number> {
    await this.ready();
    return this.#generation;
  }

  async claimDue(
    token: string,
    now: number,
    limit: number,
    after: DuePosition | null,
    selection: DueSelection = 'fresh',
  ): Promise<DueRow[]> {
    await this.ready();
    const found =
      selection === 'fresh'
        ? this.#freshDue(now, limit, after)
        : this.#failedDue(now, selection, after).slice(0, limit);
    this.#take(
      token,
      found.map(({ row }) => row),
    );
    return found;
  }

  #freshDue(now: number, limit: number, after: DuePosition | null): DueRow[] {
    const found: DueRow[] = [];
    const putBack: HeapEntry[] = [];
    while (found.length < limit) {
      const entry = this.#heap[0];
      if (entry === undefined || entry.due > now) break;
      popHeap(this.#heap);
      const row = this.#rows.get(entry.text);
      if (row === undefined || row.generation !== entry.generation) continue;
      putBack.push(entry);
      if (this.#claims.has(entry.text) || (after !== null && comparePositions(entry, after) <= 0)) continue;
      found.push({ row, position: { due: entry.due, generation: entry.generation } });
    }
    for (const entry of putBack) pushHeap(this.#heap, entry);
    return found;
  }

  #failedDue(now: number, selection: Exclude<DueSelection, 'fresh'>, after: DuePosition | null): DueRow[] {
    const found: DueRow[] = [];
    for (const [text, retryAt] of this.#failed) {
      const row = this.#rows.get(text) as Expiration;
      const { generation } = row;
      const position = { due: selection === 'ripe' ? retryAt : 0, generation };
      const wanted = selection === 'ripe' ? retryAt <= now : generation <= selection.failedUpTo;
      if (!wanted || (dueOf(row) ?? Number.POSITIVE_INFINITY) > now || this.#claims.has(text)) continue;
      if (after === null || comparePositions(position, after) > 0) found.push({ row, position });
    }
    return found.sort((a, b) => comparePositions(a.position, b.position));
  }

  async settle(
    token: string,
    changes: readonly RowChange[],
    options: SettleOptions = {},
  ): Promise<ReadonlySet<number>> {
    await this.ready();
    const covered = ({ ifGeneration, ...key }: RowChange): boolean =>
      ifGeneration !== undefined || this.#claims.get(keyText(key)) === token;
    if (!changes.every(covered)) {
      throw new RemoteConnectionError(undefined, {
        message: 'the claim on this file does not hold any more',
      });
    }
    const changed = new Set<number>();
    for (const change of changes) {
      const { ifGeneration } = change;
      if (ifGeneration !== undefined) {
        if (this.#rows.get(keyText(change))?.generation !== ifGeneration) continue;
        changed.add(ifGeneration);
      }
      this.#apply(change);
    }
    if (options.keepClaim !== true) this.#giveBack(token);
    return changed;
  }

  async overdue(now: number): Promise<Overdue> {
    await this.ready();
    const dues = [...this.#rows.values()].map(dueOf).filter((due) => due !== null && due <= now) as number[];
    const oldest = dues.reduce((earliest, due) => Math.min(earliest, due), Number.POSITIVE_INFINITY);
    return { count: Math.min(dues.length, OVERDUE_COUNTED), oldest: dues.length === 0 ? null : oldest };
  }

  /** There is nobody else whose claims could outlive them. */
  async releaseDead(): Promise<void> {
    await this.ready();
  }

  #find(keys: readonly FileKey[]): (Expiration | null)[] {
    return keys.map((key) => this.#rows.get(keyText(key)) ?? null);
  }

  #take(token: string, keys: readonly FileKey[]): void {
    if (keys.length === 0) return; // Nobody gives back what was never taken.
    const texts = keys.map(keyText);
    for (const text of texts) this.#claims.set(text, token);
    this.#claimed.set(token, [...(this.#claimed.get(token) ?? []), ...texts]);
  }

  #giveBack(token: string): void {
    for (const text of this.#claimed.get(token) ?? [])
      if (this.#claims.get(text) === token) this.#claims.delete(text);
    this.#claimed.delete(token);
  }

  #apply(change: RowChange): void {
    const text = keyText(change);
    const before = this.#rows.get(text);
    this.#rows.delete(text);
    this.#failed.delete(text);
    if ('remove' in change) return;
    const generation = ++this.#generation;
    if ('retryAt' in change) {
      const row = before as Expiration;
      this.#rows.set(text, { ...row, failures: row.failures + 1, generation });
      this.#failed.set(text, change.retryAt);
      return;
    }
    const { namespace, path, deadline, intent, seen } = change;
    const row: Expiration = { namespace, path, deadline, intent, seen, failures: 0, generation };
    this.#rows.set(text, row);
    const due = dueOf(row);
    if (due === null) return;
    pushHeap(this.#heap, { due, generation, text });
    if (this.#heap.length > 2 * this.#rows.size + SMALL_HEAP) this.#dropOutdated();
  }

  /** So that a row which is renewed again and again takes no more than any other. */
  #dropOutdated(): void {
    const current = this.#heap.filter(
      ({ text, generation }) => this.#rows.get(text)?.generation === generation,
    );
    // Sorted, it is a heap.
    this.#heap = current.sort(comparePositions);
  }
}

function comparePositions(a: DuePosition, b: DuePosition): number {
  return a.due - b.due || a.generation - b.generation;
}

function pushHeap(heap: HeapEntry[], entry: HeapEntry): void {
  let at = heap.push(entry) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (comparePositions(heap[parent] as HeapEntry, entry) <= 0) break;
    heap[at] = heap[parent] as HeapEntry;
    at = parent;
  }
  heap[at] = entry;
}

function popHeap(heap: HeapEntry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (
      child + 1 < heap.length &&
      comparePositions(heap[child + 1] as HeapEntry, heap[child] as HeapEntry) < 0
    )
      child++;
    if (comparePositions(last, heap[child] as HeapEntry) <= 0) break;
    heap[at] = heap[child] as HeapEntry;
    at = child;
  }
  heap[at] = last;
}
