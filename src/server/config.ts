/**
 * What the program is told, checked before anything starts.
 *
 * Settings come from config/ and from environment variables (node-config),
 * both listed in config/README.md. They arrive as JSON or as text, so every
 * number and switch is accepted in both forms, and all that is wrong is said
 * in one message that names the setting and its variable.
 * The only place that reads `process.env`.
 */
import { isIP } from 'node:net';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { isCronExpression } from '../expirations/purge-schedule.js';
import type { PostgresExpirations, SqliteExpirations } from '../options.js';
import { isPostgresUrl } from '../options.js';

/** Where files are served, on this server and in the URLs that it hands out. */
export const FILES_ROOT = '/files';

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

/** The settings of the program, validated. */
export interface ServerOptions {
  /** Address to listen on. */
  host: string;
  /** 0 takes a free port. */
  port: number;
  /** Bearer token asked of whoever wants more than to read files; `null` only on a loopback address. */
  token: string | null;
  /** Origin that begins the URLs handed out; `null` leaves them as paths. */
  publicUrl: string | null;
  storage: OSFSSettings | S3Settings;
  /** How files in S3 are delivered; undefined: by redirect. */
  delivery: 'redirect' | 'proxy' | undefined;
  /** Where deadlines are kept: PostgreSQL when it is given, else an SQLite file. */
  expirations: SqliteExpirations | PostgresExpirations;
  /** `false`: no purge in this process. */
  purge: { schedule: string | false };
  /** `maxFileSize` in bytes; `maxFiles` in one form. */
  limits: { maxFileSize: number; maxFiles: number };
  log: { level: string };
  /** Processes that serve, beside one that purges; 1: a single process that does both. */
  workers: number;
  /** Seconds after SIGTERM during which requests are still taken, and `/readyz` says 503: for a proxy to notice. */
  stopDelay: number;
}

/** What the command line says, which wins over config/ and the environment. */
export interface SettingsOverrides {
  host?: string;
  port?: string;
  workers?: string;
  logLevel?: string;
  /** A directory with settings, as `NODE_CONFIG_DIR`. */
  configDirectory?: string;
}

/** A setting that the program can't start with; the message is meant for its operator. */
export class BadSettings extends Error {
  override readonly name = 'BadSettings';
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

const settings = z.strictObject({
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
  'limits.maxFileSize': 'MAYFLY_MAX_FILE_SIZE',
  'limits.maxFiles': 'MAYFLY_MAX_FILES',
  workers: 'MAYFLY_WORKERS',
  stopDelay: 'MAYFLY_STOP_DELAY',
  'log.level': 'MAYFLY_LOG_LEVEL',
};

/**
 * Check settings as config/ and the environment gave them.
 * @throws BadSettings one message that names all that is wrong
 */
export function parseSettings(raw: unknown): ServerOptions {
  const parsed = settings.safeParse(raw);
  if (!parsed.success)
    throw new BadSettings(`bad settings: ${parsed.error.issues.map(describeIssue).join('; ')}`);
  const options = parsed.data;
  if (options.token === null && !isLoopback(options.host)) {
    throw new BadSettings(
      `refusing to listen on ${options.host} without a token, as anyone could store and delete files: ` +
        'set MAYFLY_TOKEN, or MAYFLY_HOST=127.0.0.1 to serve this machine only',
    );
  }
  return options;
}

/**
 * Read config/ and the environment.
 * @throws BadSettings a file can't be read, or a setting is wrong
 */
export async function loadSettings(overrides: SettingsOverrides = {}): Promise<ServerOptions> {
  const own = fileURLToPath(new URL('../../config', import.meta.url));
  const given = overrides.configDirectory ?? process.env.NODE_CONFIG_DIR;
  // Ours comes first, so that a directory of the operator's needs to say only what it changes.
  process.env.NODE_CONFIG_DIR = given ? `${own}${delimiter}${given}` : own;
  // There need not be a file for each NODE_ENV: the defaults are meant for production as well.
  if (!process.env.NODE_CONFIG_STRICT_MODE) process.env.SUPPRESS_STRICTNESS_CHECK ??= 'true';
  try {
    // Not a static import: node-config reads the environment as it is loaded.
    const { default: config } = await import('config');
    return parseSettings(overridden(config.util.toObject() as Record<string, unknown>, overrides));
  } catch (error) {
    if (error instanceof BadSettings) throw error;
    throw new BadSettings(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function overridden(
  raw: Record<string, unknown>,
  { host, port, workers, logLevel }: SettingsOverrides,
): Record<string, unknown> {
  const given = Object.entries({ host, port, workers }).filter(([, value]) => value !== undefined);
  const log = logLevel === undefined ? {} : { log: { ...(raw.log as object), level: logLevel } };
  return { ...raw, ...Object.fromEntries(given), ...log };
}

/** Whether only this machine can reach an address: 127.0.0.0/8, ::1, or the name localhost. */
export function isLoopback(host: string): boolean {
  const bare = host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/^::ffff:(?=\d)/, '');
  if (isIP(bare) === 4) return bare.startsWith('127.');
  return bare === '::1' || bare === 'localhost' || bare.endsWith('.localhost');
}

function isBareOrigin(url: URL): boolean {
  return /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
}

function describeIssue(issue: z.core.$ZodIssue): string {
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
