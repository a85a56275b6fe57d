/** Real processes on one PostgreSQL and one directory. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Mayfly } from '../../src/index.js';
import { createMayfly } from '../../src/index.js';
import type { TestDatabase } from './postgres.js';

const SCRIPT = join(import.meta.dirname, 'fleet-worker.js');
const FIELDS = ['removed', 'missing', 'failed', 'kept'] as const;

export type Sums = Record<(typeof FIELDS)[number], number>;
type Role = 'purger' | 'writer' | 'renewer';
type Line = string | Partial<Sums> | { path: string } | { error: string };

export class FleetProcess {
  readonly lines: Line[] = [];
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #exit: Promise<unknown>;
  #heard: () => void = () => {};

  constructor(role: Role, fleet: Fleet) {
    const args = [SCRIPT, role, fleet.database.url, String(fleet.now), fleet.directoryRoot];
    this.#child = spawn(process.execPath, args);
    this.#child.stderr.pipe(process.stderr);
    this.#exit = once(this.#child, 'close').then(() => this.#heard());
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.lines.push(JSON.parse(line) as Line);
      this.#heard();
    });
  }

  /** Wait until it has said so much. */
  async said(isEnough: (lines: readonly Line[]) => boolean): Promise<void> {
    while (!isEnough(this.lines)) {
      if (this.#child.exitCode !== null) throw new Error(`ended with ${JSON.stringify(this.lines.at(-1))}`);
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  async begin(): Promise<this> {
    await this.said((lines) => lines.includes('ready'));
    this.#child.stdin.write('go\n');
    return this;
  }

  /** Let it finish what it does. */
  async end(): Promise<void> {
    this.#child.stdin.write('end\n');
    await this.said((lines) => lines.includes('done'));
    await this.#exit;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exit;
  }

  /** Paths that it says must be there. */
  get paths(): string[] {
    return this.lines.flatMap((line) => (typeof line === 'object' && 'path' in line ? [line.path] : []));
  }
}

export function sumsOf(purgers: readonly FleetProcess[]): Sums {
  const sums: Sums = { removed: 0, missing: 0, failed: 0, kept: 0 };
  for (const line of purgers.flatMap(({ lines }) => lines)) {
    if (typeof line === 'object' && 'removed' in line)
      for (const field of FIELDS) sums[field] += line[field] ?? 0;
  }
  return sums;
}

export class Fleet {
  readonly now = Date.UTC(2026, 0, 1);
  readonly #processes: FleetProcess[] = [];

  constructor(
    readonly database: TestDatabase,
    readonly directoryRoot: string,
  ) {}

  /** A mayfly in this process on the same files and deadlines. */
  mayfly(): Mayfly {
    return createMayfly({
      storage: { type: 'osfs', directoryRoot: this.directoryRoot, urlRoot: '/files', durable: false },
      expirations: { type: 'postgres', connectionString: this.database.url },
      purge: false,
      clock: () => this.now,
    });
  }

  start(role: Role): FleetProcess {
    const started = new FleetProcess(role, this);
    this.#processes.push(started);
    return started;
  }

  /** Files that are due, past the API: thousands take long there. */
  async seed(namespace: string, paths: readonly string[]): Promise<void> {
    const root = join(this.directoryRoot, namespace);
    const directories = new Set(paths.map((path) => join(root, path, '..')));
    for (const directory of directories) await mkdir(directory, { recursive: true });
    for (const path of paths) await writeFile(join(root, path), 'x');
    await this.database.query(
      `insert into mayfly_expirations (namespace, path, deadline, has_intent, due, seen)
       select $1, path, $2, 0, $2, 1 from unnest($3::text[]) as path`,
      [namespace, this.now - 1000, paths],
    );
  }

  async rowsLeft(namespace: string): Promise<number> {
    const sql = 'select count(*)::int as rows from mayfly_expirations where namespace = $1';
    return (await this.database.query(sql, [namespace]))[0]?.rows as number;
  }

  async dispose(): Promise<void> {
    for (const each of this.#processes) await each.kill();
  }
}
