/**
 * One user of a key at a time, within this process and in order of asking.
 *
 * A claim in the store keeps other processes off; this keeps the rest of this
 * process off, without asking the database again and again.
 */
import type { FileKey } from './expiration.js';
import { keyText } from './expiration.js';

export class KeyedMutex {
  /** Per key in use, the end of its queue. */
  readonly #tails = new Map<string, Promise<void>>();
  /** Sets that every key in use is noted in; see `watch`. */
  readonly #watches = new Set<Set<string>>();

  /** Wait for the keys, then run `work` alone on them. */
  async run<T>(keys: readonly FileKey[], work: () => Promise<T>): Promise<T> {
    // Always in the same order, so that two users of the same two keys can't wait for each other.
    const texts = [...new Set(keys.map(keyText))].sort();
    const releases: (() => void)[] = [];
    try {
      for (const text of texts) releases.push(await this.#acquire(text));
      return await work();
    } finally {
      for (const release of releases) release();
    }
  }

  /** Take the key if nobody has it. @returns how to give it back; null when it is taken */
  tryAcquire(key: FileKey): (() => void) | null {
    const text = keyText(key);
    return this.#tails.has(text) ? null : this.#enter(text);
  }

  /**
   * Do `work`, which waits for nothing, if nobody has the key.
   * @returns null when somebody has it, and nothing was done
   */
  runNow<T>(key: FileKey, work: () => T): T | null {
    const text = keyText(key);
    if (this.#tails.has(text)) return null;
    for (const used of this.#watches) used.add(text);
    return work();
  }

  /** From now on note who uses what. @returns whether a key has been in use at any time since, and how to end it */
  watch(): { touched: (key: FileKey) => boolean; stop: () => void } {
    const used = new Set(this.#tails.keys());
    this.#watches.add(used);
    return {
      touched: (key) => used.has(keyText(key)),
      stop: () => this.#watches.delete(used),
    };
  }

  async #acquire(text: string): Promise<() => void> {
    for (const used of this.#watches) used.add(text);
    const before = this.#tails.get(text);
    const release = this.#enter(text);
    await before;
    return release;
  }

  #enter(text: string): () => void {
    let open: () => void = () => {};
    const previous = this.#tails.get(text) ?? Promise.resolve();
    const turn = new Promise<void>((resolve) => {
      open = resolve;
    });
    const tail = previous.then(() => turn);
    this.#tails.set(text, tail);
    return () => {
      open();
      if (this.#tails.get(text) === tail) this.#tails.delete(text);
    };
  }
}

const mutexes = new WeakMap<object, KeyedMutex>();

/** The mutex of everyone in this process who uses this store object. */
export function mutexOf(store: object): KeyedMutex {
  let mutex = mutexes.get(store);
  if (mutex === undefined) {
    mutex = new KeyedMutex();
    mutexes.set(store, mutex);
  }
  return mutex;
}
