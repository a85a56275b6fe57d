/** Says in mayfly's words what SQLite said in its own. Source: "Result and Error Codes", sqlite.org. */
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

/** By primary result code, which an extended one begins with. */
const TABLE: readonly [prefix: string, make: (cause: unknown) => OperationFailed][] = [
  [
    'SQLITE_BUSY',
    (cause) => new OperationTimeout(undefined, { message: 'the expiration store is locked', cause }),
  ],
  ['SQLITE_FULL', full],
  // Its directory is missing, unmounted or not ours; a later try may find it back.
  ['SQLITE_CANTOPEN', unreachable],
  ['SQLITE_IOERR', unreachable],
  ['SQLITE_NOTADB', unreachable],
  ['SQLITE_CORRUPT', unreachable],
  [
    'SQLITE_READONLY',
    (cause) => new PermissionDenied(undefined, { message: 'the expiration store is read-only', cause }),
  ],
  ['SQLITE_PERM', notOurs],
  // What the system says of the log, and of the directory that is made for the database.
  ['EACCES', notOurs],
  ['EPERM', notOurs],
  ['EROFS', notOurs],
  ['EEXIST', unreachable],
  ['ELOOP', unreachable],
  ['ENOTDIR', unreachable],
  ['ENOSPC', full],
  ['EDQUOT', full],
  ['EIO', unreachable],
  ['ENOENT', unreachable],
  [
    'ERR_DLOPEN_FAILED',
    (cause) =>
      new OperationFailed(undefined, {
        message: 'better-sqlite3 was built for another Node.js or system: run npm rebuild better-sqlite3',
        cause,
      }),
  ],
];

/** What `bindings`, by which better-sqlite3 finds its native part, says where there is none; it has no code. */
const NOT_BUILT = /^Could not locate the bindings file/;

export function translateSqliteError(error: unknown): unknown {
  if (error instanceof MayflyError || error instanceof Rollback) return error;
  const code = codeOf(error);
  for (const [prefix, make] of TABLE) if (code.startsWith(prefix)) return make(error);
  const message = NOT_BUILT.test(messageOf(error))
    ? 'better-sqlite3 was not built: allow its install script (npm: allowScripts; pnpm: approve-builds), then rebuild it'
    : 'the expiration store failed';
  return new OperationFailed(undefined, { message, cause: error });
}

/** No `instanceof`: it may be of another realm. */
function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : '';
}

function full(cause: unknown): OperationFailed {
  return new InsufficientStorage(undefined, { message: 'no space left for the expiration store', cause });
}

function notOurs(cause: unknown): OperationFailed {
  return new PermissionDenied(undefined, { message: 'the expiration store is not ours to open', cause });
}

function unreachable(cause: unknown): OperationFailed {
  return new RemoteConnectionError(undefined, {
    message: 'the expiration store can not be opened or read',
    cause,
  });
}
