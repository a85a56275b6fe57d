/** @type {import('jest').Config} */
export default {
  testMatch: ['<rootDir>/tests/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'es6' },
      },
    ],
  },
  testEnvironment: 'node',
  globalSetup: '<rootDir>/tests/support/servers-setup.js',
  globalTeardown: '<rootDir>/tests/support/servers-teardown.js',
  testTimeout: 120_000,
  // Most of the time a test waits for a disk or a server, so none of the cores is kept for jest itself.
  maxWorkers: '100%',
};
