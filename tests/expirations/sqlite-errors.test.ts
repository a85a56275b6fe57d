import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import { translateSqliteError } from '../../src/expirations/sql/sqlite-errors.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

/** Loads a native part of a package, as better-sqlite3 does. */
type Bindings = (options: { bindings: string; module_root: string }) => unknown;

const require = createRequire(createRequire(import.meta.url).resolve('better-sqlite3'));

describe('translateSqliteError', () => {
  it('says what to do where better-sqlite3 was not built', async () => {
    const bindings = require('bindings') as Bindings;
    const empty = await temporaryDirectory();
    const cause = (() => {
      try {
        return bindings({ bindings: 'better_sqlite3.node', module_root: empty.path });
      } catch (error) {
        return error;
      }
    })();
    await empty.remove();
    expect(translateSqliteError(cause)).toMatchObject({
      code: 'OperationFailed',
      message: expect.stringMatching(/better-sqlite3 was not built.*install script.*rebuild/),
      cause,
    });
  });

  it('says what to do where it was built for another Node.js', () => {
    const cause = Object.assign(new Error('compiled against a different Node.js version'), {
      code: 'ERR_DLOPEN_FAILED',
    });
    expect(translateSqliteError(cause)).toMatchObject({
      code: 'OperationFailed',
      message: expect.stringContaining('npm rebuild better-sqlite3'),
      cause,
    });
  });
});
