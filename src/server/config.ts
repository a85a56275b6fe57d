/**
 * What the program is told, checked before anything starts.
 *
 * Settings come from config/ and from environment variables (node-config),
 * both listed in config/README.md. All that is wrong is said in one message
 * that names the setting and its variable.
 * The only place that reads `process.env`.
 */
import { statSync } from 'node:fs';
import { isIP } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PostgresExpirations, SqliteExpirations } from '../options/options.js';
import type { OSFSSettings, S3Settings } from './settings-schema.js';
import { describeIssue, settings, unknownVariables } from './settings-schema.js';

/** Where files are served, on this server and in the URLs that it hands out. */
export const FILES_ROOT = '/files';

/** Where secrets for signed URLs come from. */
export interface UrlSettings {
  /** Of 32 bytes or more each; the first signs, all verify. None: the program makes its own, if it has a file for it. */
  secrets: readonly string[];
  /** Files are served by signed URLs only. */
  required: boolean;
  /** File in which the program keeps a secret of its own; `null`: it makes none. */
  secretFile: string | null;
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
  urls: UrlSettings;
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

/**
 * Check settings as config/ and the environment gave them.
 * @throws BadSettings one message that names all that is wrong
 */
export function parseSettings(raw: unknown): ServerOptions {
  const parsed = settings.safeParse(raw);
  if (!parsed.success)
    throw new BadSettings(`bad settings: ${parsed.error.issues.map(describeIssue).join('; ')}`);
  const options = { ...parsed.data, urls: { ...parsed.data.urls, secretFile: secretFileOf(parsed.data) } };
  if (options.token === null && !isLoopback(options.host)) {
    throw new BadSettings(
      `refusing to listen on ${options.host} without a token, as anyone could store and delete files: ` +
        'set MAYFLY_TOKEN, or MAYFLY_HOST=127.0.0.1 to serve this machine only',
    );
  }
  if (options.urls.required && options.urls.secrets.length === 0 && options.urls.secretFile === null) {
    throw new BadSettings(
      'urls.required (MAYFLY_URLS_REQUIRED) needs urls.secrets (MAYFLY_URL_SECRETS), the same on all ' +
        'instances: make one with "openssl rand -base64 32"',
    );
  }
  return options;
}

/**
 * A secret that the program makes by itself is known to this machine alone, so
 * it does only where files and deadlines are here as well. It lies beside the
 * deadlines, not among the files: those may be served by others, too.
 */
function secretFileOf({
  storage,
  expirations,
  urls,
}: Pick<ServerOptions, 'storage' | 'expirations'> & { urls: { secrets: readonly string[] } }): string | null {
  const isHere = storage.type === 'osfs' && expirations.type === 'sqlite' && expirations.path !== ':memory:';
  return isHere && urls.secrets.length === 0 ? join(dirname(expirations.path), 'url-secret') : null;
}

/**
 * Read config/ and the environment.
 * @throws BadSettings a file can't be read, or a setting is wrong
 */
export async function loadSettings(overrides: SettingsOverrides = {}): Promise<ServerOptions> {
  const own = fileURLToPath(new URL('../../config', import.meta.url));
  const given = overrides.configDirectory ?? process.env.NODE_CONFIG_DIR;
  checkDirectories(given ?? '', overrides.configDirectory === undefined ? 'NODE_CONFIG_DIR' : '--config');
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

/** node-config goes on without a directory that is not there. @throws BadSettings */
function checkDirectories(directories: string, source: string): void {
  for (const directory of directories.split(delimiter)) {
    if (directory === '' || statSync(directory, { throwIfNoEntry: false })?.isDirectory()) continue;
    throw new BadSettings(`there is no directory ${directory}, which ${source} names for settings`);
  }
}

/** Names of variables of the environment that look like settings and are none. */
export function strayVariables(): string[] {
  return unknownVariables(process.env);
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
