/**
 * The closed set of errors that mayfly throws.
 *
 * Callers branch on the class or on `code` and never parse a message. A
 * message names the path as the caller gave it (inside the filesystem) and
 * says what to do; what the operating system or a driver said stays in
 * `cause`, where logs can see it and HTTP answers cannot.
 * Names and tree follow pyfilesystem2's `fs.errors`.
 */

export type ErrorCode =
  | 'InvalidOptions'
  | 'InvalidNamespace'
  | 'FilesystemClosed'
  | 'InvalidPath'
  | 'IllegalBackReference'
  | 'NoSysPath'
  | 'OperationFailed'
  | 'PermissionDenied'
  | 'InsufficientStorage'
  | 'RemoteConnectionError'
  | 'OperationTimeout'
  | 'Unsupported'
  | 'RemoveRootError'
  | 'IllegalDestination'
  | 'ResourceNotFound'
  | 'FileExists'
  | 'DirectoryExists'
  | 'DestinationExists'
  | 'FileExpected'
  | 'DirectoryExpected'
  | 'DirectoryNotEmpty'
  | 'ResourceReadOnly';

/** What every error of mayfly is: an `Error` whose `code` is its class's name. */
export abstract class MayflyError extends Error {
  /** The class's name, safe to compare and to show. */
  abstract readonly code: ErrorCode;

  /** The class's name, as `code`. */
  override get name(): string {
    return this.code;
  }
}

/** `createMayfly` was given options it can't work with; the message names every bad key. */
export class InvalidOptions extends MayflyError {
  override readonly code = 'InvalidOptions';
}

/** A namespace name outside `A-Z a-z 0-9 . _ -`, over 128 characters, empty, or starting with a dot. */
export class InvalidNamespace extends MayflyError {
  override readonly code = 'InvalidNamespace';

  /** The name that was refused. */
  readonly namespace: string;

  constructor(namespace: string) {
    super(
      `invalid namespace ${JSON.stringify(namespace.slice(0, 200))}: use 1 to 128 characters of A-Z a-z 0-9 . _ -, not starting with a dot`,
    );
    this.namespace = namespace;
  }
}

/** What an `FSError` may say besides its path. */
export interface FSErrorDetails {
  /** Replaces the class's own message. */
  message?: string;
  /** The error of the system below. */
  cause?: unknown;
}

/** A filesystem refused or failed. */
export abstract class FSError extends MayflyError {
  /** Canonical path in the filesystem that the caller used, where there is one. */
  readonly path: string | undefined;

  constructor(message: string, path?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.path = path;
  }

  /** The same error as a filesystem with other paths tells it: the same class and advice, `path` in place of the old, this one as cause. */
  relocated(path: string): FSError {
    const same = this.constructor as new (path: string, details: FSErrorDetails) => FSError;
    const { message } = this;
    if (this.path === undefined) return new same(path, { message, cause: this });
    // The class's own message may leave out an empty path.
    if (this.path === '' && message === new same('', {}).message) return new same(path, { cause: this });
    return new same(path, { message: message.replaceAll(quote(this.path), () => quote(path)), cause: this });
  }
}

/** The filesystem was used after `close()`. */
export class FilesystemClosed extends FSError {
  override readonly code = 'FilesystemClosed';

  constructor() {
    super('the filesystem is closed: open a new one');
  }
}

/** The path is not expressible here: a control character, a lone surrogate, a component or key too long. */
export class InvalidPath extends FSError {
  override readonly code: ErrorCode = 'InvalidPath';

  constructor(path: string, details: FSErrorDetails = {}) {
    super(details.message ?? `invalid path ${quote(path)}`, path, details.cause);
  }
}

/** The path climbs above its root with `..`. */
export class IllegalBackReference extends FSError {
  override readonly code = 'IllegalBackReference';

  constructor(path: string, details: FSErrorDetails = {}) {
    super(
      details.message ?? `path ${quote(path)} climbs above its root: remove the '..'`,
      path,
      details.cause,
    );
  }
}

/** The filesystem has no path in the operating system for this resource. */
export class NoSysPath extends FSError {
  override readonly code = 'NoSysPath';

  constructor(path: string, details: FSErrorDetails = {}) {
    super(details.message ?? `${quote(path)} has no path in the operating system`, path, details.cause);
  }
}

/** Any failure of the system below that has no class of its own. */
export class OperationFailed extends FSError {
  override readonly code: ErrorCode = 'OperationFailed';

  constructor(path?: string, details: FSErrorDetails = {}) {
    super(
      details.message ?? (path ? `operation on ${quote(path)} failed` : 'operation failed'),
      path,
      details.cause,
    );
  }
}

/** The system below refused for want of rights. */
export class PermissionDenied extends OperationFailed {
  override readonly code = 'PermissionDenied';

  constructor(path?: string, details: FSErrorDetails = {}) {
    super(path, { message: `permission denied${on(path)}`, ...details });
  }
}

/** Disk or quota is full; nothing of the write is left. */
export class InsufficientStorage extends OperationFailed {
  override readonly code = 'InsufficientStorage';

  constructor(path?: string, details: FSErrorDetails = {}) {
    super(path, { message: `no space left${on(path)}`, ...details });
  }
}

/** The storage or the expiration store did not answer; trying again later may work. */
export class RemoteConnectionError extends OperationFailed {
  override readonly code = 'RemoteConnectionError';

  constructor(path?: string, details: FSErrorDetails = {}) {
    super(path, { message: `the storage does not answer${on(path)}`, ...details });
  }
}

/** The storage or the expiration store took too long; trying again later may work. */
export class OperationTimeout extends OperationFailed {
  override readonly code = 'OperationTimeout';

  constructor(path?: string, details: FSErrorDetails = {}) {
    super(path, { message: `the storage took too long${on(path)}`, ...details });
  }
}

/** This filesystem can't do that, whatever the path. */
export class Unsupported extends OperationFailed {
  override readonly code = 'Unsupported';

  constructor(path?: string, details: FSErrorDetails = {}) {
    super(path, { message: `not supported by this filesystem${on(path)}`, ...details });
  }
}

/** `removeDir` of the root, or the removal of a directory that another filesystem is mounted on. */
export class RemoveRootError extends OperationFailed {
  override readonly code = 'RemoveRootError';

  constructor(path = '', details: FSErrorDetails = {}) {
    super(path, { message: 'the root directory can not be removed: removeTree empties it', ...details });
  }
}

/** Copy or move onto itself, or of a directory into itself. */
export class IllegalDestination extends OperationFailed {
  override readonly code = 'IllegalDestination';

  constructor(path: string, details: FSErrorDetails = {}) {
    super(path, { message: `${quote(path)} can not be its own destination`, ...details });
  }
}

/** An error of one resource. Base of the eight classes below. */
export abstract class ResourceError extends FSError {
  constructor(what: string, path: string, details: FSErrorDetails) {
    super(details.message ?? `${quote(path)} ${what}`, path, details.cause);
  }
}

/** Nothing is at the path, or a parent of it is missing. */
export class ResourceNotFound extends ResourceError {
  override readonly code = 'ResourceNotFound';

  constructor(path: string, details: FSErrorDetails = {}) {
    super('not found', path, details);
  }
}

/** A create-only write found a file. */
export class FileExists extends ResourceError {
  override readonly code = 'FileExists';

  constructor(path: string, details: FSErrorDetails = {}) {
    super('exists already', path, details);
  }
}

/** `makeDir` found something at the path. */
export class DirectoryExists extends ResourceError {
  override readonly code = 'DirectoryExists';

  constructor(path: string, details: FSErrorDetails = {}) {
    super('exists already: pass { recreate: true } to accept a directory that is there', path, details);
  }
}

/** `copy` or `move` without `overwrite` found something at the destination. */
export class DestinationExists extends ResourceError {
  override readonly code = 'DestinationExists';

  constructor(path: string, details: FSErrorDetails = {}) {
    super('exists already: pass { overwrite: true } to replace it', path, details);
  }
}

/** A directory is where a file is wanted. */
export class FileExpected extends ResourceError {
  override readonly code = 'FileExpected';

  constructor(path: string, details: FSErrorDetails = {}) {
    super('is a directory, not a file', path, details);
  }
}

/** A file is where a directory is wanted. */
export class DirectoryExpected extends ResourceError {
  override readonly code = 'DirectoryExpected';

  constructor(path: string, details: FSErrorDetails = {}) {
    super('is a file, not a directory', path, details);
  }
}

/** `removeDir` of a directory with something in it. */
export class DirectoryNotEmpty extends ResourceError {
  override readonly code = 'DirectoryNotEmpty';

  constructor(path: string, details: FSErrorDetails = {}) {
    super('is not empty: removeTree removes it with its content', path, details);
  }
}

/** The resource or the whole filesystem is read-only. */
export class ResourceReadOnly extends ResourceError {
  override readonly code = 'ResourceReadOnly';

  constructor(path: string, details: FSErrorDetails = {}) {
    super('is read-only', path, details);
  }
}

function quote(path: string): string {
  return JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path);
}

/** Of the root, which has an empty path, nothing is said. */
function on(path: string | undefined): string {
  return path ? ` (${quote(path)})` : '';
}
