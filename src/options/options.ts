/**
 * What `createMayfly` accepts, checked whole before anything is opened: one
 * error names every key that is wrong, and a key that is not known is wrong,
 * for a typo must not silently mean "deadlines in memory".
 */
import { z } from 'zod';
import type { S3FSOptions } from '../backends/s3/s3-options.js';
import { isPrefix } from '../backends/s3/s3-options.js';
import type { Clock } from '../clock/clock.js';
import { systemClock } from '../clock/clock.js';
import { InvalidOptions } from '../errors/errors.js';
import type { ExpirationStore } from '../expirations/expiration-store.js';
import { isCronExpression } from '../expirations/purge-schedule.js';
import { Filesystem } from '../fs/filesystem.js';
import type { Logger } from '../logger/logger.js';
import { silentLogger } from '../logger/logger.js';
import { isSecret, MIN_SECRET_BYTES } from '../urls/signing-key.js';
import { isUrlRoot, trimUrlRoot } from '../urls/url-root.js';

/** Files in a directory of this machine. */
export interface OSFSStorage {
  /** The kind of storage. */
  type: 'osfs';
  /** Directory that holds the namespaces; made at first use. */
  directoryRoot: string;
  /** URL base of the served files: a path (`/files`) or an absolute http(s) URL. */
  urlRoot: string;
  /** Sync data and directory to disk before a write resolves; default true. Writes are atomic either way. */
  durable?: boolean;
  /** Memory in bytes for small files that are served; default 64 MiB, 0 for none. */
  cacheBytes?: number;
}

/** Files in this process's memory. */
export interface MemoryFSStorage {
  /** The kind of storage. */
  type: 'memoryfs';
  /** URL base of the served files: a path (`/files`) or an absolute http(s) URL. */
  urlRoot: string;
}

/** Objects in an S3 bucket. */
export interface S3FSStorage extends Omit<S3FSOptions, 'strict' | 'partSize'> {
  /** The kind of storage. */
  type: 's3fs';
  /** URL base of the router's own URLs, which redirect. Default none: files have presigned URLs only. */
  urlRoot?: string;
}

/** A filesystem of one's own. */
export interface CustomStorage {
  /** Any filesystem; whoever opened it closes it. */
  filesystem: Filesystem;
  /** URL base of the served files: a path (`/files`) or an absolute http(s) URL. */
  urlRoot: string;
}

/** Where files are kept. */
export type StorageOptions = OSFSStorage | S3FSStorage | MemoryFSStorage | CustomStorage;

/** Deadlines in an SQLite file (`:memory:` included), for the processes of one machine. */
export interface SqliteExpirations {
  /** The kind of store. */
  type: 'sqlite';
  /** Path of the database, made when it is missing; `:memory:` keeps nothing. */
  path: string;
}

/** Deadlines in PostgreSQL (13 or later), for any number of machines. */
export interface PostgresExpirations {
  /** The kind of store. */
  type: 'postgres';
  /** `postgres://user:password@host:port/database`, as libpq takes it. */
  connectionString: string;
}

/** Deadlines in a store of one's own. */
export interface ExpirationsInStore {
  /** Any store; whoever opened it closes it. */
  store: ExpirationStore;
}

/** Where deadlines are kept: in a database, or in a store of one's own. */
export type ExpirationsOptions = SqliteExpirations | PostgresExpirations | ExpirationsInStore;

/** How URLs of our own are signed. */
export interface UrlsOptions {
  /**
   * Of 32 bytes or more each; the first signs, all verify. To change it, put a new one
   * first, and drop the old one when the last URL that it signed has ended.
   */
  secrets: readonly string[];
  /** Refuse to serve a file by a URL that is not signed, and sign every URL; default false. */
  required?: boolean;
}

/** `directoryRoot` as `directory_root`. */
type InSnakeCase<Name> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${InSnakeCase<Rest>}`
  : Name;

/** Options with their keys in camelCase, or all of them in snake_case, as a settings block of django-pyfs has them. */
export type EitherSpelling<Options> =
  | Options
  | (Options extends object ? { [Key in keyof Options as InSnakeCase<Key>]: Options[Key] } : never);

/** Options of `createMayfly`. The snake_case spelling of any key is accepted as well. */
export interface MayflyOptions {
  /** Where files are kept. */
  storage: EitherSpelling<StorageOptions>;
  /** Where deadlines are kept; default an SQLite database in memory, with a warning where files outlive it. */
  expirations?: EitherSpelling<ExpirationsOptions>;
  /** When to purge, as a node-cron expression in UTC; default every minute. False: never, call `expireObjects` yourself. */
  purge?:
    | {
        /** A cron expression, with seconds if it has six fields. */
        schedule: string;
      }
    | false;
  /** Signed URLs of our own; default none, so that URLs work for everybody and for ever. */
  urls?: UrlsOptions;
  /** Ms since the epoch; default `Date.now`. */
  clock?: Clock;
  /** Default: silent. */
  logger?: Logger;
}

/** Options with every default filled in. */
export interface ResolvedOptions {
  storage: StorageOptions;
  /** Null: the default, a database in memory. */
  expirations: ExpirationsOptions | null;
  purge: { schedule: string } | false;
  /** Null: URLs are not signed. */
  urls: Required<UrlsOptions> | null;
  clock: Clock;
  logger: Logger;
}

const DEFAULT_SCHEDULE = '* * * * *';

const text = z.string({ error: 'must be a string' }).min(1, 'must not be empty');
const urlRoot = text
  .refine(isUrlRoot, "must be a path that starts with '/', or an absolute http(s) URL, without a query")
  .transform(trimUrlRoot);

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function isHttpUrl(value: string): boolean {
  return /^https?:\/\//i.test(value) && URL.canParse(value);
}

/** Either is nothing without the other. */
const KEY_PAIR = [
  ['awsAccessKeyId', 'awsSecretAccessKey'],
  ['awsSecretAccessKey', 'awsAccessKeyId'],
] as const;

/** @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS */
export function isPostgresUrl(value: string): boolean {
  return /^postgres(ql)?:\/\//.test(value);
}

function hasMethods(value: unknown, names: readonly string[]): boolean {
  return (
    typeof value === 'object' && value !== null && names.every((name) => isFunction(Reflect.get(value, name)))
  );
}

const storageByType = {
  osfs: z.strictObject({
    type: z.literal('osfs'),
    directoryRoot: text,
    urlRoot,
    durable: z.boolean({ error: 'must be true or false' }).default(true),
    cacheBytes: z.int({ error: 'must be a whole number of bytes' }).min(0, 'must be 0 or more').optional(),
  }),
  memoryfs: z.strictObject({ type: z.literal('memoryfs'), urlRoot }),
  s3fs: z
    .strictObject({
      type: z.literal('s3fs'),
      bucket: text,
      prefix: z.custom<string>(isPrefix, "must be a path without '..' and control characters").optional(),
      region: text.optional(),
      endpoint: text.refine(isHttpUrl, 'must be an http(s) URL').optional(),
      forcePathStyle: z.boolean({ error: 'must be true or false' }).optional(),
      awsAccessKeyId: text.optional(),
      awsSecretAccessKey: text.optional(),
      client: z
        .custom<S3FSOptions['client']>(
          (value) => hasMethods(value, ['send', 'destroy']),
          'must be an S3Client of @aws-sdk/client-s3',
        )
        .optional(),
      urlRoot: urlRoot.optional(),
    })
    .check(({ value, issues }) => {
      for (const [key, other] of KEY_PAIR) {
        if (value[key] === undefined || value[other] !== undefined) continue;
        issues.push({ code: 'custom', input: value, path: [other], message: `is required with ${key}` });
      }
    }),
};

const customStorage = z.strictObject({
  filesystem: z.instanceof(Filesystem, { error: 'must be a Filesystem' }),
  urlRoot,
});

const expirationsByType = {
  sqlite: z.strictObject({ type: z.literal('sqlite'), path: text }),
  postgres: z.strictObject({
    type: z.literal('postgres'),
    connectionString: text.refine(
      isPostgresUrl,
      "must be a URL such as 'postgres://user:password@host:5432/database'",
    ),
  }),
};

const STORE_METHODS = [
  'ready',
  'close',
  'bindStorage',
  'find',
  'findBelow',
  'claim',
  'isHeld',
  'newestGeneration',
  'claimDue',
  'settle',
  'releaseDead',
  'overdue',
];
const customExpirations = z.strictObject({
  store: z.custom<ExpirationStore>((value) => hasMethods(value, STORE_METHODS), 'must be an ExpirationStore'),
});

const storage = chosen((value) => {
  if ('filesystem' in value) return customStorage;
  const { type } = value;
  return type === 'osfs' || type === 's3fs' || type === 'memoryfs' ? storageByType[type] : null;
}, "must be 'osfs', 's3fs' or 'memoryfs' (or pass a filesystem)");

const expirations = chosen((value) => {
  if ('store' in value) return customExpirations;
  return value.type === 'sqlite' || value.type === 'postgres' ? expirationsByType[value.type] : null;
}, "must be 'sqlite' or 'postgres' (or pass a store)");

const SECRET_WANTS = `must have at least ${MIN_SECRET_BYTES} bytes: make one with "openssl rand -base64 32"`;
const urls = z.strictObject(
  {
    secrets: z
      .array(z.string({ error: 'must be a string' }).refine(isSecret, SECRET_WANTS), {
        error: 'must be a list of strings',
      })
      .min(1, `must have one secret at least: make one with "openssl rand -base64 32"`),
    required: z.boolean({ error: 'must be true or false' }).default(false),
  },
  { error: 'must be { secrets: a list of strings, required: true or false }' },
);

const schema = z.strictObject({
  storage,
  expirations: expirations.optional().transform((value) => value ?? null),
  purge: z
    .union(
      [
        z.literal(false),
        z.strictObject({
          schedule: text.refine(isCronExpression, "must be a cron expression such as '* * * * *'"),
        }),
      ],
      { error: "must be { schedule: a cron expression such as '* * * * *' }, or false" },
    )
    .default({ schedule: DEFAULT_SCHEDULE }),
  urls: urls.optional().transform((value) => value ?? null),
  clock: z
    .custom<Clock>(isFunction, 'must be a function that returns ms since the epoch')
    .default(() => systemClock),
  logger: z
    .custom<Logger>(
      (value) => hasMethods(value, ['debug', 'info', 'warn', 'error']),
      'must have debug, info, warn and error',
    )
    .default(silentLogger),
});

/**
 * @throws InvalidOptions with one line that names every bad key and what it wants
 */
export function resolveOptions(options: unknown): ResolvedOptions {
  const problems: string[] = [];
  const parsed = schema.safeParse(camelCased(options, '', problems), { reportInput: true });
  if (!parsed.success) {
    for (const issue of parsed.error.issues) problems.push(...describeIssue(issue, options));
  }
  if (problems.length > 0) throw new InvalidOptions(`invalid options: ${problems.join('; ')}`);
  return parsed.data as ResolvedOptions;
}

/** A schema that depends on the value's own `type`, so that what is told is about that type alone. */
function chosen(choose: (value: Record<string, unknown>) => z.ZodType | null, typeError: string) {
  return z.unknown().transform((value, context) => {
    if (!isPlainObject(value)) {
      context.addIssue({
        code: 'custom',
        message: value === undefined ? 'is required' : 'must be an object',
      });
      return z.NEVER;
    }
    const schemaOfType = choose(value);
    if (schemaOfType === null) {
      context.addIssue({ code: 'custom', path: ['type'], message: typeError });
      return z.NEVER;
    }
    const parsed = schemaOfType.safeParse(value, { reportInput: true });
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) {
      for (const { path, message } of splitIssue(issue)) context.addIssue({ code: 'custom', path, message });
    }
    return z.NEVER;
  });
}

interface Problem {
  path: PropertyKey[];
  message: string;
}

function splitIssue(issue: z.core.$ZodIssue): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: 'is not a known option' }));
  }
  const missing = issue.code === 'invalid_type' && issue.input === undefined;
  return [{ path: issue.path, message: missing ? 'is required' : issue.message }];
}

function describeIssue(issue: z.core.$ZodIssue, options: unknown): string[] {
  return splitIssue(issue).map(
    ({ path, message }) => `${asWritten(path, options).join('.') || 'options'} ${message}`,
  );
}

/** The names of a path as the caller has spelled them; what he has not given keeps its name. A leftover of another spelling is not meant. */
function asWritten(path: readonly PropertyKey[], options: unknown): string[] {
  let at = options;
  return path.map(String).map((name) => {
    if (!isPlainObject(at)) return name;
    const isExact = Object.hasOwn(at, name);
    const key = isExact ? name : (Object.keys(at).find((each) => inCamelCase(each) === name) ?? name);
    at = at[key];
    return key;
  });
}

/** Objects of the caller's, which are not options but what options are about. */
const OPAQUE = new Set(['store', 'filesystem', 'client', 'logger']);

function inCamelCase(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * What a settings block of django-pyfs has left from osfs beside s3fs, where it means nothing. It is spelled as
 * there: in camelCase nothing is left over, but meant.
 */
function isLeftover(at: string, { type }: Record<string, unknown>, key: string, value: unknown): boolean {
  if (at !== 'storage' || type !== 's3fs') return false;
  return key === 'directory_root' || (key === 'url_root' && (value === null || value === ''));
}

/** The same options with every key in camelCase; a key that is there in both spellings is a problem. */
function camelCased(value: unknown, at: string, problems: string[]): unknown {
  if (!isPlainObject(value)) return value;
  const result: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (isLeftover(at, value, key, inner)) continue;
    const camel = inCamelCase(key);
    const path = at === '' ? key : `${at}.${key}`;
    if (camel !== key && Object.hasOwn(value, camel))
      problems.push(`${path} is given in both spellings: drop one`);
    else {
      const own = OPAQUE.has(camel) ? inner : camelCased(inner, path, problems);
      Object.defineProperty(result, camel, { value: own, enumerable: true });
    }
  }
  return result;
}

/** As options are. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as unknown;
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}
