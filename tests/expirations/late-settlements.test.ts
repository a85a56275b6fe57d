/** What a store on SQL settles later than it says, and what becomes of it when the database refuses. */
import { join } from 'node:path';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { CompiledQuery, type Kysely } from 'kysely';
import { LateSettlements } from '../../src/expirations/sql/late-settlements.js';
import type { Schema } from '../../src/expirations/sql/schema.js';
import type { RunOptions, Script, ScriptRunner } from '../../src/expirations/sql/script.js';
import { SqliteExpirationStore } from '../../src/expirations/sql/sqlite-expiration-store.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const change = { namespace: 'n', path: 'a', deadline: 1, intent: null, seen: true };

/** Runs scripts whose queries find nothing; it notes how it was asked to, and refuses what it is told to. */
class Runner implements ScriptRunner {
  readonly asked: RunOptions[] = [];
  refuses: (options: RunOptions) => boolean = () => false;

  async run<T>(script: () => Script<T>, options: RunOptions = {}): Promise<T> {
    this.asked.push(options);
    if (this.refuses(options)) throw new Error('refused');
    const running = script();
    let step = running.next();
    while (!step.done) step = running.next([]);
    return step.value;
  }
}

/** Compiles nothing: the runner does not look. */
const db = new Proxy({}, { get: (_, name) => (name === 'compile' ? () => ({ parameters: [] }) : () => db) });

function lateOver(runner: Runner): LateSettlements {
  return new LateSettlements(db as Kysely<Schema>, runner, false);
}

function* reading(): Script<string> {
  yield CompiledQuery.raw('select 1');
  return 'read';
}

describe('late settlements', () => {
  it('are made before a read, which neither waits for a lock for their sake nor fails with them', async () => {
    const runner = new Runner();
    const late = lateOver(runner);
    late.soon('token', [change]);
    runner.refuses = ({ readOnly }) => readOnly !== true;
    expect(await late.run(reading, { readOnly: true })).toBe('read');
    expect(runner.asked).toEqual([{ durable: false, atOnce: true }, { readOnly: true }]);
    runner.refuses = () => false;
    expect(await late.run(reading, { readOnly: true })).toBe('read');
    expect(late.tokens).toEqual([]);
  });

  it('that only give claims back are in no way of a read', async () => {
    const runner = new Runner();
    const late = lateOver(runner);
    late.soon('token', []);
    await late.run(reading, { readOnly: true });
    expect(runner.asked).toEqual([{ readOnly: true }]);
    await turn();
    expect(late.tokens).toEqual([]);
  });

  it('give up their changes when the database refuses, and go on giving the claims back', async () => {
    const runner = new Runner();
    const late = lateOver(runner);
    runner.refuses = () => true;
    late.soon('token', [change]);
    await turn();
    await turn();
    expect(late.tokens).toEqual(['token']);
    await late.run(reading, { readOnly: true }).catch(() => {});
    expect(runner.asked).toEqual([{ durable: false, atOnce: false }, { readOnly: true }]);
    runner.refuses = () => false;
    while (late.tokens.length > 0) await sleep(10);
    expect(runner.asked.at(-1)).toEqual({ durable: false, atOnce: true });
  });

  it('are tried no more once the store is closed', async () => {
    const runner = new Runner();
    const late = lateOver(runner);
    runner.refuses = () => true;
    late.later('token');
    late.finish();
    late.later('another');
    late.soon('third', []);
    await sleep(1200);
    expect(runner.asked).toEqual([{ durable: false, atOnce: false }]);
  });
});

it('SqliteExpirationStore reads beside another program that writes, and settles when that has ended', async () => {
  const directory = await temporaryDirectory();
  const path = join(directory.path, 'expirations.db');
  const store = new SqliteExpirationStore(path);
  await store.ready();
  const other = new Database(path);
  await store.claim('token', [change]);
  await store.settle('token', [change], { lazy: true, durable: false });
  other.exec('BEGIN IMMEDIATE');
  expect(await store.find([change])).toEqual([null]);
  expect(await store.overdue(10)).toEqual({ count: 0, oldest: null });
  other.exec('ROLLBACK');
  expect((await store.find([change]))[0]?.deadline).toBe(1);
  other.close();
  await store.close();
  await directory.remove();
});
