/**
 * The conformance suites: what every filesystem and every expiration store must
 * do, for those of one's own. docs/BACKENDS.md shows their use.
 */
export { describeExpirationStore } from './expiration-store-suite.js';
export type { ExpirationStoreSuiteOptions, TestedExpirationStore } from './expirations/subject.js';
export { describeFilesystem } from './filesystem-suite.js';
export type { TestedFilesystem, TestRunner } from './runner.js';
