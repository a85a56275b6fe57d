/** What the promises of the contract's section 7 say must be there, kept beside the real thing. */

export const START = Date.UTC(2026, 0, 1);
export const PATHS = ['a', 'b', 'd/a', 'd/e/b'] as const;
export type Path = (typeof PATHS)[number];

/** What is known of a path: the content of its file, and its deadline in ms since the epoch. */
export interface Entry {
  content: string | null;
  deadline: number | null;
}

export type State = Record<Path, Entry>;

/** Everything that a user may do to files. */
export type Action =
  | { do: 'write'; path: Path; content: string; seconds: number | null }
  | { do: 'expire'; path: Path; seconds: number | null }
  | { do: 'move'; path: Path; to: Path }
  | { do: 'remove'; path: Path }
  | { do: 'purge' };

export interface Counts {
  removed: number;
  missing: number;
  failed: number;
  kept: number;
}

export class Model {
  now = START;
  /** A process has died: rows of its writes that did not happen may be found due, and then count as kept. */
  crashed = false;
  state: State = Object.fromEntries(
    PATHS.map((path) => [path, { content: null, deadline: null }]),
  ) as unknown as State;

  isDue(path: Path): boolean {
    const { deadline } = this.state[path];
    return deadline !== null && deadline <= this.now;
  }

  /** What a purge that nothing disturbs counts. */
  purgeCounts(): Counts {
    const due = PATHS.filter((path) => this.isDue(path));
    const removed = due.filter((path) => this.state[path].content !== null).length;
    return { removed, missing: due.length - removed, failed: 0, kept: 0 };
  }

  /**
   * The states that an action may leave when its process dies in the middle of
   * it, in the order in which they come about; the last is that of an action that was done.
   */
  outcomes(action: Action): State[] {
    const before = this.state;
    const having = (changes: Partial<State>): State => ({ ...before, ...changes });
    switch (action.do) {
      case 'write': {
        const { path, content, seconds } = action;
        const kept = this.isDue(path) ? null : before[path].deadline;
        const deadline = seconds === null ? kept : this.now + seconds * 1000;
        return [before, having({ [path]: { content, deadline } })];
      }
      case 'expire': {
        const { path, seconds } = action;
        const deadline = seconds === null ? null : this.now + seconds * 1000;
        return [before, having({ [path]: { ...before[path], deadline } })];
      }
      case 'remove': {
        const { path } = action;
        const { deadline } = before[path];
        const gone = { content: null, deadline: null };
        return [before, having({ [path]: { content: null, deadline } }), having({ [path]: gone })];
      }
      case 'move': {
        const { path, to } = action;
        if (path === to || before[path].content === null) return [before];
        const { deadline } = before[path];
        const moved = { [to]: before[path] };
        return [
          before,
          having({ ...moved, [path]: { content: null, deadline } }),
          having({ ...moved, [path]: { content: null, deadline: null } }),
        ];
      }
      case 'purge':
        return this.#purgeOutcomes();
    }
  }

  /** Each due path by itself: untouched, file removed, row forgotten. */
  #purgeOutcomes(): State[] {
    let states: State[] = [this.state];
    for (const path of PATHS.filter((each) => this.isDue(each))) {
      const { deadline } = this.state[path];
      states = [null, deadline]
        .flatMap((left) => states.map((state) => ({ ...state, [path]: { content: null, deadline: left } })))
        .concat(states);
    }
    const done = PATHS.filter((path) => this.isDue(path)).map((path) => [
      path,
      { content: null, deadline: null },
    ]);
    return [...states, { ...this.state, ...Object.fromEntries(done) }];
  }
}
