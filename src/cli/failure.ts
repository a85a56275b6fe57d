/** From an error to what a person or a script is told of it: a sentence and an exit code, never a stack. */
import { MayflyError, OperationTimeout, RemoteConnectionError, ResourceNotFound } from '../errors/errors.js';
import { BadSettings } from '../server/config.js';
import { EXIT } from './exit-codes.js';

/** A command was used wrongly; the message says how it is used. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What is told of an error. */
export interface Explanation {
  code: string;
  message: string;
  path?: string;
}

/** Characters of a cause: some drivers list all that they have tried. */
const MAX_CAUSE = 200;

const USAGE_CODES = new Set(['InvalidOptions', 'InvalidNamespace', 'InvalidPath', 'IllegalBackReference']);

export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError || error instanceof BadSettings || error instanceof RangeError) {
    return EXIT.usage;
  }
  if (error instanceof ResourceNotFound) return EXIT.missing;
  if (error instanceof RemoteConnectionError || error instanceof OperationTimeout) return EXIT.unreachable;
  if (error instanceof MayflyError && USAGE_CODES.has(error.code)) return EXIT.usage;
  return EXIT.failed;
}

export function explain(error: unknown): Explanation {
  if (!(error instanceof Error)) return { code: 'Error', message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  const path = 'path' in error && typeof error.path === 'string' ? { path: error.path } : {};
  return { code, message: oneLine(error), ...path };
}

/** A storage's own words help its operator; they are not for strangers, and here there are none. */
function oneLine(error: Error): string {
  const told = [error.message];
  if (error instanceof MayflyError && error.cause instanceof Error) told.push(`(${shortened(error.cause)})`);
  return told.join(' ').replace(/\s+/g, ' ').trim();
}

function shortened({ message }: Error): string {
  return message.length > MAX_CAUSE ? `${message.slice(0, MAX_CAUSE)}…` : message;
}
