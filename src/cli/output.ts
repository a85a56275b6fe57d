/** What a command says: text for people, or JSON for machines. Progress goes to a terminal only, on standard error. */
import type { Explanation } from './failure.js';
import { formatCount, formatSize } from './format.js';

const BAR_WIDTH = 24;
const REDRAW_MS = 100;

/** How far a command has come. */
export interface ProgressState {
  /** Files done. */
  files: number;
  /** Bytes done. */
  bytes: number;
  /** Of how many bytes; undefined: not known. */
  totalBytes?: number | undefined;
  /** What is being worked on. */
  what?: string;
}

export class Output {
  json = false;
  #drawn = 0;
  #shown = false;

  /** Say a result: `value` as JSON, or `text` to people. */
  result(value: unknown, text: string): void {
    this.clearProgress();
    process.stdout.write(`${this.json ? JSON.stringify(value) : text}\n`);
  }

  /** A line of a listing; waits where the reader is slow, so that memory stays small. */
  async row(value: unknown, text: string): Promise<void> {
    const line = `${this.json ? JSON.stringify(value) : text}\n`;
    if (!process.stdout.write(line)) await new Promise((resolve) => process.stdout.once('drain', resolve));
  }

  /** Something that people should know, beside the result. */
  note(text: string): void {
    this.clearProgress();
    if (!this.json) process.stderr.write(`${text}\n`);
  }

  failure(error: Explanation, exitCode: number): void {
    this.clearProgress();
    const text = this.json ? JSON.stringify({ error: { ...error, exitCode } }) : `mayfly: ${error.message}`;
    process.stderr.write(`${text}\n`);
  }

  /** Draw the bar anew, now and then. */
  progress({ files, bytes, totalBytes, what }: ProgressState): void {
    const now = Date.now();
    if (this.json || !process.stderr.isTTY || now - this.#drawn < REDRAW_MS) return;
    this.#drawn = now;
    this.#shown = true;
    const done = `${formatCount(files)}, ${formatSize(bytes)}`;
    const line = totalBytes === undefined ? `${done}  ${what ?? ''}` : `${bar(bytes, totalBytes)}  ${done}`;
    process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`);
  }

  clearProgress(): void {
    if (this.#shown) process.stderr.write('\r\x1b[K');
    this.#shown = false;
  }
}

function bar(bytes: number, total: number): string {
  const part = total === 0 ? 1 : Math.min(1, bytes / total);
  const full = Math.round(part * BAR_WIDTH);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_WIDTH - full)}] ${String(Math.floor(part * 100)).padStart(3)} %`;
}
