/**
 * Work on keys that nobody uses, gathered: who asks in one turn of the event
 * loop is served at its end, together with all others who did, while the store
 * is locked once. Of many small uploads the lock costs more than what is done
 * under it.
 */
import type { Moment } from '../clock/moment.js';
import type { FileKey } from './expiration.js';
import type { ExpirationStore } from './expiration-store.js';
import type { KeyedMutex } from './keyed-mutex.js';

/** So long others may be kept waiting for the store at a time: SQLite sleeps no less before it looks again. */
const LONGEST_LOCK_MS = 1;

interface Task {
  /** @throws what went wrong with the store or the work */
  do(moment: Moment): void;
  fail(error: unknown): void;
}

export class FreeKeys {
  readonly #store: ExpirationStore;
  readonly #mutex: KeyedMutex;
  #tasks: Task[] = [];

  /** @param mutex of the keys, for those who work on them otherwise */
  constructor(store: ExpirationStore, mutex: KeyedMutex) {
    this.#store = store;
    this.#mutex = mutex;
  }

  /**
   * See `ExpirationStore.whileFree`; null also when somebody in this process has the key.
   * @param work waits for nothing; what it looks at may be taken as looked at for all who are served in this moment
   */
  whileFree<T>(key: FileKey, work: (moment: Moment) => T | null): Promise<T | null> {
    const { whileFree } = this.#store;
    if (whileFree === undefined) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      const alone = (moment: Moment) => whileFree.call(this.#store, key, () => work(moment)) as T | null;
      this.#tasks.push({
        do: (moment) => resolve(this.#mutex.runNow(key, () => alone(moment))),
        fail: reject,
      });
      if (this.#tasks.length === 1) this.#serveSoon();
    });
  }

  /** Wait for all who have asked. */
  async idle(): Promise<void> {
    while (this.#tasks.length > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  #serveSoon(): void {
    setImmediate(() => {
      const served = this.#serve();
      this.#tasks = this.#tasks.slice(served);
      if (this.#tasks.length > 0) this.#serveSoon();
    });
  }

  /** @returns how many were served, in order; more than none */
  #serve(): number {
    const moment: Moment = Symbol();
    const end = performance.now() + LONGEST_LOCK_MS;
    let served = 0;
    const serve = (): void => {
      for (const task of this.#tasks) {
        served++;
        serveOne(task, moment);
        if (performance.now() >= end) return;
      }
    };
    try {
      if (this.#store.together === undefined) serve();
      else this.#store.together(serve);
    } catch (error) {
      for (const task of this.#tasks.slice(served)) task.fail(error);
      return this.#tasks.length;
    }
    return served;
  }
}

function serveOne(task: Task, moment: Moment): void {
  try {
    task.do(moment);
  } catch (error) {
    task.fail(error);
  }
}
