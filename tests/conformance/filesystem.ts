/** The conformance suite, under jest. */
import { afterEach, beforeEach, describe, it } from '@jest/globals';
import * as conformance from '../../src/conformance/index.js';

export type { TestedFilesystem } from '../../src/conformance/index.js';

/** @example describeFilesystem('MemoryFS', async () => ({ fs: new MemoryFS() })); */
export function describeFilesystem(name: string, factory: () => Promise<conformance.TestedFilesystem>): void {
  const runner = { describe, it, beforeEach, afterEach };
  conformance.describeFilesystem(runner, name, factory);
}
