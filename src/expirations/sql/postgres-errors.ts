/**
 * Says in mayfly's words what PostgreSQL, or the way to it, said in its own.
 * Source: "PostgreSQL Error Codes", appendix A of its manual; Node's errno names.
 */
import { codeOf } from '../../errors/code-of.js';
import {
  InsufficientStorage,
  MayflyError,
  OperationFailed,
  OperationTimeout,
  PermissionDenied,
  RemoteConnectionError,
} from '../../errors/errors.js';
import { Rollback } from './script.js';

type Make = (cause: unknown) => OperationFailed;

/** By SQLSTATE, or its class (the first two characters), or Node's code. The first that fits. */
const TABLE: readonly [prefix: string, make: Make][] = [
  ['57014', timeout], // query_canceled: what statement_timeout does
  ['55P03', timeout], // lock_not_available
  ['25P03', timeout], // idle_in_transaction_session_timeout
  ['ETIMEDOUT', timeout],
  ['53100', full], // disk_full
  ['53', unreachable], // insufficient resources: too many connections, out of memory
  ['08', unreachable], // connection exceptions
  ['57P', unreachable], // admin_shutdown, crash_shutdown, cannot_connect_now, database_dropped
  ['28', unreachable], // invalid authorization
  ['3D000', unreachable], // the database does not exist
  ['42501', refused], // insufficient_privilege
  ['25006', refused], // read_only_sql_transaction: a standby
  ['54', tooLarge], // program limit exceeded: a key that no index can hold
  ['ECONN', unreachable],
  ['EPIPE', unreachable],
  ['EHOST', unreachable],
  ['ENET', unreachable],
  ['ENOTFOUND', unreachable],
  ['EAI_', unreachable],
  ['ENOENT', unreachable], // the socket of a server that does not run
];

/** What pg says without a code. */
const MESSAGES: readonly [message: RegExp, make: Make][] = [
  [/timeout/i, timeout],
  [/terminated|not queryable|closed|ended|connection error|SSL|SASL/i, unreachable],
];

/** Errors after which the same script may go through as it stands: it met another one. */
const AGAIN = new Set(['40001', '40P01', '23505']);

export function translatePostgresError(error: unknown): unknown {
  if (error instanceof MayflyError || error instanceof Rollback) return error;
  const code = codeOf(error);
  const byCode = TABLE.find(([prefix]) => code.startsWith(prefix));
  if (byCode !== undefined) return byCode[1](error);
  const message = messageOf(error);
  const byMessage = isSqlState(code) ? undefined : MESSAGES.find(([pattern]) => pattern.test(message));
  if (byMessage !== undefined) return byMessage[1](error);
  return new OperationFailed(undefined, { message: 'the expiration store failed', cause: error });
}

/** The transaction met another one and is undone: serialization failure, deadlock, or the same key at once. */
export function metAnother(error: unknown): boolean {
  return AGAIN.has(codeOf(error));
}

function isSqlState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code);
}

/** No `instanceof Error`, see `codeOf`. Several addresses tried give an error of errors, without a message. */
function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : '';
}

function timeout(cause: unknown): OperationFailed {
  return new OperationTimeout(undefined, { message: 'the expiration store did not answer in time', cause });
}

function unreachable(cause: unknown): OperationFailed {
  return new RemoteConnectionError(undefined, { message: 'the expiration store can not be reached', cause });
}

function full(cause: unknown): OperationFailed {
  return new InsufficientStorage(undefined, { message: 'no space left for the expiration store', cause });
}

function refused(cause: unknown): OperationFailed {
  return new PermissionDenied(undefined, { message: 'the expiration store refused us', cause });
}

function tooLarge(cause: unknown): OperationFailed {
  return new OperationFailed(undefined, {
    message: 'the path is too long for the expiration store: PostgreSQL indexes about 2,600 bytes',
    cause,
  });
}
