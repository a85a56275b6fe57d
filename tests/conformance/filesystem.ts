/**
 * What every filesystem must do, whatever is below it.
 *
 * A backend's test is a factory and its oddities. Where behaviour depends on
 * what a backend can do, `getMeta()` chooses the tests. The cases follow
 * pyfilesystem2's `FSTestCases`, as far as they have a meaning for streams.
 */
import { afterEach, beforeEach, describe } from '@jest/globals';
import type { Filesystem } from '../../src/fs/filesystem.js';
import { describeCopyAndMove } from './filesystem/copy-move.js';
import { describeDirectories } from './filesystem/directories.js';
import { describeInfo } from './filesystem/info.js';
import { describeLifecycle } from './filesystem/lifecycle.js';
import { describeListing } from './filesystem/listing.js';
import { describePaths } from './filesystem/paths.js';
import { describeReading } from './filesystem/reading.js';
import { describeRemoval } from './filesystem/removal.js';
import { describeSources } from './filesystem/sources.js';
import { describeStaging } from './filesystem/staging.js';
import { describeWriting } from './filesystem/writing.js';

/** The filesystem of the test that runs; a new and empty one for each. */
export interface Subject {
  readonly fs: Filesystem;
}

export interface TestedFilesystem {
  /** Empty, and the test's own. */
  fs: Filesystem;
  cleanup?: () => Promise<void>;
}

/**
 * Hold a filesystem to the contract.
 * @param factory makes an empty filesystem for each test
 * @example describeFilesystem('MemoryFS', async () => ({ fs: new MemoryFS() }));
 */
export function describeFilesystem(name: string, factory: () => Promise<TestedFilesystem>): void {
  describe(`${name}: the filesystem contract`, () => {
    let tested: TestedFilesystem;
    const subject: Subject = {
      get fs() {
        return tested.fs;
      },
    };
    beforeEach(async () => {
      tested = await factory();
    });
    afterEach(() => tested.cleanup?.());

    describeInfo(subject);
    describeListing(subject);
    describeReading(subject);
    describeWriting(subject);
    describeSources(subject);
    describeStaging(subject);
    describeRemoval(subject);
    describeDirectories(subject);
    describeCopyAndMove(subject);
    describePaths(subject);
    describeLifecycle(subject);
  });
}
