/** Held by the compiler: what docs/BACKENDS.md hands to the suites fits without a cast. jest's functions do beside this. */
import type { TestRunner } from '../../src/conformance/index.js';

type Fitting<Runner extends TestRunner> = Runner;

export type NodeTest = Fitting<typeof import('node:test')>;
