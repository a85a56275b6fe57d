/** What `createMayfly` can be told, and what is known once every default is filled in. */
import type { S3FSOptions } from '../backends/s3/s3-options.js';
import type { Clock } from '../clock/clock.js';
import type { ExpirationStore } from '../expirations/expiration-store.js';
import type { Filesystem } from '../fs/filesystem.js';
import type { Logger } from '../logger/logger.js';
import type { EitherSpelling } from './spelling.js';

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
