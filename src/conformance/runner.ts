/** What the suites need of a test runner: the four functions that jest, vitest, mocha and node:test have alike. */
import type { Filesystem } from '../fs/filesystem.js';

type Body = () => void | Promise<void>;

/** A test runner, passed in, so that the suites depend on none. */
export interface TestRunner {
  /** Group tests under a name. */
  describe: (name: string, body: () => void) => unknown;
  /** One test; it fails when its body throws or rejects. */
  it: (name: string, body: Body) => unknown;
  /** Run before each test of the group. */
  beforeEach: (body: Body) => unknown;
  /** Run after each test of the group. */
  afterEach: (body: Body) => unknown;
}

/** A filesystem to hold to the contract. */
export interface TestedFilesystem {
  /** Empty, and the test's own. Tests may close it. */
  fs: Filesystem;
  /** Called after the test, whatever its result. */
  cleanup?: () => Promise<void>;
}

/** The filesystem of the test that runs; a new and empty one for each. */
export interface Subject {
  readonly fs: Filesystem;
}
