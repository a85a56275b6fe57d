import { sql } from 'kysely';
import { FilesystemClosed } from '../../errors/errors.js';
import type { Expiration, FileKey } from '../expiration.js';
import type {
  DuePosition,
  DueRow,
  DueSelection,
  FindOptions,
  RowChange,
  SettleOptions,
} from '../expiration-store.js';
import { RecentRows } from '../recent-rows.js';
import { migrate } from './migrations.js';
import { PostgresDatabase } from './postgres-database.js';
import { PostgresHolder } from './postgres-holder.js';
import { postgresQueryBuilder } from './postgres-query-builder.js';
import type { Script } from './script.js';
import { SqlExpirationStore } from './sql-expiration-store.js';

/** Advisory lock of who changes the schema: "mayfly" in ASCII. */
const SCHEMA_LOCK = 0x6d6179666c79;

const DIALECT = { serial: 'bigserial', codePointCollation: 'C' } as const;

/**
 * Deadlines in PostgreSQL (13 or later), for any number of processes on any
 * number of machines.
 *
 * Connects at first use, and makes and changes its tables (`mayfly_…`, in the
 * first schema of the search path) by itself. Takes up to 10 connections, and
 * one more that its claims live by: it needs a session of its own, so no pooler
 * that hands sessions round (PgBouncer in transaction mode) may stand between.
 * A server that goes away and comes back is connected to again. Keep the
 * clocks of the machines together: each decides by its own what is due.
 *
 * @example new PostgresExpirationStore('postgres://mayfly:secret@db.example.com/mayfly')
 */
export class PostgresExpirationStore extends SqlExpirationStore {
  readonly #database: PostgresDatabase;
  readonly #recent: RecentRows;
  /** The holder in whose name each claim was made. */
  readonly #claims = new Map<string, PostgresHolder>();
  #prepared: Promise<void> | null = null;
  #holder: Promise<PostgresHolder> | null = null;
  #closed = false;

  /** @param connectionString as of libpq: `postgres://user:password@host:port/database?sslmode=…` */
  constructor(connectionString: string) {
    const database = new PostgresDatabase(connectionString);
    super(postgresQueryBuilder(), database, true);
    this.#database = database;
    this.#recent = new RecentRows((keys) => super.find(keys));
  }

  /** Connect and bring the schema up to date. */
  override async ready(): Promise<void> {
    await this.prepare();
    const ask = function* (this: PostgresExpirationStore): Script<void> {
      yield sql`select 1`.compile(this.db);
    };
    await this.#database.run(ask.bind(this), { readOnly: true });
  }

  /** As `ExpirationStore.find`; with `recent`, rows read within the last second will do. */
  override async find(keys: readonly FileKey[], options: FindOptions = {}): Promise<(Expiration | null)[]> {
    if (options.recent !== true) return super.find(keys);
    if (this.#closed) throw new FilesystemClosed();
    return this.#recent.find(keys);
  }

  /** What was read within the last second. */
  findNow(key: FileKey): Expiration | null | undefined {
    if (this.#closed) return undefined;
    return this.#recent.findNow(key);
  }

  /** As `ExpirationStore.claim`. */
  override claim(token: string, keys: readonly FileKey[]): Promise<(Expiration | null)[] | null> {
    return this.#noted(token, () => super.claim(token, keys));
  }

  /** As `ExpirationStore.claimDue`, past rows that others are claiming at the same moment. */
  override async claimDue(
    token: string,
    now: number,
    limit: number,
    after: DuePosition | null,
    selection?: DueSelection,
  ): Promise<DueRow[]> {
    const claim = async (): Promise<DueRow[] | null> => {
      const rows = await super.claimDue(token, now, limit, after, selection);
      return rows.length === 0 ? null : rows;
    };
    return (await this.#noted(token, claim)) ?? [];
  }

  /** Whether the session that the claim was made in still lives. */
  override async isHeld(token: string): Promise<boolean> {
    return !this.#closed && (await this.#claims.get(token)?.confirm()) === true;
  }

  /** As `ExpirationStore.settle`. */
  override async settle(
    token: string,
    changes: readonly RowChange[],
    options: SettleOptions = {},
  ): Promise<ReadonlySet<number>> {
    try {
      return await super.settle(token, changes, options);
    } finally {
      this.#recent.changed(changes);
      if (options.keepClaim !== true) this.#claims.delete(token);
    }
  }

  /** Give back every claim and disconnect; idempotent. */
  override async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.finish();
    const holder = await this.#holder?.catch(() => null);
    if (holder != null) {
      if (!holder.lost) await this.forget([holder.id]).catch(() => {});
      await holder.close();
    }
    await this.#database.close();
  }

  protected override async prepare(): Promise<void> {
    // Also while what is under way ends and the database is still connected to.
    if (this.#closed) throw new FilesystemClosed();
    this.#prepared ??= this.#migrate().catch((error: unknown) => {
      this.#prepared = null;
      throw error;
    });
    await this.#prepared;
  }

  /** The holder, or a new one when it was lost: what was claimed in the old one's name is no longer ours. */
  protected override async holders(): Promise<PostgresHolder> {
    if (this.#closed) throw new FilesystemClosed();
    this.#holder ??= this.#takePlace();
    const current = this.#holder;
    const holder = await current;
    if (!holder.lost) return holder;
    // Of several who notice one makes room for the next.
    if (this.#holder === current) this.#holder = null;
    return this.holders();
  }

  #takePlace(): Promise<PostgresHolder> {
    return PostgresHolder.take(this.#database).catch((error: unknown) => {
      this.#holder = null;
      throw error;
    });
  }

  /** Note in whose name a claim is made. What it was made in may be older than this, never newer: so nobody acts on a lost claim. */
  async #noted<T>(token: string, claim: () => Promise<T | null>): Promise<T | null> {
    await this.prepare();
    const before = this.#claims.get(token);
    this.#claims.set(token, before ?? (await this.holders()));
    let claimed: T | null = null;
    try {
      claimed = await claim();
      return claimed;
    } finally {
      if (claimed === null && before === undefined) this.#claims.delete(token);
    }
  }

  /** One at a time, however many instances start at once. */
  #migrate(): Promise<void> {
    const { db } = this;
    return this.#database.run(
      function* () {
        yield sql`select pg_advisory_xact_lock(${SCHEMA_LOCK})`.compile(db);
        yield* migrate(db, DIALECT);
      },
      { unhurried: true },
    );
  }
}
