/**
 * What each option may be, and what is told of one that is not. Objects are
 * strict: a key that is not known is wrong, for a typo must not silently mean
 * "deadlines in memory".
 */
import { z } from 'zod';
import type { S3FSOptions } from '../backends/s3/s3-options.js';
import { isPrefix } from '../backends/s3/s3-options.js';
import type { Clock } from '../clock/clock.js';
import { checkedClock, systemClock } from '../clock/clock.js';
import type { ExpirationStore } from '../expirations/expiration-store.js';
import { isCronExpression } from '../expirations/purge-schedule.js';
import { Filesystem } from '../fs/filesystem.js';
import type { Logger } from '../logger/logger.js';
import { silentLogger } from '../logger/logger.js';
import { isSecret, MIN_SECRET_BYTES } from '../urls/signing-key.js';
import { canonicalUrlRoot, isUrlRoot } from '../urls/url-root.js';
import { chosen } from './problems.js';

const DEFAULT_SCHEDULE = '* * * * *';

const text = z.string({ error: 'must be a string' }).min(1, 'must not be empty');
const systemPath = text.refine((path) => !path.includes('\0'), 'must not have a NUL in it');
const urlRoot = text
  .refine(isUrlRoot, "must be a path that starts with '/', or an absolute http(s) URL, without a query")
  .transform(canonicalUrlRoot);

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
    directoryRoot: systemPath,
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
  sqlite: z.strictObject({ type: z.literal('sqlite'), path: systemPath }),
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

/** All options, with their keys in camelCase. */
export const optionsSchema = z.strictObject({
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
    .transform(checkedClock)
    .default(() => systemClock),
  logger: z
    .custom<Logger>(
      (value) => hasMethods(value, ['debug', 'info', 'warn', 'error']),
      'must have debug, info, warn and error',
    )
    .default(silentLogger),
});
