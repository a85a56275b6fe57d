/**
 * How much the namespaces hold, and room in them that is kept for uploads on
 * their way.
 *
 * What is stored is measured by looking, as it changes by purges and by other
 * processes too, and counted on from there. A measurement holds off this
 * process's publishing, so that no upload is counted twice or not at all:
 * whatever has been reserved is either not yet stored or measured. So among
 * the uploads of one process a quota is exact. Others' uploads are seen when
 * the measurement is renewed.
 */
import type { NamespaceFS } from '../namespaces/namespace-filesystem.js';
import { tooLarge } from './http-problem.js';

/** What a namespace may hold. Infinity: no limit. */
export interface Quota {
  readonly maxBytes: number;
  readonly maxFiles: number;
}

/** A measurement is renewed at this age, or when it is so many times as old as it took. */
const FRESH_MS = 5_000;
const COST_FACTOR = 20;
/** A refusal is checked by another look, unless the last one is so many times as old as it took. */
const REFUSAL_FACTOR = 10;
/** Of bodies that come without a length so much is reserved at once, if there is room. */
const STEP_BYTES = 1024 * 1024;
/** The head of a form and of its parts: of a form's length so much at least may be no file. */
const OVERHEAD_BYTES = 64 * 1024;
const MAX_NAMESPACES = 1000;

interface Amount {
  readonly bytes: number;
  readonly files: number;
}

/** The namespaces of one mayfly. */
export class UsageBook {
  readonly #usages = new Map<string, Usage>();

  of(fs: NamespaceFS): Usage {
    let usage = this.#usages.get(fs.namespace);
    if (usage === undefined) {
      if (this.#usages.size >= MAX_NAMESPACES) this.#forgetIdle();
      usage = new Usage();
      this.#usages.set(fs.namespace, usage);
    }
    return usage;
  }

  /** Something was removed or replaced: what was measured is too much. */
  changed(namespace: string): void {
    this.#usages.get(namespace)?.changed();
  }

  #forgetIdle(): void {
    for (const [namespace, usage] of this.#usages) if (usage.idle) this.#usages.delete(namespace);
  }
}

export class Usage {
  #stored: Amount | null = null;
  #reserved: Amount = { bytes: 0, files: 0 };
  #holders = 0;
  #measuredAt = 0;
  #tookMs = 0;
  #changed = false;
  #measuring: Promise<void> | null = null;
  readonly #publishing = new Set<Promise<unknown>>();

  /** Nobody counts on it, so it may be forgotten. */
  get idle(): boolean {
    return this.#holders === 0;
  }

  /** Somebody counts on it until `letGo`: there must be one count for all of them. */
  hold(): void {
    this.#holders++;
  }

  letGo(): void {
    this.#holders--;
  }

  changed(): void {
    this.#changed = true;
  }

  /**
   * Keep room, if there is any.
   * @returns false when there is not
   */
  async take(fs: NamespaceFS, quota: Quota, want: Amount): Promise<boolean> {
    const asked = performance.now();
    if (this.#stored === null || this.#isOld(asked)) await this.#measure(fs);
    for (;;) {
      if (this.#fits(quota, want)) {
        this.give({ bytes: -want.bytes, files: -want.files });
        return true;
      }
      if (this.#isCertain(asked)) return false;
      await this.#measure(fs);
    }
  }

  /** Bytes that could still be taken, as far as is known without looking. */
  room(quota: Quota): number {
    return Math.max(0, quota.maxBytes - (this.#stored?.bytes ?? 0) - this.#reserved.bytes);
  }

  /** Give back what was taken. */
  give({ bytes, files }: Amount): void {
    this.#reserved = { bytes: this.#reserved.bytes - bytes, files: this.#reserved.files - files };
  }

  /** Make visible what room was taken for. While it is done nothing is measured, so in it none may be taken. */
  async publish<T>(publish: () => Promise<T>, stored: (result: T) => Amount): Promise<T> {
    while (this.#measuring !== null) await this.#measuring;
    const publishing = publish();
    this.#publishing.add(publishing);
    try {
      const result = await publishing;
      const { bytes, files } = stored(result);
      this.give({ bytes, files });
      const before = this.#stored;
      if (before !== null) this.#stored = { bytes: before.bytes + bytes, files: before.files + files };
      return result;
    } catch (error) {
      this.#changed = true; // Whatever was published before it failed is not counted.
      throw error;
    } finally {
      this.#publishing.delete(publishing);
    }
  }

  #fits({ maxBytes, maxFiles }: Quota, want: Amount): boolean {
    const stored = this.#stored ?? { bytes: 0, files: 0 };
    return (
      stored.bytes + this.#reserved.bytes + want.bytes <= maxBytes &&
      stored.files + this.#reserved.files + want.files <= maxFiles
    );
  }

  #isOld(now: number): boolean {
    return now - this.#measuredAt > Math.max(FRESH_MS, this.#tookMs * COST_FACTOR);
  }

  /** Whether a refusal needs no other look. */
  #isCertain(asked: number): boolean {
    if (this.#changed) return false;
    return this.#measuredAt >= asked || asked - this.#measuredAt < this.#tookMs * REFUSAL_FACTOR;
  }

  #measure(fs: NamespaceFS): Promise<void> {
    this.#measuring ??= this.#look(fs).finally(() => {
      this.#measuring = null;
    });
    return this.#measuring;
  }

  async #look(fs: NamespaceFS): Promise<void> {
    await Promise.allSettled(this.#publishing);
    const began = performance.now();
    this.#changed = false;
    let [bytes, files] = [0, 0];
    for await (const { isDir, size } of fs.scanTree('')) {
      if (isDir) continue;
      bytes += size;
      files++;
    }
    this.#stored = { bytes, files };
    this.#measuredAt = began;
    this.#tookMs = performance.now() - began;
  }
}

/** The room that one request has. */
export class Reservation {
  readonly #usage: Usage;
  readonly #fs: NamespaceFS;
  readonly #quota: Quota;
  #bytes = 0;
  #files = 0;
  #usedBytes = 0;
  #usedFiles = 0;
  #isClosed = false;

  constructor(book: UsageBook, fs: NamespaceFS, quota: Quota) {
    this.#usage = book.of(fs);
    this.#usage.hold();
    this.#fs = fs;
    this.#quota = quota;
  }

  /**
   * Keep room before a body is read.
   * @param bytes that the client announced; NaN: it did not
   * @param isForm some of them are no file's
   * @throws HttpProblem 413: there is no room
   */
  async open(bytes: number, isForm: boolean): Promise<void> {
    if (Number.isNaN(bytes)) return;
    if (await this.#take({ bytes, files: 0 })) return;
    const room = this.#usage.room(this.#quota);
    if (!isForm || bytes - OVERHEAD_BYTES > room) throw full();
    if (!(await this.#take({ bytes: Math.min(bytes, room), files: 0 }))) throw full();
  }

  /** @throws HttpProblem 413 */
  async useFile(): Promise<void> {
    this.#usedFiles++;
    if (this.#usedFiles > this.#files && !(await this.#take({ bytes: 0, files: 1 }))) throw full();
  }

  /** @throws HttpProblem 413 */
  async useBytes(bytes: number): Promise<void> {
    this.#usedBytes += bytes;
    const lacking = this.#usedBytes - this.#bytes;
    if (lacking <= 0) return;
    if (lacking < STEP_BYTES && (await this.#take({ bytes: STEP_BYTES, files: 0 }))) return;
    // Others may have waited as we did, so what is lacking is asked anew.
    const rest = this.#usedBytes - this.#bytes;
    if (rest > 0 && !(await this.#take({ bytes: rest, files: 0 }))) throw full();
  }

  /** All has arrived: others may have what was kept and is not needed, such as for the heads of a form. */
  trim(): void {
    const bytes = Math.max(0, this.#bytes - this.#usedBytes);
    this.#usage.give({ bytes, files: 0 });
    this.#bytes -= bytes;
  }

  /** Make the files visible for which room was kept. */
  publish<T>(publish: () => Promise<T>, stored: (result: T) => Amount): Promise<T> {
    return this.#usage.publish(publish, (result) => {
      const amount = stored(result);
      this.#bytes -= amount.bytes;
      this.#files -= amount.files;
      return amount;
    });
  }

  /** Give back what is left, also of what is being asked for; once. */
  close(): void {
    this.#isClosed = true;
    this.#usage.letGo();
    this.#usage.give({ bytes: this.#bytes, files: this.#files });
    this.#bytes = 0;
    this.#files = 0;
  }

  async #take(want: Amount): Promise<boolean> {
    if (this.#isClosed || !(await this.#usage.take(this.#fs, this.#quota, want))) return false;
    // An upload may be given up while looking for its room takes its time: its meter does not hear of it.
    if (this.#isClosed) {
      this.#usage.give(want);
      return false;
    }
    this.#bytes += want.bytes;
    this.#files += want.files;
    return true;
  }
}

function full(): Error {
  return tooLarge('There is no room for this in its namespace.');
}
