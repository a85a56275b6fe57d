/**
 * Says in mayfly's words what the operating system said in its own.
 *
 * The one table of its kind. Names as in errno(3); that a method means another
 * class by a code (`EEXIST` of mkdir) it says where it calls, before this.
 */
import { codeOf } from '../../errors/code-of.js';
import {
  DirectoryNotEmpty,
  FileExists,
  FileExpected,
  FSError,
  InsufficientStorage,
  InvalidPath,
  OperationFailed,
  OperationTimeout,
  PermissionDenied,
  RemoteConnectionError,
  ResourceNotFound,
  ResourceReadOnly,
  Unsupported,
} from '../../errors/errors.js';

type ErrorClass = new (path: string, details: { cause: unknown }) => FSError;

const classes = new Map<string, ErrorClass>([
  ['ENOENT', ResourceNotFound],
  ['ENOTDIR', ResourceNotFound], // A file on the way: what lies below it can't be there.
  ['ELOOP', ResourceNotFound], // Links in a circle lead nowhere.
  ['ENXIO', ResourceNotFound], // A socket or a device without driver: special files are not ours.
  ['ENODEV', ResourceNotFound],
  ['EISDIR', FileExpected],
  ['EEXIST', FileExists],
  ['ENOTEMPTY', DirectoryNotEmpty],
  ['ENAMETOOLONG', InvalidPath],
  ['EILSEQ', InvalidPath], // File systems that take valid UTF-8 only.
  ['EACCES', PermissionDenied],
  ['EPERM', PermissionDenied],
  ['EROFS', ResourceReadOnly],
  ['ENOSPC', InsufficientStorage],
  ['EDQUOT', InsufficientStorage], // The user's quota, not the disk, is full: the same to who writes.
  ['EFBIG', InsufficientStorage], // The file system or a limit of the process allows no file so large.
  ['ETIMEDOUT', OperationTimeout],
  ['ECONNRESET', RemoteConnectionError], // The rest of this group: network file systems.
  ['EHOSTDOWN', RemoteConnectionError],
  ['EHOSTUNREACH', RemoteConnectionError],
  ['ENETDOWN', RemoteConnectionError],
  ['ENETUNREACH', RemoteConnectionError],
  ['ENOTCONN', RemoteConnectionError], // FUSE whose daemon has died.
  ['ESTALE', RemoteConnectionError], // NFS whose export was exchanged.
  ['ENOSYS', Unsupported],
  ['ENOTSUP', Unsupported],
  ['EOPNOTSUPP', Unsupported],
]);

/** Codes by which the system says that nothing is at a path. */
const nothingThere = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'ENODEV']);

/** The code of an error of the operating system; '' for any other. */
export function errnoOf(error: unknown): string {
  const code = codeOf(error);
  return code !== '' && 'syscall' in (error as object) ? code : '';
}

export function saysNothingThere(error: unknown): boolean {
  return nothingThere.has(errnoOf(error));
}

/** Whether the system says that something may not be done, or not by us. */
export function saysRefused(error: unknown): boolean {
  return errnoOf(error) === 'EACCES' || errnoOf(error) === 'EPERM';
}

/**
 * The error to throw for `error`, which came up at `path`. What does not come
 * from the operating system (our own errors, a source's, an abort's reason)
 * passes as it is.
 */
export function translateError(error: unknown, path: string): unknown {
  const code = errnoOf(error);
  if (code === '' || error instanceof FSError) return error;
  const Known = classes.get(code);
  return Known === undefined
    ? new OperationFailed(path, { cause: error })
    : new Known(path, { cause: error });
}

/** Do `work` at `path`, whose errors are told in mayfly's words. */
export async function translated<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translateError(error, path);
  }
}
