/** What a store on SQL settles later than it says, and what becomes of it when the database refuses. */
import { join } from 'node:path';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { CompiledQuery, type Kysely } from 'kysely';
import { OperationTimeout } from '../../src/errors/errors.js';
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
  refusal: Error = new Error('refused');
  /** How many queries have run. */
  queries = 0;

  async run<T>(script: () => Script<T>, options: RunOptions = {}): Promise<T> {
    this.asked.push(options);
    if (this.refuses(options)) throw this.refusal;
    const running = script();
    let step = running.next();
    for (; !step.done; step = running.next([])) this.queries++;
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
    expect(runner.asked).toEqual([{ durable: false, atOnce: true }, { readOnly: true }]);
    runner.refuses = () => false;
    while (late.tokens.length > 0) await sleep(10);
    expect(runner.queries).toBe(1); // The giving back alone: the read was refused too.
  });

  it('that meet a lock of another process are not waited for, and made as soon as it is free', async () => {
    const runner = new Runner();
    const late = lateOver(runner);
    runner.refuses = () => true;
    runner.refusal = new OperationTimeout(undefined, { message: 'locked' });
    late.soon('token', [change]);
    await expect(late.run(reading)).rejects.toThrow('locked');
    const began = runner.asked.length;
    while (runner.asked.length < began + 3) await turn();
    expect(new Set(runner.asked.slice(began).map(({ atOnce }) => atOnce))).toEqual(new Set([true]));
    runner.refuses = () => false;
    while (late.tokens.length > 0) await sleep(1);
    expect(runner.queries).toBe(2); // Whether the claim is held, and its giving back.
  });

  it('are made once, however many scripts run before the first has answered', async () => {
    const runner = new Runner();
    const late = lateOver(runner);
    for (let i = 0; i < 10; i++) late.soon(`token-${i}`, []);
    await Promise.all(Array.from({ length: 10 }, () => late.run(reading)));
    expect(runner.queries).toBe(20); // Each is given back, and each script has its own.
  });

  it('that went along with a script which was undone go along with the next one', async () => {
    const runner = new Runner();
    const late = lateOver(runner);
    late.soon('token', []);
    runner.refuses = () => true;
    await expect(late.run(reading)).rejects.toThrow('refused');
    runner.refuses = () => false;
    await late.run(reading);
    expect(runner.queries).toBe(2);
    expect(late.tokens).toEqual([]);
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
    expect(runner.asked).toEqual([{ durable: false, atOnce: true }]);
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
