/**
 * What is asked for in one turn of the event loop, done together when it ends:
 * for work that costs less done together than one by one.
 */

/** Also where somebody puts another in its place for a test: what waits for a turn of the event loop needs a real one. */
const { setImmediate } = globalThis;

/** Tasks that wait for the turn, served in the order in which they came. */
export class TurnQueue<Task> {
  readonly #serve: (tasks: readonly Task[]) => number;
  #tasks: Task[] = [];
  #isServing = false;

  /** @param serve does the first of the tasks, one at least, and throws nothing. @returns how many: the others wait for the next turn */
  constructor(serve: (tasks: readonly Task[]) => number) {
    this.#serve = serve;
  }

  get isEmpty(): boolean {
    return this.#tasks.length === 0;
  }

  add(task: Task): void {
    this.#tasks.push(task);
    if (this.#tasks.length === 1) this.#serveSoon();
  }

  /** Do all now that is waiting; nothing where a task asks for it. */
  drain(): void {
    while (!this.isEmpty && !this.#isServing) this.#serveSome();
  }

  /** Wait until all is done that was asked for. */
  async idle(): Promise<void> {
    while (!this.isEmpty) await new Promise((resolve) => setImmediate(resolve));
  }

  #serveSoon(): void {
    setImmediate(() => {
      if (this.isEmpty) return;
      this.#serveSome();
      if (!this.isEmpty) this.#serveSoon();
    });
  }

  #serveSome(): void {
    this.#isServing = true;
    try {
      const served = this.#serve(this.#tasks);
      this.#tasks = this.#tasks.slice(served);
    } finally {
      this.#isServing = false;
    }
  }
}
