/** A logger whose lines are looked at, as whoever reads a log could see them. */
import { inspect } from 'node:util';
import { pino } from 'pino';
import type { Logger } from '../../src/index.js';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** What pino makes of it, and all that any other logger could find in it. */
  readonly text: string;
}

export class LogLines implements Logger {
  readonly lines: LogLine[] = [];

  readonly debug = this.#collect('debug');
  readonly info = this.#collect('info');
  readonly warn = this.#collect('warn');
  readonly error = this.#collect('error');

  at(...levels: LogLine['level'][]): string[] {
    return this.lines.filter(({ level }) => levels.includes(level)).map(({ text }) => text);
  }

  clear(): void {
    this.lines.length = 0;
  }

  #collect(level: LogLine['level']): (object: object, message: string) => void {
    return (object, message) => {
      // As it is, before pino marks what it has seen.
      const bare = inspect(object, { depth: 12, showHidden: true });
      const written: string[] = [];
      const log = pino({ level: 'trace', base: null }, { write: (line: string) => written.push(line) });
      log[level](object, message);
      this.lines.push({ level, text: [message, bare, ...written].join('\n') });
    };
  }
}
