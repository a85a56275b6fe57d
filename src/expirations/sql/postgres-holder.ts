/**
 * The sign that a process lives: an advisory lock of a session that does
 * nothing else. The server frees it when the session ends, however it ends.
 * Source: PostgreSQL manual, "Advisory Locks".
 *
 * A session may end while its process lives: the server is started anew, or
 * the network breaks. The holder is lost then, with all that was claimed in its
 * name, and its store takes a new one.
 */
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Client } from 'pg';
import type { PostgresDatabase } from './postgres-database.js';
import { translatePostgresError } from './postgres-errors.js';
import { postgresQueryBuilder } from './postgres-query-builder.js';
import type { Script } from './script.js';
import type { Holders } from './sql-expiration-store.js';

/** How long a server may take to close a session. */
const GOODBYE_MS = 2000;
/** How long a session that answered counts as alive, when nothing is heard to the contrary. */
const CONFIRMED_FOR_MS = 1000;

const compiler = postgresQueryBuilder();

export class PostgresHolder implements Holders {
  readonly id: string;
  readonly #database: PostgresDatabase;
  readonly #client: Client;
  #lost = false;
  #confirmedAt = performance.now();
  #confirming: Promise<boolean> | null = null;

  private constructor(id: string, database: PostgresDatabase, client: Client) {
    this.id = id;
    this.#database = database;
    this.#client = client;
    const lose = (): void => {
      this.#lost = true;
    };
    client.on('error', lose);
    client.on('end', lose);
  }

  /** Lock first, be known second: a holder that is known and has no lock is dead. */
  static async take(database: PostgresDatabase): Promise<PostgresHolder> {
    const id = randomUUID();
    const client = await database.connect();
    const holder = new PostgresHolder(id, database, client);
    try {
      await client.query('select pg_advisory_lock($1::bigint)', [lockOf(id)]);
      await client.query('insert into mayfly_holders (holder) values ($1)', [id]);
      holder.#keepProcess(false);
      return holder;
    } catch (error) {
      await holder.close();
      throw translatePostgresError(error);
    }
  }

  /** Whether the session has ended, as far as is known here. */
  get lost(): boolean {
    return this.#lost;
  }

  /** Make sure that the session lives; it is asked if it has not answered for a while. */
  async confirm(): Promise<boolean> {
    if (this.#lost) return false;
    if (performance.now() - this.#confirmedAt < CONFIRMED_FOR_MS) return true;
    this.#confirming ??= this.#ask().finally(() => {
      this.#confirming = null;
    });
    return this.#confirming;
  }

  /** Who can share a holder's lock has no exclusive owner to fear. Shared, so that two who ask do not meet each other. */
  async deadAmong(ids: readonly string[]): Promise<string[]> {
    const locks = ids.map(lockOf);
    const dead = sql<{ holder: string }>`
      select holder from unnest(${ids}::text[], ${locks}::bigint[]) as asked (holder, lock)
      where pg_try_advisory_xact_lock_shared(lock)`;
    const script = function* (): Script<string[]> {
      return ((yield dead.compile(compiler)) as readonly { holder: string }[]).map(({ holder }) => holder);
    };
    return this.#database.run(script, { readOnly: true });
  }

  bury(): void {}

  async close(): Promise<void> {
    this.#lost = true;
    this.#keepProcess(true);
    await endSession(this.#client);
  }

  /** A session that only waits is no reason for a program to go on, nor is SQLite's lock. */
  #keepProcess(keep: boolean): void {
    const client = this.#client as Client & Keeping;
    if (keep) client.ref();
    else client.unref();
  }

  async #ask(): Promise<boolean> {
    const asked = performance.now();
    this.#keepProcess(true);
    try {
      await this.#client.query('select 1');
      this.#confirmedAt = asked;
      this.#keepProcess(false);
    } catch {
      await this.close();
    }
    return !this.#lost;
  }
}

/** Say goodbye, but not for ever to a server that does not hear it. */
async function endSession(client: Client): Promise<void> {
  const ended = client.end().catch(() => {});
  const patience = new AbortController();
  const gaveUp = sleep(GOODBYE_MS, true, { signal: patience.signal }).catch(() => false);
  if (await Promise.race([ended, gaveUp])) (client as Client & Connected).connection.stream.destroy();
  patience.abort();
}

/** The socket of a connection; pg has it, its types don't say so. */
interface Connected {
  readonly connection: { readonly stream: Socket };
}

/** Whether a connection keeps its process from ending; pg can tell it so, its types don't say it. */
interface Keeping {
  ref(): void;
  unref(): void;
}

/** The lock of a holder: the first 64 bits of its identifier, 60 of them random. */
function lockOf(id: string): string {
  return BigInt.asIntN(64, BigInt(`0x${id.replaceAll('-', '').slice(0, 16)}`)).toString();
}
