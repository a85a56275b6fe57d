/**
 * PostgreSQL as a runner of scripts, over a pool of connections.
 *
 * Every wait has an end: for a connection, for a statement (the server cancels
 * it), for an answer (we give the connection up). A connection that breaks is
 * replaced, and what was under way on it is run again where it is known not to
 * have happened.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CompiledQuery } from 'kysely';
import type { Client, ClientConfig, Pool, PoolClient, QueryConfig } from 'pg';
import { FilesystemClosed, OperationTimeout, RemoteConnectionError } from '../../errors/errors.js';
import { Limiter } from '../../fs/derived/concurrency.js';
import { metAnother, translatePostgresError } from './postgres-errors.js';
import type { RunOptions, Script, ScriptRunner } from './script.js';

/** Scripts of one store under way at a time, each on a connection; its claims live by one more. */
const MAX_SCRIPTS = 10;
/** For those that ask what became of a commit while they have one already. */
const SPARE_CONNECTIONS = 2;
const CONNECT_TIMEOUT_MS = 5_000;
/** After which the server cancels a statement. */
const STATEMENT_TIMEOUT_MS = 10_000;
/** After which we give up a server that does not even cancel. */
const ANSWER_TIMEOUT_MS = 15_000;
/** After which the server ends a transaction that its client has left open, and with it its locks. */
const IDLE_TRANSACTION_TIMEOUT_MS = 30_000;
/** For work that may take long, such as building an index: as good as none. */
const UNHURRIED_MS = 2 ** 31 - 1;
/** How long a patient script waits for the database to come back. */
const PATIENCE_MS = 30_000;
const LONGEST_PAUSE_MS = 500;
/** How often a script that met another one is run. */
const MEETINGS = 20;
/** Object identifier of bigint. */
const INT8_OID = 20;

/** The connection broke while the transaction was being committed, and what became of it can't be known. */
class UnknownOutcome extends RemoteConnectionError {}

/** A query with a time-out of its own; pg takes one, its types don't say so. */
interface TimedQuery extends QueryConfig {
  query_timeout?: number;
}

export interface PostgresRunOptions extends RunOptions {
  /** No time-outs: for the schema, on tables of any size. Default false. */
  unhurried?: boolean;
}

export class PostgresDatabase implements ScriptRunner {
  readonly #connectionString: string;
  /** Before the pool, whose time-out is for connecting, and would run while others work. */
  readonly #scripts = new Limiter(MAX_SCRIPTS);
  #pool: Promise<Pool> | null = null;
  #closed = false;

  constructor(connectionString: string) {
    this.#connectionString = connectionString;
  }

  /** Read-only scripts run without a transaction: each of their queries sees a state of its own. */
  async run<T>(script: () => Script<T>, options: PostgresRunOptions = {}): Promise<T> {
    const giveUp = performance.now() + PATIENCE_MS;
    for (let tries = 1; ; tries++) {
      let connected = false;
      try {
        return await this.#scripts.run(async () => {
          const client = await this.#checkOut();
          connected = true;
          return this.#attempt(client, script, options, giveUp);
        });
      } catch (error) {
        const translated = translatePostgresError(error);
        // A connection of the pool may have died of old age: once more on another.
        const patient = options.patient === true ? performance.now() < giveUp : connected && tries === 1;
        const again = (metAnother(error) && tries < MEETINGS) || (wasLost(translated) && patient);
        if (!again || this.#closed) throw translated;
      }
      await sleep(tries === 1 ? 0 : Math.min(2 ** tries * (0.5 + Math.random()), LONGEST_PAUSE_MS));
    }
  }

  /** A connection of its own, for its owner to close. Its errors are told by the events `error` and `end`. */
  async connect(): Promise<Client> {
    try {
      const { default: pg } = await import('pg');
      const client = new pg.Client(await this.#config());
      client.on('error', () => {});
      await client.connect();
      return client;
    } catch (error) {
      throw translatePostgresError(error);
    }
  }

  /** Wait for what is under way and disconnect. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await (await this.#pool?.catch(() => null))?.end();
  }

  async #attempt<T>(
    client: PoolClient,
    script: () => Script<T>,
    options: PostgresRunOptions,
    giveUp: number,
  ): Promise<T> {
    let broken = false;
    try {
      if (options.readOnly === true) return await drive(client, script(), options);
      await client.query(beginning(options));
      const result = await drive(client, script(), options);
      await this.#commit(client, options.patient === true ? giveUp : null);
      return result;
    } catch (error) {
      broken = wasLost(translatePostgresError(error));
      // Also after a refusal: a connection that can't even roll back is no good.
      if (!broken && options.readOnly !== true)
        await client.query('rollback').catch(() => {
          broken = true;
        });
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /** @param giveUp until when to ask what became of a commit whose answer was lost; null: not at all */
  async #commit(client: PoolClient, giveUp: number | null): Promise<void> {
    let transaction: string | null = null;
    if (giveUp !== null) {
      const { rows } = await client.query('select pg_current_xact_id()::text as id');
      transaction = (rows[0] as { id: string }).id;
    }
    try {
      await client.query('commit');
    } catch (error) {
      const translated = translatePostgresError(error);
      if (!wasLost(translated)) throw error;
      if (transaction !== null && giveUp !== null) {
        if (await this.#wasCommitted(transaction, giveUp)) return;
        throw error;
      }
      throw new UnknownOutcome(undefined, {
        message: 'the expiration store went away before it said whether it was done',
        cause: error,
      });
    }
  }

  async #wasCommitted(transaction: string, giveUp: number): Promise<boolean> {
    for (let pause = 10; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const status = await this.#statusOf(transaction).catch((error: unknown) => {
        if (performance.now() > giveUp) throw new UnknownOutcome(undefined, { cause: error });
        return 'unknown';
      });
      if (status === 'committed') return true;
      if (status === 'aborted') return false;
      if (performance.now() > giveUp) throw new UnknownOutcome();
      await sleep(pause);
    }
  }

  async #statusOf(transaction: string): Promise<string | null> {
    const client = await this.#checkOut();
    try {
      const { rows } = await client.query('select pg_xact_status($1::xid8) as status', [transaction]);
      return (rows[0] as { status: string | null }).status;
    } finally {
      client.release();
    }
  }

  async #checkOut(): Promise<PoolClient> {
    if (this.#closed) throw new FilesystemClosed();
    this.#pool ??= this.#openPool().catch((error: unknown) => {
      this.#pool = null;
      throw error;
    });
    return (await this.#pool).connect();
  }

  /** pg is loaded by the first who wants it: whoever keeps his deadlines in SQLite does not wait for it. */
  async #openPool(): Promise<Pool> {
    const { default: pg } = await import('pg');
    const pool = new pg.Pool({
      ...(await this.#config()),
      max: MAX_SCRIPTS + SPARE_CONNECTIONS,
      allowExitOnIdle: true,
    });
    // A connection that breaks while nobody uses it is replaced when one is needed; without a listener it would end the process.
    pool.on('error', () => {});
    pool.on('connect', (client) => client.on('error', () => {}));
    return pool;
  }

  async #config(): Promise<ClientConfig> {
    const { types } = (await import('pg')).default;
    return {
      connectionString: this.#connectionString,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
      keepAlive: true,
      fallback_application_name: 'mayfly',
      // Times and generations are all below 2^53.
      types: {
        getTypeParser: (oid: number, format?: 'text' | 'binary') =>
          oid === INT8_OID
            ? Number
            : (types.getTypeParser(oid, format as 'text') as (value: string) => unknown),
      } as ClientConfig['types'],
    } as ClientConfig;
  }
}

async function drive<T>(client: PoolClient, script: Script<T>, options: PostgresRunOptions): Promise<T> {
  let step = script.next();
  while (!step.done) step = script.next(await execute(client, step.value, options));
  return step.value;
}

async function execute(
  client: PoolClient,
  { sql, parameters }: CompiledQuery,
  { unhurried }: PostgresRunOptions,
): Promise<readonly unknown[]> {
  const query: TimedQuery = { text: sql, values: [...parameters] };
  if (unhurried === true) query.query_timeout = UNHURRIED_MS;
  return (await client.query(query)).rows;
}

/** Each query is to see what others have committed before it, whatever the database's default is. */
function beginning({ durable, unhurried, firstOfMany }: PostgresRunOptions): string {
  const statements = ['begin isolation level read committed'];
  if (durable === false) statements.push('set local synchronous_commit = off');
  // The first two read everything before they give out the first row. And to compile a query that looks as if it read
  // everything, which PostgreSQL does where it has LLVM, takes ten times as long as to run it.
  if (firstOfMany === true)
    statements.push(
      'set local enable_sort = off',
      'set local enable_bitmapscan = off',
      'set local jit = off',
    );
  if (unhurried === true) statements.push('set local statement_timeout = 0');
  return statements.join('; ');
}

/** The connection is gone, and nothing has been committed. */
function wasLost(error: unknown): boolean {
  return (
    (error instanceof RemoteConnectionError || error instanceof OperationTimeout) &&
    !(error instanceof UnknownOutcome)
  );
}
