/** The conformance suite of expiration stores, under jest. */
import { afterEach, beforeEach, describe, it } from '@jest/globals';
import * as conformance from '../../src/conformance/index.js';

/** @example describeExpirationStore('MemoryExpirationStore', async () => ({ store: new MemoryExpirationStore() })); */
export function describeExpirationStore(
  name: string,
  factory: () => Promise<conformance.TestedExpirationStore>,
  options?: conformance.ExpirationStoreSuiteOptions,
): void {
  const runner = { describe, it, beforeEach, afterEach };
  conformance.describeExpirationStore(runner, name, factory, options);
}
