/**
 * The schema, step by step. A step that has been released is never edited:
 * what comes later is a step of its own.
 */
import type { CompiledQuery, Kysely, RawBuilder } from 'kysely';
import { sql } from 'kysely';
import type { Schema } from './schema.js';
import type { Script } from './script.js';

/** Where databases differ in how tables are made. */
export interface SchemaDialect {
  /** Type of a column that numbers its rows and gives no number twice. */
  readonly serial: 'integer' | 'bigserial';
  /** Collation that compares texts by code point, where that is not the default. */
  readonly codePointCollation: string | null;
}

/** Queries of one step, in order. */
type Migration = (db: Kysely<Schema>, dialect: SchemaDialect) => CompiledQuery[];

/** Names and paths: whole, and in the order of their code points. */
function textOf({ codePointCollation }: SchemaDialect): RawBuilder<unknown> {
  return codePointCollation === null ? sql`text` : sql`text collate ${sql.id(codePointCollation)}`;
}

const createTables: Migration = (db, dialect) => [
  db.schema
    .createTable('mayfly_expirations')
    // AUTOINCREMENT, and a sequence as well: a generation is never used again, not even after its row is gone.
    .addColumn('generation', dialect.serial, (column) =>
      dialect.serial === 'integer' ? column.primaryKey().autoIncrement() : column.primaryKey(),
    )
    .addColumn('namespace', textOf(dialect), (column) => column.notNull())
    .addColumn('path', textOf(dialect), (column) => column.notNull())
    .addColumn('deadline', 'bigint')
    .addColumn('has_intent', 'integer', (column) => column.notNull())
    .addColumn('intent_deadline', 'bigint')
    .addColumn('intent_before', 'text')
    .addColumn('due', 'bigint')
    .addUniqueConstraint('mayfly_expirations_key', ['namespace', 'path'])
    .compile(),
  db.schema
    .createIndex('mayfly_expirations_due')
    .on('mayfly_expirations')
    .columns(['due', 'generation'])
    .compile(),
  db.schema
    .createTable('mayfly_claims')
    .addColumn('namespace', textOf(dialect), (column) => column.notNull())
    .addColumn('path', textOf(dialect), (column) => column.notNull())
    .addColumn('holder', 'text', (column) => column.notNull())
    .addColumn('token', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('mayfly_claims_key', ['namespace', 'path'])
    .compile(),
  db.schema.createIndex('mayfly_claims_token').on('mayfly_claims').column('token').compile(),
  db.schema
    .createTable('mayfly_holders')
    .addColumn('holder', 'text', (column) => column.primaryKey().notNull())
    .compile(),
  db.schema
    .createTable('mayfly_settings')
    .addColumn('name', 'text', (column) => column.primaryKey().notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .compile(),
];

/** Of rows from before nothing is known, so a purge looks. */
const addSeen: Migration = (db) => [
  db.schema
    .alterTable('mayfly_expirations')
    .addColumn('seen', 'integer', (column) => column.notNull().defaultTo(0))
    .compile(),
];

/**
 * Rows that fail are kept apart, in an index of their own, so that however
 * many they are, finding the others costs the same.
 */
const addFailures: Migration = (db) => [
  db.schema
    .alterTable('mayfly_expirations')
    .addColumn('failures', 'integer', (column) => column.notNull().defaultTo(0))
    .compile(),
  db.schema.alterTable('mayfly_expirations').addColumn('retry_at', 'bigint').compile(),
  db.schema.dropIndex('mayfly_expirations_due').compile(),
  sql`create index mayfly_expirations_fresh on mayfly_expirations (due, generation) where failures = 0`.compile(
    db,
  ),
  sql`create index mayfly_expirations_ripe on mayfly_expirations (retry_at, generation) where failures > 0`.compile(
    db,
  ),
  sql`create index mayfly_expirations_failed on mayfly_expirations (generation) where failures > 0`.compile(
    db,
  ),
];

const MIGRATIONS: readonly Migration[] = [createTables, addSeen, addFailures];

/** How many steps a schema that is up to date has gone. */
export const SCHEMA_STEPS = MIGRATIONS.length;

/** Bring the schema up to date, in a transaction that lets in one process at a time. */
export function* migrate(db: Kysely<Schema>, dialect: SchemaDialect): Script<void> {
  yield sql`create table if not exists mayfly_migrations (step integer primary key not null)`.compile(db);
  const [done] = (yield sql`select count(*) as steps from mayfly_migrations`.compile(db)) as {
    steps: number;
  }[];
  for (let step = done?.steps ?? 0; step < MIGRATIONS.length; step++) {
    for (const compiled of MIGRATIONS[step]?.(db, dialect) ?? []) yield compiled;
    yield sql`insert into mayfly_migrations (step) values (${step})`.compile(db);
  }
}
