/**
 * When the disk may be asked in the foreground, while everybody waits.
 *
 * What costs is mostly not the disk but the turns of the thread pool: 20 µs and
 * more each, while the kernel tells of what it has in memory in 2 µs on the
 * spot. Asked there are:
 * - a file or directory that was met on the device of the root, again;
 * - whether a name is free in a directory that was met, by who is about to
 *   record its deadline in a database, which writes in the same thread as well;
 * - where writes need not be durable, what is in a directory that was met, and
 *   changes to it: they end in memory too, but may meet a journal that is being
 *   written, and who wants durability writes it all the time.
 *
 * A slow disk would make everybody wait. So never asked there are network file
 * systems, and what a link leads to or what is mounted below. Two looks can't be
 * kept from a mount point, as it shows by the look alone: one for something new
 * in a directory that was met, and one at a directory over which it was laid
 * since. If the root itself takes long, it isn't asked for a while.
 *
 * A fast disk would as well, if it were asked again and again: who awaits what
 * was answered at once goes on in the same turn of the event loop, so that a
 * loop of a thousand writes leaves no room for a timer or a request. So once
 * some ms have been spent here, who asks goes to the thread pool until the event
 * loop has turned. The file cache alone asks on (`isFast`): it answers requests,
 * of which a turn has only as many as have come.
 */
import type { Stats } from './system-calls.js';

/** A call that takes longer is slow, by so many times `SLOW_MS` as it took. */
const NOTICED_MS = 10;
/**
 * So long nobody shall wait in the foreground. One slow call says nothing, as
 * the system may have let another program run in the middle of it; several
 * among few do.
 */
const SLOW_MS = 100;
const MOST_SLOW = 3;
/** By so much of a slow call each fast one makes up for it. */
const FORGIVEN = 1 / 20;
const PAUSE_MS = 5000;

/** After so much time spent here in one turn of the event loop, it has to turn. */
const MOST_SPENT_MS = 5;
/** What is less is added up over the turns, as to begin anew with each would cost each something. */
const WORTH_COUNTING_MS = 1;

/** Directories that are known to be near; the least recently met goes first. */
const MOST_DIRECTORIES = 1000;

export class Foreground {
  #device: number | null = null;
  /** Until when nothing is asked, on the clock of `performance.now()`. */
  #pausedUntil = 0;
  /** Slow calls that have not been made up for. */
  #slow = 0;
  /** Time that was spent on calls since the event loop was made to turn; over the most of it nothing is asked. */
  #spentMs = 0;
  /** It is told when the event loop turns. */
  #turns = false;
  readonly #near = new Set<string>();
  /** Whether writes are on the disk before they are told of. Then nothing is changed here. */
  readonly isDurable: boolean;

  constructor(isDurable: boolean) {
    this.isDurable = isDurable;
  }

  /** From now on what is on this device may be asked. */
  admit(device: number): void {
    this.#device = device;
  }

  /** Whether something was admitted at all: then its inodes are in memory once they are open. */
  get isLocal(): boolean {
    return this.#device !== null;
  }

  /**
   * Whether the disk is known to be fast now. That is enough for who answers a
   * request that the event loop has brought: a turn brings no more of them than
   * have come, and then ends by itself. To send the last of them to the pool
   * would make them slower, and nobody faster.
   */
  get isFast(): boolean {
    return this.#device !== null && performance.now() >= this.#pausedUntil;
  }

  /** Whether something may be asked now. */
  get isOpen(): boolean {
    return this.#spentMs < MOST_SPENT_MS && this.isFast;
  }

  /** Whether something may be changed now. */
  get isOpenForChanges(): boolean {
    return !this.isDurable && this.isOpen;
  }

  /** Whether something is where may be asked. */
  holds({ dev }: Stats): boolean {
    return dev === this.#device;
  }

  /**
   * A directory was met, not in the foreground.
   * @param systemPath by which it is going to be asked for
   * @returns whether it is near: then it may be asked for from now on
   */
  meet(systemPath: string, stats: Stats): boolean {
    if (!this.holds(stats)) return false;
    this.#near.delete(systemPath);
    if (this.#near.size >= MOST_DIRECTORIES) this.#near.delete(this.#near.values().next().value as string);
    this.#near.add(systemPath);
    return true;
  }

  /** Whether a directory was met, and may be asked for now. */
  knows(systemPath: string): boolean {
    return this.#near.has(systemPath) && this.isOpen;
  }

  /** It is not there any more. */
  forget(systemPath: string): void {
    this.#near.delete(systemPath);
  }

  /** Ask, with an eye on the time. Only when one of the above says so. */
  ask<T>(call: () => T): T {
    const asked = performance.now();
    try {
      return call();
    } finally {
      this.#note(asked, performance.now());
    }
  }

  #note(asked: number, answered: number): void {
    const took = answered - asked;
    this.#spend(took);
    if (took <= NOTICED_MS) {
      if (this.#slow > 0) this.#slow = Math.max(0, this.#slow - FORGIVEN);
      return;
    }
    this.#slow += took / SLOW_MS;
    if (this.#slow < MOST_SLOW) return;
    this.#slow = 0;
    this.#pausedUntil = answered + PAUSE_MS;
  }

  #spend(ms: number): void {
    this.#spentMs += ms;
    if (this.#turns || this.#spentMs < WORTH_COUNTING_MS) return;
    this.#turns = true;
    setImmediate(() => {
      this.#turns = false;
      this.#spentMs = 0;
    });
  }
}
