/** Paths held alone while something is done to them: within the process by a mutex, among processes by a claim. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Moment } from '../clock/moment.js';
import { OperationTimeout } from '../errors/errors.js';
import type { Expiration, FileKey } from './expiration.js';
import type { ExpirationStore, RowChange, SettleOptions } from './expiration-store.js';
import { CLAIM_PAUSE_MS } from './expiration-store.js';
import { FreeKeys } from './free-keys.js';
import type { KeyedMutex } from './keyed-mutex.js';
import { mutexOf } from './keyed-mutex.js';

/** How long to wait for a path that another process works on. */
const PATIENCE_MS = 30_000;
const FIRST_PAUSE_MS = 2;

/** Another process has held a path for so long that we gave up waiting. */
export class HeldForLong extends OperationTimeout {}

/** Paths held alone, their rows, and how to change them and let go. */
export interface Held {
  readonly rows: readonly (Expiration | null)[];
  settle(changes: readonly RowChange[], options?: SettleOptions): Promise<void>;
}

/** Claims keys under a token. @returns their rows; null when another process has one */
type Claiming = (token: string) => Promise<(Expiration | null)[] | null>;

export class HeldKeys {
  readonly #store: ExpirationStore;
  readonly #mutex: KeyedMutex;
  readonly #free: FreeKeys;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(store: ExpirationStore) {
    this.#store = store;
    this.#mutex = mutexOf(store);
    this.#free = new FreeKeys(store, this.#mutex);
  }

  /** Hold the keys while `work` runs. What it has not settled at its end is given back. @throws HeldForLong */
  hold<T>(keys: readonly FileKey[], work: (held: Held) => Promise<T>): Promise<T> {
    return this.#hold(keys, (token) => this.#store.claim(token, keys), work);
  }

  /**
   * As `hold`, of one key, with a change that is made as it is claimed; `work` is told the row as it was before.
   * @param changing gives the change for each try to claim it, see `ExpirationStore.claimAndChange`; not asked where
   *   the store has no such way
   */
  holdChanging<T>(
    key: FileKey,
    changing: () => (row: Expiration | null) => RowChange | null,
    work: (held: Held) => Promise<T>,
  ): Promise<T> {
    const store = this.#store;
    const claim: Claiming = (token) =>
      store.claimAndChange === undefined
        ? store.claim(token, [key])
        : store.claimAndChange(token, key, changing());
    return this.#hold([key], claim, work);
  }

  /** See `FreeKeys`. */
  whileFree<T>(key: FileKey, work: (moment: Moment) => T | null): Promise<T | null> {
    return this.#free.whileFree(key, work);
  }

  /** Wait for all that is under way. */
  async idle(): Promise<void> {
    await this.#free.idle();
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  #hold<T>(keys: readonly FileKey[], claim: Claiming, work: (held: Held) => Promise<T>): Promise<T> {
    const running = this.#mutex.run(keys, async () => {
      const token = randomUUID();
      const rows = await patiently(keys, () => claim(token));
      let claimed = true;
      const held: Held = {
        rows,
        settle: async (changes, options = {}) => {
          await this.#store.settle(token, changes, options);
          claimed = options.keepClaim === true;
        },
      };
      try {
        return await work(held);
      } finally {
        // What went wrong before is the thing to tell; the store gives back later what it can't now.
        if (claimed) await held.settle([], { durable: false, lazy: true }).catch(() => {});
      }
    });
    this.#underWay.add(running);
    const done = (): void => void this.#underWay.delete(running);
    running.then(done, done);
    return running;
  }
}

/** Claim again and again, as long as another process holds one of the keys. @throws HeldForLong */
async function patiently(
  keys: readonly FileKey[],
  claim: () => ReturnType<Claiming>,
): Promise<(Expiration | null)[]> {
  const giveUp = performance.now() + PATIENCE_MS;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, CLAIM_PAUSE_MS)) {
    const rows = await claim();
    if (rows !== null) return rows;
    if (performance.now() > giveUp) {
      throw new HeldForLong(keys[0]?.path, {
        message: 'another process works on this file for too long: try again',
      });
    }
    await sleep(pause);
  }
}
