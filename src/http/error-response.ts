/**
 * From errors to answers: the only such table.
 *
 * What a client gets is fixed text. Messages and causes of errors may name
 * paths of this machine, hosts and keys, so they go to the log alone.
 * The form is RFC 9457, "Problem Details for HTTP APIs".
 */
import type { ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { ErrorCode } from '../errors/errors.js';
import { MayflyError } from '../errors/errors.js';
import { send } from './answer.js';
import type { Headers } from './http-problem.js';
import { HttpProblem } from './http-problem.js';

/** Seconds after which a client may try again when storage or store did not answer. */
const RETRY_AFTER_SECONDS = 5;

/** Why a request is not served. */
export interface ErrorAnswer {
  readonly status: number;
  /** One sentence for the person who reads it; no path or secret of the server. */
  readonly detail: string;
  readonly headers?: Headers;
}

type Row = readonly [status: number, detail: string];

const UNEXPECTED: Row = [500, 'Something went wrong here.'];
const EXISTS: Row = [409, 'Something with this name exists already.'];
const UNANSWERED: Row = [503, 'The storage does not answer. Try again later.'];

const ROWS: Readonly<Record<ErrorCode, Row>> = {
  InvalidOptions: UNEXPECTED,
  InvalidNamespace: [404, 'There is nothing here.'],
  FilesystemClosed: [503, 'The service is shutting down.'],
  InvalidPath: [400, 'The path has a name that can not be stored.'],
  IllegalBackReference: [400, 'The path leads out of its namespace.'],
  NoSysPath: UNEXPECTED,
  OperationFailed: UNEXPECTED,
  PermissionDenied: UNANSWERED, // It is the server that may not: credentials or rights for its operator to mend.
  InsufficientStorage: [507, 'There is no space left.'],
  RemoteConnectionError: UNANSWERED,
  OperationTimeout: UNANSWERED,
  Unsupported: [501, 'The storage can not do this.'],
  RemoveRootError: [409, 'The root can not be removed.'],
  IllegalDestination: [409, 'A file can not be its own destination.'],
  ResourceNotFound: [404, 'There is nothing here.'],
  FileExists: EXISTS,
  DirectoryExists: EXISTS,
  DestinationExists: EXISTS,
  FileExpected: [409, 'This is a directory, not a file.'],
  DirectoryExpected: [409, 'This is a file, not a directory.'],
  DirectoryNotEmpty: [409, 'The directory is not empty.'],
  ResourceReadOnly: [403, 'This is read-only.'],
};

/** What a client is told of an error. */
export function answerTo(error: unknown): ErrorAnswer {
  if (error instanceof HttpProblem) return error;
  const [status, detail] = error instanceof MayflyError ? ROWS[error.code] : UNEXPECTED;
  if (status !== 503) return { status, detail };
  return { status, detail, headers: { 'Retry-After': RETRY_AFTER_SECONDS } };
}

/** Send the problem document. An answer that has begun can't be taken back, so it is cut off. */
export function sendError(response: ServerResponse, { status, detail, headers }: ErrorAnswer): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // RFC 9457 section 4.2.1: about:blank says that the status tells it all, and wants its phrase as title.
  const document = { type: 'about:blank', title: STATUS_CODES[status], status, detail };
  const type = { 'Content-Type': 'application/problem+json' };
  send(response, status, { ...headers, ...type }, JSON.stringify(document));
}
