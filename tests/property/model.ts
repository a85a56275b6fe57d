/**
 * What a filesystem is, in as few words as possible: a map from path to text,
 * null for a directory. Written without a look at the backends, so that it can
 * disagree with them.
 */

/** What an operation came to: a value, or the code of an error. */
export type Outcome = { value: unknown } | { error: string };

type Entries = Map<string, string | null>;

const parentOf = (path: string): string => path.split('/').slice(0, -1).join('/');

export class Model {
  readonly #entries: Entries = new Map([['', null]]);

  /** Every path below the root, sorted, with its text. */
  get tree(): [string, string | null][] {
    return [...this.#entries].filter(([path]) => path !== '').sort(([a], [b]) => (a < b ? -1 : 1));
  }

  write(path: string, text: string, overwrite: boolean): Outcome {
    if (this.#isDir(path)) return { error: 'FileExpected' };
    if (this.#has(path) && !overwrite) return { error: 'FileExists' };
    return this.#put(path, text);
  }

  append(path: string, text: string): Outcome {
    const before = this.#entries.get(path);
    if (before === null) return { error: 'FileExpected' };
    return this.#put(path, (before ?? '') + text);
  }

  read(path: string): Outcome {
    const text = this.#entries.get(path);
    if (text === undefined) return { error: 'ResourceNotFound' };
    return text === null ? { error: 'FileExpected' } : { value: text };
  }

  makeDir(path: string, recreate: boolean): Outcome {
    if (this.#has(path)) return recreate && this.#isDir(path) ? done : { error: 'DirectoryExists' };
    return this.#put(path, null);
  }

  makeDirs(path: string): Outcome {
    const parts = path.split('/').filter(Boolean);
    for (let i = 1; i < parts.length; i++) {
      const above = parts.slice(0, i).join('/');
      if (!this.#has(above)) this.#put(above, null);
      if (!this.#isDir(above)) return { error: 'DirectoryExpected' };
    }
    return this.makeDir(path, true);
  }

  remove(path: string): Outcome {
    if (!this.#has(path)) return { error: 'ResourceNotFound' };
    if (this.#isDir(path)) return { error: 'FileExpected' };
    this.#entries.delete(path);
    return done;
  }

  removeDir(path: string): Outcome {
    if (path === '') return { error: 'RemoveRootError' };
    if (!this.#has(path)) return { error: 'ResourceNotFound' };
    if (!this.#isDir(path)) return { error: 'DirectoryExpected' };
    if (this.#below(path).length > 0) return { error: 'DirectoryNotEmpty' };
    this.#entries.delete(path);
    return done;
  }

  removeTree(path: string): Outcome {
    if (!this.#has(path)) return { error: 'ResourceNotFound' };
    if (!this.#isDir(path)) return { error: 'DirectoryExpected' };
    for (const below of this.#below(path)) this.#entries.delete(below);
    if (path !== '') this.#entries.delete(path);
    return done;
  }

  copy(source: string, destination: string, overwrite: boolean): Outcome {
    const refusal = this.#refuseDestination(destination, overwrite);
    if (refusal !== null) return refusal;
    if (source === destination) return { error: 'IllegalDestination' };
    const text = this.#entries.get(source);
    if (text === undefined) return { error: 'ResourceNotFound' };
    return text === null ? { error: 'FileExpected' } : this.#put(destination, text);
  }

  move(source: string, destination: string, overwrite: boolean): Outcome {
    const refusal = this.#refuseDestination(destination, overwrite);
    if (refusal !== null) return refusal;
    const text = this.#entries.get(source);
    if (text === undefined) return { error: 'ResourceNotFound' };
    if (text === null) return { error: 'FileExpected' };
    if (source === destination) return done;
    const outcome = this.#put(destination, text);
    if ('value' in outcome) this.#entries.delete(source);
    return outcome;
  }

  /** Copies and moves of directories are only tried where no file meets a directory: what is left halfway is nobody's promise. */
  copyDir(source: string, destination: string, create: boolean, takeAway: boolean): Outcome | 'open' {
    if (takeAway && source === destination) {
      if (!this.#has(source)) return { error: 'ResourceNotFound' };
      return this.#isDir(source) ? done : { error: 'DirectoryExpected' };
    }
    if (this.#within(source, destination)) return { error: 'IllegalDestination' };
    if (!this.#has(source)) return { error: 'ResourceNotFound' };
    if (!this.#isDir(source)) return { error: 'DirectoryExpected' };
    const made = this.#prepare(destination, create);
    if ('error' in made) return made;
    const brought = this.#below(source).map((from) => ({
      from,
      to: this.#mapped(from, source, destination),
      text: this.#entries.get(from) ?? null,
    }));
    // In place of a directory that it lies in.
    if (brought.some(({ from, to, text }) => text !== null && this.#within(to, from))) {
      return { error: 'FileExpected' };
    }
    const stays = (path: string) => this.#has(path) && !(takeAway && this.#within(source, path));
    if (brought.some(({ to, text }) => stays(to) && this.#isDir(to) !== (text === null))) return 'open';
    if (takeAway) for (const path of [source, ...this.#below(source)]) this.#entries.delete(path);
    for (const { to, text } of brought) this.#entries.set(to, text);
    return done;
  }

  list(path: string): Outcome {
    if (!this.#has(path)) return { error: 'ResourceNotFound' };
    if (!this.#isDir(path)) return { error: 'DirectoryExpected' };
    const names = this.#below(path)
      .filter((below) => parentOf(below) === path)
      .map((below) => below.split('/').at(-1));
    return { value: names.sort() };
  }

  walk(path: string): Outcome {
    if (!this.#has(path)) return { error: 'ResourceNotFound' };
    return this.#isDir(path) ? { value: this.#below(path).sort() } : { error: 'DirectoryExpected' };
  }

  info(path: string): Outcome {
    const text = this.#entries.get(path);
    if (text === undefined) return { error: 'ResourceNotFound' };
    return { value: { isDir: text === null, size: text?.length ?? 0 } };
  }

  /** The destination of a copy of a directory, there or made. */
  #prepare(path: string, create: boolean): Outcome {
    if (create) {
      const outcome = this.makeDir(path, true);
      return 'error' in outcome && outcome.error === 'DirectoryExists'
        ? { error: 'DirectoryExpected' }
        : outcome;
    }
    if (!this.#has(path)) return { error: 'ResourceNotFound' };
    return this.#isDir(path) ? done : { error: 'DirectoryExpected' };
  }

  #refuseDestination(path: string, overwrite: boolean): Outcome | null {
    if (!this.#has(path)) return null;
    if (!overwrite) return { error: 'DestinationExists' };
    return this.#isDir(path) ? { error: 'FileExpected' } : null;
  }

  #put(path: string, text: string | null): Outcome {
    for (let above = parentOf(path); ; above = parentOf(above)) {
      if (this.#isDir(above)) {
        if (above !== parentOf(path)) return { error: 'ResourceNotFound' };
        this.#entries.set(path, text);
        return done;
      }
      if (this.#has(above)) return { error: 'DirectoryExpected' };
    }
  }

  #has(path: string): boolean {
    return this.#entries.has(path);
  }

  #isDir(path: string): boolean {
    return this.#entries.get(path) === null;
  }

  #within(base: string, path: string): boolean {
    return base === '' || path === base || path.startsWith(`${base}/`);
  }

  #below(path: string): string[] {
    return [...this.#entries.keys()].filter((other) => other !== path && this.#within(path, other));
  }

  #mapped(path: string, from: string, to: string): string {
    const rest = from === '' ? path : path.slice(from.length + 1);
    return to === '' ? rest : `${to}/${rest}`;
  }
}

const done: Outcome = { value: null };
