/**
 * What every filesystem must do, whatever is below it.
 *
 * A backend's test is a factory and its oddities. Where behaviour depends on
 * what a backend can do, `getMeta()` chooses the tests. The cases follow
 * pyfilesystem2's `FSTestCases`, as far as they have a meaning for streams.
 */
import { describeAtOnce } from './filesystem/at-once.js';
import { describeClimbing } from './filesystem/climbing.js';
import { describeCopyAndMove } from './filesystem/copy-move.js';
import { describeDirectories } from './filesystem/directories.js';
import { describeInfo } from './filesystem/info.js';
import { describeLifecycle } from './filesystem/lifecycle.js';
import { describeListing } from './filesystem/listing.js';
import { describeOptionTypes } from './filesystem/option-types.js';
import { describePaths } from './filesystem/paths.js';
import { describeReading } from './filesystem/reading.js';
import { describeRemoval } from './filesystem/removal.js';
import { describeSources } from './filesystem/sources.js';
import { describeStaging } from './filesystem/staging.js';
import { describeTrees } from './filesystem/trees.js';
import { describeWalking } from './filesystem/walking.js';
import { describeWriting } from './filesystem/writing.js';
import type { Subject, TestedFilesystem, TestRunner } from './runner.js';

/**
 * Hold a filesystem to the contract.
 *
 * @param runner `describe`, `it`, `beforeEach` and `afterEach` of jest, vitest, mocha or node:test
 * @param name what the tests are called by
 * @param factory makes an empty filesystem for each test
 * @example
 * import { afterEach, beforeEach, describe, it } from 'node:test';
 * describeFilesystem({ describe, it, beforeEach, afterEach }, 'MemoryFS', async () => ({ fs: new MemoryFS() }));
 */
export function describeFilesystem(
  runner: TestRunner,
  name: string,
  factory: () => Promise<TestedFilesystem>,
): void {
  runner.describe(`${name}: the filesystem contract`, () => {
    let tested: TestedFilesystem | null = null;
    const subject: Subject = {
      get fs() {
        if (tested === null) throw new Error('the factory failed');
        return tested.fs;
      },
    };
    runner.beforeEach(async () => {
      tested = await factory();
    });
    runner.afterEach(async () => {
      await tested?.cleanup?.();
      tested = null;
    });
    for (const describeTopic of topics) describeTopic(runner, subject);
  });
}

const topics: readonly ((runner: TestRunner, subject: Subject) => void)[] = [
  describeInfo,
  describeListing,
  describeReading,
  describeWriting,
  describeSources,
  describeStaging,
  describeAtOnce,
  describeRemoval,
  describeDirectories,
  describeCopyAndMove,
  describeTrees,
  describeClimbing,
  describeWalking,
  describePaths,
  describeOptionTypes,
  describeLifecycle,
];
