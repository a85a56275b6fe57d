/**
 * The schema, step by step. A step that has been released is never edited:
 * what comes later is a step of its own.
 */
import type { CompiledQuery, Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Schema } from './schema.js';
import type { Script } from './script.js';

/** Queries of one step, in order. */
export type Migration = (db: Kysely<Schema>) => CompiledQuery[];

const createTables: Migration = (db) => [
  db.schema
    .createTable('mayfly_expirations')
    // AUTOINCREMENT: a generation is never used again, not even after its row is gone.
    .addColumn('generation', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('namespace', 'text', (column) => column.notNull())
    .addColumn('path', 'text', (column) => column.notNull())
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
    .addColumn('namespace', 'text', (column) => column.notNull())
    .addColumn('path', 'text', (column) => column.notNull())
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

const MIGRATIONS: readonly Migration[] = [createTables, addSeen];

/** Bring the schema up to date. Several processes may do so at once: the transaction lets one in at a time. */
export function* migrate(db: Kysely<Schema>): Script<void> {
  yield sql`create table if not exists mayfly_migrations (step integer primary key not null)`.compile(db);
  const [done] = (yield sql`select count(*) as steps from mayfly_migrations`.compile(db)) as {
    steps: number;
  }[];
  for (let step = done?.steps ?? 0; step < MIGRATIONS.length; step++) {
    for (const compiled of MIGRATIONS[step]?.(db) ?? []) yield compiled;
    yield sql`insert into mayfly_migrations (step) values (${step})`.compile(db);
  }
}
