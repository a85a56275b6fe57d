import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import type { Moment } from '../../clock/moment.js';
import { FilesystemClosed } from '../../errors/errors.js';
import type { Expiration, FileKey } from '../expiration.js';
import type { RowChange } from '../expiration-store.js';
import { takeAndChange } from './claims.js';
import { migrate } from './migrations.js';
import { type Row, toExpiration } from './rows.js';
import type { Schema } from './schema.js';
import { query } from './script.js';
import { SqlExpirationStore } from './sql-expiration-store.js';
import { SqliteDatabase } from './sqlite-database.js';
import { translateSqliteError } from './sqlite-errors.js';
import { SqliteHolder } from './sqlite-holder.js';

/** As `findRows` asks for one key, written out: to compile it takes longer than to run it. */
const FIND_ONE = 'select * from mayfly_expirations where namespace = ? and path = ?';
const IS_USED =
  'select 1 from mayfly_expirations where namespace = @namespace and path = @path ' +
  'union all select 1 from mayfly_claims where namespace = @namespace and path = @path limit 1';
const FIND_CLAIM = 'select 1 from mayfly_claims where token = ? limit 1';

/**
 * Deadlines in an SQLite file, for any number of processes on one machine.
 *
 * The file is opened and its schema made at first use; its directory is made
 * when it is missing. Beside it lie SQLite's `-wal` and `-shm` and one small
 * `-holder-…` a process, which are gone when all have closed. Do not open or
 * copy any of them within the process: it would lose its locks on them.
 *
 * @example new SqliteExpirationStore('var/expirations.db')
 */
export class SqliteExpirationStore extends SqlExpirationStore {
  readonly #database: SqliteDatabase;
  #migrated = false;
  #holder: Promise<SqliteHolder> | null = null;
  #closed = false;

  /** @param path of the file; `:memory:` for one that ends with the process */
  constructor(path: string) {
    const database = new SqliteDatabase(path);
    super(queryBuilder(), database, false);
    this.#database = database;
  }

  /** Open the database and bring its schema up to date. */
  override ready(): Promise<void> {
    return this.prepare();
  }

  /** A single compiled query, which sees what any process has committed before it, or before the moment's first. */
  findNow({ namespace, path }: FileKey, moment?: Moment): Expiration | null | undefined {
    if (!this.#migrated || this.#closed) return undefined;
    const row = this.#database.first<Row>(moment, FIND_ONE, namespace, path);
    return row === undefined ? null : toExpiration(row);
  }

  /** One transaction instead of two. It is synced at its end, while others go on. */
  async claimAndChange(
    token: string,
    key: FileKey,
    change: (row: Expiration | null) => RowChange | null,
  ): Promise<(Expiration | null)[] | null> {
    const taken = await this.claimBy(token, [key], (claimant) =>
      takeAndChange(this.db, claimant, key, change),
    );
    if (taken === null) return null;
    if (!taken.isChanged) return taken.rows;
    try {
      await this.#database.sync();
    } catch (error) {
      this.giveBackSoon(token);
      throw error;
    }
    return taken.rows;
  }

  /** In a transaction that changes nothing, as nobody can claim anything while it has SQLite's lock for writing. */
  whileFree<T>({ namespace, path }: FileKey, work: () => T): T | null {
    if (!this.#migrated || this.#closed) return null;
    return this.#database.unless(IS_USED, { namespace, path }, work);
  }

  /** SQLite's lock is taken by the first `whileFree` in it, and kept to the end. */
  together(work: () => void): void {
    this.#database.together(work);
  }

  /** Whether the claim is still known: who takes this holder for dead drops its claims first. */
  override async isHeld(token: string): Promise<boolean> {
    if (!this.#migrated || this.#closed) return false;
    return this.#database.first(undefined, FIND_CLAIM, token) !== undefined;
  }

  protected override async prepare(): Promise<void> {
    // Also while what is under way ends and the database is still open.
    if (this.#closed) throw new FilesystemClosed();
    if (this.#migrated) return;
    await this.#database.run(() => migrate(this.db, { serial: 'integer', codePointCollation: null }));
    this.#migrated = true;
  }

  protected override async holders(): Promise<SqliteHolder> {
    this.#holder ??= this.#takePlace().catch((error: unknown) => {
      this.#holder = null;
      throw error;
    });
    const current = this.#holder;
    const holder = await current;
    if (!holder.closed) return holder;
    // Of several who notice one makes room for the next.
    if (this.#holder === current) this.#holder = null;
    return this.holders();
  }

  /** Give back every claim of this store and close the database; a second close does nothing. */
  override async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.finish();
    const holder = await this.#holder?.catch(() => null);
    if (holder != null) {
      await this.forget([holder.id]).catch(() => {});
      holder.close();
    }
    await this.#database.close();
  }

  /** Lock first, be known second: a holder that is known and has no lock is dead. */
  async #takePlace(): Promise<SqliteHolder> {
    if (this.#closed) throw new FilesystemClosed();
    let holder: SqliteHolder;
    try {
      holder = new SqliteHolder(this.#database.realPath);
    } catch (error) {
      throw translateSqliteError(error);
    }
    const row = { holder: holder.id };
    try {
      await this.#database.run(() => query(this.db.insertInto('mayfly_holders').values(row)), {
        durable: false,
      });
    } catch (error) {
      holder.close();
      throw error;
    }
    return holder;
  }
}

/** kysely for writing queries only: `SqliteDatabase` runs them. */
function queryBuilder(): Kysely<Schema> {
  return new Kysely<Schema>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
}
