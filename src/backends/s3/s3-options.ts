/** What `S3FS` accepts, and what it makes of it. */
import type { S3Client } from '@aws-sdk/client-s3';
import { InvalidOptions, MayflyError } from '../../errors/errors.js';
import { MIN_PART_BYTES } from './limits.js';
import { KeySpace } from './object-key.js';
import type { S3ClientOptions } from './s3-client.js';

/** Where the objects are, and how to reach them. */
export interface S3FSOptions extends S3ClientOptions {
  /** Must exist. */
  bucket: string;
  /** What the keys of all files begin with; slashes at its ends mean nothing. Default: nothing. */
  prefix?: string;
  /** A client of one's own, which stays its owner's to destroy; the options above it are not for use with it. */
  client?: S3Client;
  /**
   * Look before writing whether the directory is there and no directory is in
   * the way, which costs two requests; default true. With false a write is one
   * request, missing directories are no error, and a path can be a file and a
   * directory (the file is then what it leads to). By the name of
   * pyfilesystem2's `S3FS(strict)`.
   */
  strict?: boolean;
  /** Bytes up to which a file is one request, and of the parts of larger ones; from 5 MiB, default 8 MiB. A file has at most 10 000 parts. */
  partSize?: number;
}

/** Options that were checked, with every default filled in. */
export interface ResolvedS3Options extends Omit<S3FSOptions, 'prefix'> {
  readonly strict: boolean;
  readonly partSize: number;
  readonly keys: KeySpace;
}

const DEFAULT_PART_BYTES = 8 * 1024 ** 2;

/** @throws InvalidOptions with one line that names every bad key and what it wants */
export function resolveS3Options(options: S3FSOptions): ResolvedS3Options {
  const problems = problemsOf(options);
  if (problems.length > 0) throw new InvalidOptions(`invalid options: ${problems.join('; ')}`);
  const { prefix = '', strict = true, partSize = DEFAULT_PART_BYTES, ...rest } = options;
  return { ...rest, strict, partSize, keys: KeySpace.ofPrefix(prefix) };
}

/** The same for two filesystems over one bucket, as far as their options tell. */
export function storageOf({ client, endpoint = '', bucket }: ResolvedS3Options): string {
  return `s3 ${client === undefined ? endpoint : clientName(client)} ${bucket}`;
}

const clientNames = new WeakMap<S3Client, string>();
let clients = 0;

/** Clients can't be asked in one step where they lead, so each is a world of its own. */
function clientName(client: S3Client): string {
  const known = clientNames.get(client);
  if (known !== undefined) return known;
  clients += 1;
  clientNames.set(client, `client ${clients}`);
  return `client ${clients}`;
}

const TYPES: readonly (readonly [keyof S3FSOptions, 'string' | 'boolean'])[] = [
  ['region', 'string'],
  ['endpoint', 'string'],
  ['forcePathStyle', 'boolean'],
  ['awsAccessKeyId', 'string'],
  ['awsSecretAccessKey', 'string'],
  ['strict', 'boolean'],
];

function problemsOf(options: S3FSOptions): string[] {
  if (typeof options !== 'object' || options === null)
    return ["options must be an object such as { bucket: 'my-bucket' }"];
  const { bucket, prefix = '', partSize = MIN_PART_BYTES, awsAccessKeyId, awsSecretAccessKey } = options;
  const problems: string[] = [];
  if (typeof bucket !== 'string' || bucket === '') problems.push('bucket must be the name of a bucket');
  if (!isPrefix(prefix)) problems.push("prefix must be a path without '..' and control characters");
  if ((awsAccessKeyId === undefined) !== (awsSecretAccessKey === undefined)) {
    problems.push('awsAccessKeyId and awsSecretAccessKey must be given together');
  }
  if (!Number.isSafeInteger(partSize) || partSize < MIN_PART_BYTES) {
    problems.push(`partSize must be a whole number of at least ${MIN_PART_BYTES} bytes`);
  }
  for (const [name, type] of TYPES) {
    if (options[name] === undefined || typeof options[name] === type) continue;
    problems.push(`${name} must be ${type === 'string' ? 'a string' : 'true or false'}`);
  }
  return problems;
}

/** Whether the keys of files can begin with it. */
export function isPrefix(prefix: unknown): boolean {
  try {
    KeySpace.ofPrefix(prefix as string);
    return true;
  } catch (error) {
    if (error instanceof MayflyError || error instanceof TypeError) return false;
    throw error;
  }
}
