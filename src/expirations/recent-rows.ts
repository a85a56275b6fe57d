/**
 * Rows as they were read a moment ago, for those who ask for them again and
 * again (each request for a file wants to know its deadline).
 *
 * A row is told for a second from when its query was sent, so that is how late
 * a change by another instance may be noticed. Own changes are told to
 * `changed`, and what was read before them is forgotten. While a query is under
 * way the keys that are asked for are collected, and go into the next one.
 */
import type { Expiration, FileKey } from './expiration.js';
import { keyText } from './expiration.js';

const MAX_AGE_MS = 1000;
/** Some hundred bytes each. */
const MAX_ROWS = 10_000;
const KEYS_A_QUERY = 1000;

type Read = (keys: readonly FileKey[]) => Promise<(Expiration | null)[]>;

interface Known {
  readonly row: Expiration | null;
  readonly readAt: number;
}

interface Asked {
  readonly key: FileKey;
  readonly row: Promise<Expiration | null>;
  readonly resolve: (row: Expiration | null) => void;
  readonly reject: (error: unknown) => void;
}

export class RecentRows {
  readonly #read: Read;
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();
  #waiting = new Map<string, Asked>();
  /** Keys of the query under way that may be kept: those that have not been changed since it was sent. */
  #keep = new Set<string>();
  #reading = false;

  /** @param now in ms, on any clock that never goes back */
  constructor(read: Read, now: () => number = () => performance.now()) {
    this.#read = read;
    this.#now = now;
  }

  find(keys: readonly FileKey[]): Promise<(Expiration | null)[]> {
    return Promise.all(keys.map((key) => this.#find(key)));
  }

  /** The row, if it has been read within the last second; else undefined. */
  findNow(key: FileKey): Expiration | null | undefined {
    const known = this.#known.get(keyText(key));
    return known !== undefined && this.#now() - known.readAt < MAX_AGE_MS ? known.row : undefined;
  }

  /** To be called when own changes of these keys are done, or may have been done, before anybody is told of it. */
  changed(keys: Iterable<FileKey>): void {
    for (const key of keys) {
      const text = keyText(key);
      this.#known.delete(text);
      this.#keep.delete(text);
    }
  }

  #find(key: FileKey): Promise<Expiration | null> | Expiration | null {
    const text = keyText(key);
    const known = this.#known.get(text);
    if (known !== undefined && this.#now() - known.readAt < MAX_AGE_MS) return known.row;
    // Never along with a query that is under way: it may have been sent before a change that is done by now.
    let asked = this.#waiting.get(text);
    if (asked === undefined) {
      asked = ask(key);
      this.#waiting.set(text, asked);
      if (!this.#reading) void this.#readWaiting();
    }
    return asked.row;
  }

  async #readWaiting(): Promise<void> {
    this.#reading = true;
    // Once all keys that are asked for in this breath have come together.
    await null;
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting].slice(0, KEYS_A_QUERY);
      for (const [text] of batch) this.#waiting.delete(text);
      await this.#readBatch(batch);
    }
    this.#reading = false;
  }

  async #readBatch(batch: readonly [text: string, asked: Asked][]): Promise<void> {
    this.#keep = new Set(batch.map(([text]) => text));
    const readAt = this.#now();
    try {
      const rows = await this.#read(batch.map(([, { key }]) => key));
      batch.forEach(([text, { resolve }], i) => {
        const row = rows[i] ?? null;
        if (this.#keep.has(text)) this.#remember(text, { row, readAt });
        resolve(row);
      });
    } catch (error) {
      for (const [, { reject }] of batch) reject(error);
    }
  }

  #remember(text: string, known: Known): void {
    this.#known.delete(text);
    // The first of a map is the one that was read the longest ago.
    const [oldest] = this.#known.keys();
    if (this.#known.size >= MAX_ROWS && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(text, known);
  }
}

function ask(key: FileKey): Asked {
  let resolve: Asked['resolve'] = () => {};
  let reject: Asked['reject'] = () => {};
  const row = new Promise<Expiration | null>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { key, row, resolve, reject };
}
