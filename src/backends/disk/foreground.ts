/**
 * When the disk may be asked in the foreground, while everybody waits.
 *
 * What costs is mostly not the disk but the turns of the thread pool: 20 µs and
 * more each, while the kernel tells of what it has in memory in 2 µs on the
 * spot. So what was seen before is looked at again in the foreground. It is
 * changed there only where writes need not be durable: then they end in memory
 * too, but they may meet a journal that is being written, and who wants
 * durability writes it all the time.
 *
 * A slow disk would make everybody wait. Network file systems are never asked
 * there, nor what a link leads to or what is mounted below (but a mount point itself may be, where
 * writes need not be durable, and one that is laid over a directory that was
 * met); and if the root itself takes long, it isn't asked for a while.
 *
 * A fast one would, too, if it were asked without an end: who awaits what was
 * answered at once goes on in the same turn of the event loop, and so would a
 * loop of a thousand writes, with no timer and no request in between. So once
 * some ms have been spent here, all go to the thread pool until the loop has
 * turned.
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

/**
 * After so much time spent the event loop has to turn. It is not reset with each
 * turn but added up over them, as it would cost every turn something to reset
 * it: then now and then a call goes to the pool that need not, one in hundreds.
 */
const MOST_SPENT_MS = 5;

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
   * Whether the disk is known to be fast now. That alone is asked by who answers
   * a request that the event loop has brought: of these no more come than one
   * turn brings, and a pool that is sent some of them makes nobody's answer come
   * sooner.
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
    const isFirstOver = this.#spentMs < MOST_SPENT_MS && this.#spentMs + ms >= MOST_SPENT_MS;
    this.#spentMs += ms;
    if (!isFirstOver) return;
    setImmediate(() => {
      this.#spentMs = 0;
    });
  }
}
