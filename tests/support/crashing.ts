import type { PromptWriter } from '../../src/fs/prompt-writer.js';

/** Lets a process "die" at a chosen step: from there on nothing it does has any effect. */

export class Crash extends Error {}

export class CrashPoint {
  /** Steps taken so far. */
  steps = 0;
  dead = false;
  #at = Number.POSITIVE_INFINITY;
  #when: 'before' | 'after' = 'before';

  /** Die at the step of this number from now on, counted from 0, before or after it has its effect. */
  arm(at: number, when: 'before' | 'after'): void {
    this.steps = 0;
    this.#at = at;
    this.#when = when;
  }

  async step<T>(work: () => Promise<T>): Promise<T> {
    if (this.dead) throw new Crash('dead');
    const mine = this.steps++ === this.#at;
    if (mine && this.#when === 'before') this.#die();
    const result = await work();
    if (mine) this.#die();
    if (this.dead) throw new Crash('dead');
    return result;
  }

  /** As `step`, of what happens at once. */
  stepNow<T>(work: () => T): T {
    if (this.dead) throw new Crash('dead');
    const mine = this.steps++ === this.#at;
    if (mine && this.#when === 'before') this.#die();
    const result = work();
    if (mine) this.#die();
    return result;
  }

  #die(): never {
    this.dead = true;
    throw new Crash('died');
  }
}

/** The same object with these methods as steps. What `openNamespace` and `stage` give is wrapped as well. */
export function crashing<T extends object>(target: T, methods: readonly string[], point: CrashPoint): T {
  return new Proxy(target, {
    get(_, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function' || typeof name !== 'string') return member;
      const call = (...args: unknown[]): unknown => Reflect.apply(member, target, args);
      if (name === 'openNamespace')
        return (...args: unknown[]) => crashing(call(...args) as object, methods, point);
      if (name === 'stage') {
        return async (...args: unknown[]) =>
          crashing((await call(...args)) as object, ['publish', 'discard'], point);
      }
      if (name === 'promptWriter') {
        return () => {
          const writer = call() as PromptWriter | null;
          if (writer === null) return null;
          const createNow: PromptWriter['createNow'] = (...how) =>
            point.stepNow(() => writer.createNow(...how));
          return { mostBytes: writer.mostBytes, isReady: true, createNow };
        };
      }
      if (name === 'whileFree' || name === 'publishNow')
        return (...args: unknown[]) => point.stepNow(() => call(...args));
      return methods.includes(name)
        ? (...args: unknown[]) => point.step(() => call(...args) as Promise<unknown>)
        : call;
    },
  });
}
