/**
 * What of an error may go into a log line about a failed request.
 *
 * Logs travel further than the machine that writes them, and what the system,
 * a driver or a bug says in its own words may hold a path of the server, a
 * connection string or a presigned query. So of those errors only the words
 * that come from closed sets are told: name, code and system call. The
 * messages of our own errors are written to be shown, and name nothing but
 * paths within the filesystem.
 */
import { MayflyError } from './errors.js';

/** An error as it may be logged. */
export interface LoggableError {
  /** Of the error's class; the type of what was thrown if it was no error. */
  readonly name: string;
  /** Such as `PermissionDenied`, `EACCES` or `57P01`. */
  readonly code?: string;
  /** System call that failed, such as `open`. */
  readonly syscall?: string;
  /** Of our own errors alone. */
  readonly message?: string;
  /** What the error was caused by, nearest first. */
  readonly causes?: readonly LoggableError[];
}

/** Causes are told so deep; those who are their own cause need an end. */
const MAX_CAUSES = 5;
/** A name that is one word can't be a path, a URL or a key with its value. */
const NAME = /^[A-Za-z_$][\w$]{0,63}$/;
/** Codes of Node, SQLSTATE, SQLite and S3; nothing with a dot or slash in it, and too short for a secret. */
const CODE = /^\w{1,48}$/;
/** Node appends the program to `spawn`, so only a word alone. */
const SYSCALL = /^\w{1,32}$/;

/** What may be logged of whatever was thrown: no foreign message, no stack. */
export function loggable(error: unknown): LoggableError {
  const causes = causesOf(error);
  return causes.length === 0 ? tell(error) : Object.assign(tell(error), { causes });
}

function causesOf(error: unknown): LoggableError[] {
  const causes: LoggableError[] = [];
  for (let cause = read(error, 'cause'); cause !== undefined; cause = read(cause, 'cause')) {
    if (causes.length === MAX_CAUSES) break;
    causes.push(tell(cause));
  }
  return causes;
}

function tell(error: unknown): LoggableError {
  const code = word(read(error, 'code'), CODE);
  const syscall = word(read(error, 'syscall'), SYSCALL);
  // Without a prototype, as pino takes the name of a constructor for the type of an error.
  return Object.assign(Object.create(null) as object, {
    name: word(read(error, 'name'), NAME) ?? (isObject(error) ? 'Error' : typeof error),
    ...(code === undefined ? {} : { code }),
    ...(syscall === undefined ? {} : { syscall }),
    ...(error instanceof MayflyError ? { message: error.message } : {}),
  });
}

function word(value: unknown, pattern: RegExp): string | undefined {
  return typeof value === 'string' && pattern.test(value) ? value : undefined;
}

/** An application may throw anything, also what throws when it is looked at. */
function read(error: unknown, key: 'name' | 'code' | 'syscall' | 'cause'): unknown {
  if (!isObject(error)) return undefined;
  try {
    return (error as Partial<Record<typeof key, unknown>>)[key];
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
