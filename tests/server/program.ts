/** Runs the real program, as `npm start` does, in a directory of its own. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/server/main.js', import.meta.url));

/** A line of the log. */
export type LogLine = Record<string, unknown> & { msg: string };

/** How a program ended. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
}

export class Program {
  readonly directory: string;
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting = new Set<() => void>();
  #stdout = '';
  #stderr = '';

  private constructor(directory: string, env: Record<string, string>) {
    this.directory = directory;
    this.#child = spawn(process.execPath, [MAIN], {
      cwd: directory,
      env: { PATH: process.env.PATH, MAYFLY_PORT: '0', ...env },
    });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#wake();
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.ended = once(this.#child, 'close').then(([code, signal]) => {
      this.#wake();
      return { code, signal, stderr: this.#stderr };
    });
  }

  /** Start the program on a free port; it may end at once if it does not like its settings. */
  static async spawn(env: Record<string, string> = {}): Promise<Program> {
    return new Program(await mkdtemp(join(tmpdir(), 'mayfly-program-')), env);
  }

  /** Start the program and wait until it listens. */
  static async start(env: Record<string, string> = {}): Promise<{ program: Program; url: string }> {
    const program = await Program.spawn(env);
    const line = await program.logged('listening');
    return { program, url: String(line.url) };
  }

  /** All that was logged so far. */
  get log(): LogLine[] {
    const whole = this.#stdout.slice(0, this.#stdout.lastIndexOf('\n') + 1);
    return whole
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LogLine);
  }

  /** Wait for a log line. */
  async logged(msg: string, matches: (line: LogLine) => boolean = () => true): Promise<LogLine> {
    for (;;) {
      const found = this.log.find((line) => line.msg === msg && matches(line));
      if (found !== undefined) return found;
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`the program ended without logging "${msg}": ${this.#stderr}${this.#stdout}`);
      }
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** End it if it runs, and leave nothing on disk. */
  async dispose(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
    await rm(this.directory, { recursive: true, force: true });
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
