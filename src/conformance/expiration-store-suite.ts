/**
 * What every expiration store must do, wherever it keeps its rows.
 *
 * How a holder dies is not among it: that takes a process to kill, and a test
 * of the store's own.
 */
import { describeClaims } from './expirations/claims.js';
import { describeDueRows } from './expirations/due.js';
import { describeFailures } from './expirations/failures.js';
import { describeLifecycle } from './expirations/lifecycle.js';
import { describeRows } from './expirations/rows.js';
import { describeSettling } from './expirations/settling.js';
import { describeSeveralHolders } from './expirations/several-holders.js';
import type {
  ExpirationStoreSuiteOptions,
  StoreSubject,
  TestedExpirationStore,
} from './expirations/subject.js';
import type { TestRunner } from './runner.js';

/**
 * Hold an expiration store to the contract.
 *
 * @param runner `describe`, `it`, `beforeEach` and `afterEach` of jest, vitest, mocha or node:test
 * @param name what the tests are called by
 * @param factory makes an empty store for each test
 * @example
 * import { afterEach, beforeEach, describe, it } from 'node:test';
 * const runner = { describe, it, beforeEach, afterEach };
 * describeExpirationStore(runner, 'MemoryExpirationStore', async () => ({ store: new MemoryExpirationStore() }));
 */
export function describeExpirationStore(
  runner: TestRunner,
  name: string,
  factory: () => Promise<TestedExpirationStore>,
  { severalHolders = false }: ExpirationStoreSuiteOptions = {},
): void {
  runner.describe(`${name}: the expiration store contract`, () => {
    let tested: TestedExpirationStore | null = null;
    const subject: StoreSubject = {
      get tested() {
        if (tested === null) throw new Error('the factory failed');
        return tested;
      },
      get store() {
        return this.tested.store;
      },
      others: [],
    };
    runner.beforeEach(async () => {
      tested = await factory();
    });
    // Of the others too: runners do not agree on the order of hooks inside and outside of a group.
    runner.afterEach(async () => {
      try {
        for (const other of subject.others.splice(0)) await other.close();
        await tested?.store.close();
      } finally {
        await tested?.cleanup?.();
        tested = null;
      }
    });
    for (const describeTopic of topics) describeTopic(runner, subject);
    if (severalHolders) describeSeveralHolders(runner, subject);
  });
}

const topics: readonly ((runner: TestRunner, subject: StoreSubject) => void)[] = [
  describeRows,
  describeClaims,
  describeSettling,
  describeDueRows,
  describeFailures,
  describeLifecycle,
];
