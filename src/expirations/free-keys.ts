/**
 * Work on keys that nobody uses, gathered: who asks in one turn of the event
 * loop is served at its end, together with all others who did, while the store
 * is locked once. Of many small uploads the lock costs more than what is done
 * under it.
 */
import type { Moment } from '../clock/moment.js';
import { TurnQueue } from '../clock/turn-queue.js';
import { OperationTimeout } from '../errors/errors.js';
import type { FileKey } from './expiration.js';
import type { ExpirationStore } from './expiration-store.js';
import type { KeyedMutex } from './keyed-mutex.js';
import { LockTime } from './lock-time.js';

/** What those have in common who are served together. */
class Batch {
  readonly moment: Moment = Symbol();
  /** How long they have kept others from the store. */
  readonly lock = new LockTime();
}

interface Task {
  /** @throws what went wrong with the store or the work */
  do(batch: Batch): void;
  fail(error: unknown): void;
}

export class FreeKeys {
  readonly #store: ExpirationStore;
  readonly #mutex: KeyedMutex;
  readonly #queue: TurnQueue<Task>;

  /** @param mutex of the keys, for those who work on them otherwise */
  constructor(store: ExpirationStore, mutex: KeyedMutex) {
    this.#store = store;
    this.#mutex = mutex;
    this.#queue = new TurnQueue((tasks) => this.#serve(tasks));
  }

  /**
   * See `ExpirationStore.whileFree`; null also when somebody in this process has the key.
   * @param work waits for nothing; what it looks at may be taken as looked at for all who are served in this moment
   */
  whileFree<T>(key: FileKey, work: (moment: Moment) => T | null): Promise<T | null> {
    const { whileFree } = this.#store;
    if (whileFree === undefined) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      const begin = (batch: Batch): T | null => {
        batch.lock.begin();
        return work(batch.moment);
      };
      const alone = (batch: Batch) => whileFree.call(this.#store, key, () => begin(batch)) as T | null;
      this.#queue.add({
        do: (batch) => {
          resolve(this.#mutex.runNow(key, () => alone(batch)));
          batch.lock.begin(); // Also where the key was not free.
        },
        fail: reject,
      });
    });
  }

  /** Wait for all who have asked. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  /** @returns how many were served, in order; more than none */
  #serve(tasks: readonly Task[]): number {
    const batch = new Batch();
    let served = 0;
    const serve = (): void => {
      for (const task of tasks) {
        served++;
        serveOne(task, batch);
        if (batch.lock.isOver) return;
      }
    };
    try {
      if (this.#store.together === undefined) serve();
      else this.#store.together(serve);
    } catch (error) {
      for (const task of tasks.slice(served)) task.fail(error);
      return tasks.length;
    }
    return served;
  }
}

/** @throws OperationTimeout the store is locked by somebody else */
function serveOne(task: Task, batch: Batch): void {
  try {
    task.do(batch);
  } catch (error) {
    task.fail(error);
    // Who comes after it would wait as long for the lock, and for nothing.
    if (error instanceof OperationTimeout) throw error;
  }
}
