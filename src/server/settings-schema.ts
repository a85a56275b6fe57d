/**
 * What each setting of the program may be, and how its operator is told what
 * it wants.
 *
 * Settings arrive as JSON or as text, so every number, switch and list is
 * accepted in both forms. What is told names the setting and its variable and
 * never repeats a value: some of them are secrets.
 */
import { z } from 'zod';
import { isCronExpression } from '../expirations/purge-schedule.js';
import type { PostgresExpirations, SqliteExpirations } from '../options/options.js';
import { isPostgresUrl } from '../options/schema.js';
import { isSecret, MIN_SECRET_BYTES } from '../urls/signing-key.js';

/** Files in a directory of this machine. */
export interface OSFSSettings {
  type: 'osfs';
  directoryRoot: string;
  durable: boolean;
}

/** Files in an S3 bucket. Credentials are the SDK's business, which looks for them in many places. */
export interface S3Settings {
  type: 's3fs';
  bucket: string;
  prefix?: string;
  region?: string;
  endpoint?: string;
  forcePathStyle?: boolean;
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const text = (wants: string) => z.string(wants).trim().min(1, wants);

function wholeNumber(from: number, to: number, wants: string) {
  // Number('') is 0 and Number('1e3') is 1000: neither is what somebody meant to write.
  const digits = z.string().regex(/^\d+$/).transform(Number);
  const whole = z
    .number()
    .int()
    .min(from)
    .refine((value) => value <= to);
  return z.union([z.number(), digits], wants).refine((value) => whole.safeParse(value).success, wants);
}

const onOff = z.union(
  [z.boolean(), z.stringbool({ truthy: ['true', '1', 'yes', 'on'], falsy: ['false', '0', 'no', 'off'] })],
  'wants true or false',
);

const origin = z
  .string()
  .transform((value) => (URL.canParse(value) ? new URL(value) : null))
  .refine((url) => url !== null && isBareOrigin(url), {
    error: 'wants an origin such as https://files.example.com, without a path',
    abort: true,
  })
  .transform((url) => url?.origin ?? null);

const schedule = z.union([
  z.literal([false, 'off', 'false']).transform(() => false as const),
  z
    .string('wants a cron expression such as "* * * * *", or off')
    .refine(isCronExpression, 'wants a cron expression such as "* * * * *", or off'),
]);

const TOKEN_WANTS = 'wants visible ASCII characters without spaces, so that it fits into a header';
const headerText = z.string(TOKEN_WANTS).regex(/^[\x21-\x7e]+$/, TOKEN_WANTS);

const POSTGRES_WANTS = 'wants a URL such as postgres://user:password@host:5432/database';
const postgresUrl = z.string(POSTGRES_WANTS).refine(isPostgresUrl, POSTGRES_WANTS);

const emptyIsNull = z.literal(['', null]).transform(() => null);

const emptyIsUndefined = z.literal(['', null]).transform(() => undefined);
const optionalText = z.union([emptyIsUndefined, z.string('wants a text')]);

const SECRETS_WANT =
  `wants secrets of at least ${MIN_SECRET_BYTES} bytes each, separated by commas: ` +
  'make one with "openssl rand -base64 32"';
const secrets = z
  .union(
    [
      z.literal(['', null]).transform((): string[] => []),
      z.string().transform((value) => value.split(',').map((secret) => secret.trim())),
      z.array(z.string()),
    ],
    SECRETS_WANT,
  )
  .refine((value) => value.every(isSecret), SECRETS_WANT);

const storage = z
  .strictObject({
    type: z.enum(['osfs', 's3fs'], 'wants osfs or s3fs'),
    directoryRoot: text('wants the path of a directory'),
    durable: onOff,
    bucket: z.string('wants the name of a bucket').trim(),
    prefix: optionalText,
    region: optionalText,
    endpoint: z.union([
      emptyIsUndefined,
      z
        .string('wants a URL such as https://s3.example.com')
        .refine(
          (value) => /^https?:/.test(value) && URL.canParse(value),
          'wants a URL such as https://s3.example.com',
        ),
    ]),
    forcePathStyle: z.union([emptyIsUndefined, onOff]),
  })
  .refine(({ type, bucket }) => type === 'osfs' || bucket !== '', {
    path: ['bucket'],
    error: 'wants the name of a bucket',
  })
  .transform(({ type, directoryRoot, durable, ...s3 }): OSFSSettings | S3Settings => {
    if (type === 'osfs') return { type, directoryRoot, durable };
    const given = Object.entries(s3).filter(([, value]) => value !== undefined);
    return { type, ...(Object.fromEntries(given) as Omit<S3Settings, 'type'>) };
  });

/** All settings, as config/default.json has them. */
export const settings = z.strictObject({
  host: text('wants an address or a host name'),
  port: wholeNumber(0, 65_535, 'wants a whole number from 0 to 65535'),
  token: z.union([emptyIsNull, headerText]),
  publicUrl: z.union([emptyIsNull, origin]),
  storage,
  delivery: z.union([emptyIsUndefined, z.enum(['redirect', 'proxy'], 'wants redirect or proxy')]),
  expirations: z
    .strictObject({
      path: text('wants the path of a file'),
      connectionString: z.union([emptyIsNull, postgresUrl]),
    })
    .transform(({ path, connectionString }): SqliteExpirations | PostgresExpirations =>
      connectionString === null ? { type: 'sqlite', path } : { type: 'postgres', connectionString },
    ),
  purge: z.strictObject({ schedule }),
  urls: z.strictObject({ secrets, required: onOff }),
  limits: z.strictObject({
    maxFileSize: wholeNumber(1, Number.MAX_SAFE_INTEGER, 'wants a whole number of bytes, at least 1'),
    maxFiles: wholeNumber(1, 10_000, 'wants a whole number from 1 to 10000'),
  }),
  workers: wholeNumber(1, 256, 'wants a whole number from 1 to 256'),
  stopDelay: wholeNumber(0, 600, 'wants a whole number of seconds from 0 to 600'),
  log: z.strictObject({ level: z.enum(LEVELS, `wants one of ${LEVELS.join(', ')}`) }),
});

/** The variable that sets each setting, as in config/custom-environment-variables.json. */
const VARIABLES: Readonly<Record<string, string>> = {
  host: 'MAYFLY_HOST',
  port: 'MAYFLY_PORT',
  token: 'MAYFLY_TOKEN',
  publicUrl: 'MAYFLY_PUBLIC_URL',
  'storage.type': 'MAYFLY_STORAGE',
  'storage.directoryRoot': 'MAYFLY_DIRECTORY_ROOT',
  'storage.durable': 'MAYFLY_DURABLE',
  'storage.bucket': 'MAYFLY_S3_BUCKET',
  'storage.prefix': 'MAYFLY_S3_PREFIX',
  'storage.region': 'MAYFLY_S3_REGION',
  'storage.endpoint': 'MAYFLY_S3_ENDPOINT',
  'storage.forcePathStyle': 'MAYFLY_S3_FORCE_PATH_STYLE',
  delivery: 'MAYFLY_DELIVERY',
  'expirations.path': 'MAYFLY_EXPIRATIONS_PATH',
  'expirations.connectionString': 'MAYFLY_EXPIRATIONS_CONNECTION_STRING',
  'purge.schedule': 'MAYFLY_PURGE_SCHEDULE',
  'urls.secrets': 'MAYFLY_URL_SECRETS',
  'urls.required': 'MAYFLY_URLS_REQUIRED',
  'limits.maxFileSize': 'MAYFLY_MAX_FILE_SIZE',
  'limits.maxFiles': 'MAYFLY_MAX_FILES',
  workers: 'MAYFLY_WORKERS',
  stopDelay: 'MAYFLY_STOP_DELAY',
  'log.level': 'MAYFLY_LOG_LEVEL',
};

const VARIABLE_NAMES: ReadonlySet<string> = new Set(Object.values(VARIABLES));

/** What Kubernetes tells every container of a service whose name begins with ours. */
const OF_A_SERVICE = /_SERVICE_(HOST|PORT)|_PORT_\d+_/;

/**
 * Variables that look like ours and set nothing: one that is misspelled means the default.
 * @returns their names
 */
export function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(env).filter(
    (name) =>
      name.startsWith('MAYFLY_') &&
      !VARIABLE_NAMES.has(name) &&
      !OF_A_SERVICE.test(name) &&
      !/^(tcp|udp):/.test(env[name] ?? ''),
  );
}

function isBareOrigin(url: URL): boolean {
  return /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
}

/** What is wrong, in words. */
export function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${path === '' ? key : `${path}.${key}`} is not a setting`).join('; ');
  }
  const variable = VARIABLES[path];
  const wants = issue.code === 'invalid_union' ? unionMessage(issue) : issue.message;
  return `${path}${variable === undefined ? '' : ` (${variable})`} ${wants}`;
}

/** A union without a message of its own says what its last, most particular member wants. */
function unionMessage(issue: z.core.$ZodIssueInvalidUnion): string {
  return issue.message === 'Invalid input'
    ? (issue.errors.at(-1)?.at(0)?.message ?? issue.message)
    : issue.message;
}
