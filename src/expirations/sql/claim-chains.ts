/**
 * Claims of one key that follow each other, each asked for in the turn of the
 * event loop in which the one before was let go of, so that other processes, who
 * look again after a pause, never find it free.
 *
 * A claim on a path without a deadline need not be given back before the end of
 * the turn, together with others: a transaction costs more than what is in it.
 * But whoever wants the key until then takes it over. So only the first of a
 * chain may wait; and a chain that has gone on for long pauses for longer than
 * the others do.
 */
import type { FileKey } from '../expiration.js';
import { keyText } from '../expiration.js';
import { CLAIM_PAUSE_MS } from '../expiration-store.js';

/** After which a chain pauses. */
const LONG_MS = 1000;

interface Link {
  readonly keys: readonly string[];
  /** When the chain began, in ms on the clock that never goes back. */
  readonly since: number;
  readonly isFirst: boolean;
}

export class ClaimChains {
  readonly #now: () => number;
  readonly #links = new Map<string, Link>();
  /** Keys that were done with in this turn, and since when they have been in use. */
  readonly #left = new Map<string, number>();
  #turns = false;

  /** @param now in ms, on any clock that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** How long to leave these keys alone before they are claimed, in ms; mostly 0. */
  pause(keys: readonly FileKey[]): number {
    const since = this.since(keys);
    return since !== undefined && this.#now() - since > LONG_MS ? CLAIM_PAUSE_MS * 1.2 : 0;
  }

  /** Since when the chain goes on that who wants these keys now would continue; undefined: there is none. */
  since(keys: readonly FileKey[]): number | undefined {
    let earliest: number | undefined;
    for (const key of keys) {
      const since = this.#left.get(keyText(key));
      if (since !== undefined) earliest = Math.min(earliest ?? since, since);
    }
    return earliest;
  }

  /** @param since as it was when they were asked for: they are claimed in a later turn */
  claimed(token: string, keys: readonly FileKey[], since: number | undefined): void {
    const isFirst = since === undefined;
    this.#links.set(token, { keys: keys.map(keyText), since: since ?? this.#now(), isFirst });
  }

  /** Whether the claim may be given back at the end of the turn. */
  mayWait(token: string): boolean {
    return this.#links.get(token)?.isFirst === true;
  }

  /** The claim is done with. */
  left(token: string): void {
    const link = this.#links.get(token);
    if (link === undefined) return;
    this.#links.delete(token);
    for (const key of link.keys) this.#left.set(key, link.since);
    if (this.#turns) return;
    this.#turns = true;
    setImmediate(() => {
      this.#turns = false;
      this.#left.clear();
    });
  }
}
