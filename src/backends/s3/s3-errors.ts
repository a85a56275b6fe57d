/**
 * Says in mayfly's words what S3 and its SDK said in theirs.
 *
 * S3 refuses with a status and, in the body, a Code, and the Code says more:
 * 404 is a missing key (the caller's slip) or a missing bucket (the
 * operator's). HEAD has no body, so there the status must do. What never
 * reached S3 has a code of Node or a name of the SDK.
 * Source: Amazon S3 API Reference, "Error responses"; codes of other servers
 * as they were seen.
 */
import { codeOf } from '../../errors/code-of.js';
import {
  FSError,
  InsufficientStorage,
  InvalidPath,
  OperationFailed,
  OperationTimeout,
  PermissionDenied,
  RemoteConnectionError,
  ResourceNotFound,
  Unsupported,
} from '../../errors/errors.js';

type Translation = (path: string, cause: unknown) => FSError;

const notFound: Translation = (path, cause) => new ResourceNotFound(path, { cause });
const unanswered: Translation = (path, cause) => new RemoteConnectionError(path, { cause });
const timeout: Translation = (path, cause) => new OperationTimeout(path, { cause });
const noSpace: Translation = (path, cause) => new InsufficientStorage(path, { cause });
const unsupported: Translation = (path, cause) => new Unsupported(path, { cause });
const denied: Translation = (path, cause) => new PermissionDenied(path, { cause });
const badCredentials: Translation = (path, cause) =>
  new PermissionDenied(path, {
    message: 'S3 refuses the credentials: check key, secret, session token and the clock',
    cause,
  });
const unreachable =
  (message: string): Translation =>
  (path, cause) =>
    new RemoteConnectionError(path, { message, cause });
const otherRegion = unreachable('the bucket is in another region: set region to its own');

const BY_CODE: Readonly<Record<string, Translation>> = {
  NoSuchKey: notFound,
  NotFound: notFound, // The SDK's name for a HEAD's 404.
  NoSuchBucket: unreachable('the bucket does not exist: create it, or correct its name'),
  PermanentRedirect: otherRegion,
  AuthorizationHeaderMalformed: otherRegion,
  IllegalLocationConstraintException: otherRegion,
  AccessDenied: denied,
  AllAccessDisabled: denied,
  InvalidAccessKeyId: badCredentials,
  SignatureDoesNotMatch: badCredentials,
  RequestTimeTooSkewed: badCredentials,
  ExpiredToken: badCredentials,
  InvalidToken: badCredentials,
  InvalidSecurity: badCredentials,
  CredentialsProviderError: (path, cause) =>
    new PermissionDenied(path, {
      message: 'there are no S3 credentials: set awsAccessKeyId and awsSecretAccessKey, or AWS_… variables',
      cause,
    }),
  NoSuchUpload: (path, cause) =>
    new OperationFailed(path, { message: 'the upload was aborted by somebody else: try again', cause }),
  SlowDown: unanswered,
  ServiceUnavailable: unanswered,
  InternalError: unanswered,
  InternalServerError: unanswered,
  OperationAborted: unanswered,
  TimeoutError: timeout,
  RequestTimeout: timeout,
  ETIMEDOUT: timeout,
  ESOCKETTIMEDOUT: timeout,
  KeyTooLongError: (path, cause) =>
    new InvalidPath(path, { message: 'S3 refuses the key as too long', cause }),
  QuotaExceeded: noSpace, // RADOS Gateway
  XMinioStorageFull: noSpace, // MinIO
  NotImplemented: unsupported,
  MethodNotAllowed: unsupported,
  InvalidObjectState: (path, cause) =>
    new OperationFailed(path, { message: 'the object is archived: restore it before it can be read', cause }),
};

/** Nothing on the way answered: the cable, the resolver, the other side. */
const NETWORK =
  /^(?:ECONN|ENOTFOUND|EAI_|EHOST|ENET|EPIPE|EADDRNOTAVAIL|ERR_STREAM_PREMATURE_CLOSE|ERR_TLS|CERT_|DEPTH_|UNABLE_TO|SELF_SIGNED)/;

function byStatus(status: number | undefined): Translation | undefined {
  if (status === undefined) return undefined;
  if (status === 404) return notFound;
  if (status === 401 || status === 403) return denied;
  if (status === 301) return otherRegion;
  if (status === 408) return timeout;
  if (status === 507) return noSpace;
  return status >= 500 || status === 429 ? unanswered : undefined;
}

/** The HTTP status that S3 answered with; undefined when it did not. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  return (error.$metadata as { httpStatusCode?: number } | undefined)?.httpStatusCode;
}

/** S3's Code, or the SDK's or Node's name for what went wrong; the empty string for none. */
export function s3CodeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { name, Code } = error as { name?: unknown; Code?: unknown };
  const named = typeof Code === 'string' && Code !== '' ? Code : name;
  if (typeof named === 'string' && named in BY_CODE) return named;
  return codeOf(error) || wrappedCode(error) || String(named ?? '');
}

/**
 * In another vm context, such as a test runner's, the SDK does not know Node's
 * errors for errors, and wraps them with nothing but their text.
 */
function wrappedCode({ message }: { message?: unknown }): string {
  const [, code, hangUp] =
    /^AWS SDK error wrapper for .*?(?:\b(E[A-Z]{3,})\b|(socket hang up))/.exec(String(message)) ?? [];
  return hangUp === undefined ? (code ?? '') : 'ECONNRESET';
}

/** A precondition of ours did not hold. */
export function isPrecondition(error: unknown): boolean {
  return statusOf(error) === 412;
}

/** Another request on the key came in between: nothing is known yet of what the key has now. */
export function isOvertaken(error: unknown): boolean {
  return statusOf(error) === 409 && s3CodeOf(error) === 'ConditionalRequestConflict';
}

/**
 * @param path of the file or directory concerned
 * @param signal of the call: what an abort caused is told as its reason
 */
export function translateS3Error(error: unknown, path: string, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof FSError || isProgrammingError(error)) return error;
  const code = s3CodeOf(error);
  const status = statusOf(error);
  const known = Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : byStatus(status);
  if (known !== undefined) return known(path, error);
  if (NETWORK.test(code)) return unanswered(path, error);
  return new OperationFailed(path, { cause: error });
}

/** One key's error in the answer to a batch. */
export function translateS3Code(
  code: string | undefined,
  message: string | undefined,
  path: string,
): FSError {
  const cause = new Error(message ?? code ?? 'unknown error');
  const known = code !== undefined && Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
  return known?.(path, cause) ?? new OperationFailed(path, { cause });
}

/** The caller's own slip; the SDK marks its own `TypeError`s of the network with metadata. */
function isProgrammingError(error: unknown): boolean {
  return (
    (error instanceof TypeError || error instanceof RangeError) &&
    statusOf(error) === undefined &&
    !('$metadata' in error) &&
    codeOf(error) === ''
  );
}
