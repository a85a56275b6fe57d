/**
 * A transaction as a generator: it yields queries and is resumed with their
 * rows. The database that runs it decides how: SQLite in one go, without
 * letting anything else of this process in between, another one by awaiting.
 */
import type { Compilable, CompiledQuery, Kysely } from 'kysely';
import type { Schema } from './schema.js';

export type Script<T> = Generator<CompiledQuery, T, readonly unknown[]>;

/**
 * One script after the other, as one.
 *
 * Beside scripts that run for every file, no generator function is made at each call: V8 makes a map for each, which
 * counts as old from the start, and keeps all that the function sees until the whole heap is collected.
 */
export function* inTurn<T>(first: Script<void>, second: Script<T>): Script<T> {
  yield* first;
  return yield* second;
}

/** Run one query inside a script. @returns its rows */
export function* query<Row>(compilable: Compilable<Row>): Script<readonly Row[]> {
  return (yield compilable.compile()) as readonly Row[];
}

/** Stands in a query for what is filled in at each use. */
class Blank {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * A query that is compiled once, and filled in at each use: to compile one takes longer than to run it.
 * @param write must write the same query whatever it is given; it is called once for each database, with blanks
 */
export function prepared<Given extends object, Row>(
  write: (db: Kysely<Schema>, given: Given) => Compilable<Row>,
): (db: Kysely<Schema>, given: Given) => Script<readonly Row[]> {
  const blanks = new Proxy({}, { get: (_, name) => new Blank(String(name)) }) as Given;
  const known = new WeakMap<Kysely<Schema>, CompiledQuery<Row>>();
  return function* (db, given) {
    let compiled = known.get(db);
    if (compiled === undefined) {
      compiled = write(db, blanks).compile();
      known.set(db, compiled);
    }
    const fill = (value: unknown): unknown =>
      value instanceof Blank ? given[value.name as keyof Given] : value;
    return (yield { ...compiled, parameters: compiled.parameters.map(fill) }) as readonly Row[];
  };
}

/** Thrown by a script to undo what it has done; comes out of `run` as it is. */
export class Rollback extends Error {}

export interface RunOptions {
  /** Survive a loss of power once it has resolved; default true. */
  durable?: boolean;
  /** Only reads, so that it holds nobody up; default false. */
  readOnly?: boolean;
  /**
   * When the database goes away, wait for it to come back, and learn whether a
   * commit whose answer was lost went through; default false.
   */
  patient?: boolean;
  /**
   * Fail rather than wait for a lock of another process, where to wait would hold up the thread, and do not wait for
   * the end of the turn either: what was asked for before may be done after it; default false.
   */
  atOnce?: boolean;
  /**
   * Its queries want the first few rows of an order that an index has. Say so where the database might otherwise
   * sort all rows that there are, because it does not know yet how many; default false.
   */
  firstOfMany?: boolean;
}

/** What runs scripts. */
export interface ScriptRunner {
  /**
   * Run as one transaction that sees no other's half. It may be run again from
   * the start when it did not go through, so it must keep nothing outside but
   * what each run sets anew.
   * Errors of the driver come out as FSErrors.
   */
  run<T>(script: () => Script<T>, options?: RunOptions): Promise<T>;
}
