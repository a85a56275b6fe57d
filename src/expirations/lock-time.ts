/** How long others may be kept from a store at a time, if there is more to do: SQLite sleeps no less before it looks again. */
const LONGEST_LOCK_MS = 1;

/** Whether a lock has been held for so long that who has more to do shall let go of it first. */
export class LockTime {
  #end = Number.POSITIVE_INFINITY;

  /** The lock is held from now on at the latest; until then it may have been waited for. To say so again changes nothing. */
  begin(): void {
    this.#end = Math.min(this.#end, performance.now() + LONGEST_LOCK_MS);
  }

  get isOver(): boolean {
    return performance.now() >= this.#end;
  }
}
