/**
 * A transaction as a generator: it yields queries and is resumed with their
 * rows. The database that runs it decides how: SQLite in one go, without
 * letting anything else of this process in between, another one by awaiting.
 */
import type { Compilable, CompiledQuery } from 'kysely';

export type Script<T> = Generator<CompiledQuery, T, readonly unknown[]>;

/** Run one query inside a script. @returns its rows */
export function* query<Row>(compilable: Compilable<Row>): Script<readonly Row[]> {
  return (yield compilable.compile()) as readonly Row[];
}

export interface RunOptions {
  /** Survive a loss of power once it has resolved; default true. */
  durable?: boolean;
  /** Only reads, so that it holds nobody up; default false. */
  readOnly?: boolean;
}

/** What runs scripts. */
export interface ScriptRunner {
  /** Run as one transaction that sees no other's half. Errors of the driver come out as FSErrors. */
  run<T>(script: () => Script<T>, options?: RunOptions): Promise<T>;
}
