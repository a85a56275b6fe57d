/** Doing many things, some at a time. */

/** At most so many at a time; the others wait, in order of coming. */
export class Limiter {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(atATime: number) {
    this.#free = atATime;
  }

  /** Do `work` when it is its turn. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.enter();
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  /** Wait for one's turn. Whoever enters leaves. */
  async enter(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}

/**
 * Run `work` for each item, at most `limit` at once; an item is asked for when
 * there is room for it. After a failure, of `work` or of `items`, nothing new is
 * begun; what is under way is waited for, then the first error is thrown.
 */
export async function forEachLimited<T>(
  items: AsyncIterable<T> | Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const room = new Limiter(limit);
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | null = null;
  const fail = (error: unknown) => {
    failure ??= { error };
  };
  try {
    await room.enter();
    for await (const item of items) {
      // It may have come while the next item was waited for.
      if (failure !== null) break;
      const task: Promise<void> = work(item)
        .catch(fail)
        .finally(() => {
          running.delete(task);
          room.leave();
        });
      running.add(task);
      await room.enter();
      if (failure !== null) break;
    }
  } catch (error) {
    fail(error);
  }
  await Promise.all(running);
  if (failure !== null) throw (failure as { error: unknown }).error;
}
