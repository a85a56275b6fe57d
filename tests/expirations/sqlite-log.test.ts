import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { translateSqliteError } from '../../src/expirations/sql/sqlite-errors.js';
import { SqliteLog } from '../../src/expirations/sql/sqlite-log.js';
import { SqliteExpirationStore } from '../../src/index.js';
import { openBelow } from '../support/open-descriptors.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

describe('SqliteLog', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let path = '';
  let log: SqliteLog;

  beforeEach(async () => {
    directory = await temporaryDirectory();
    path = join(directory.path, 'log');
    log = new SqliteLog(path);
  });
  afterEach(async () => {
    await log.close();
    await directory.remove();
  });

  it('is put on the disk once for all who ask before that begins, and again for who asks later', async () => {
    await writeFile(path, 'frames');
    const first = log.sync();
    expect(log.sync()).toBe(first);
    await Promise.resolve().then(() => {});
    const second = log.sync();
    expect(second).not.toBe(first);
    expect(log.sync()).toBe(second);
    await Promise.all([first, second]);
  });

  it('fails who asked when it can not be reached, and is tried anew by the next', async () => {
    await expect(log.sync()).rejects.toMatchObject({ code: 'ENOENT' });
    await writeFile(path, 'frames');
    await log.sync();
  });

  it('leaves no descriptor', async () => {
    const store = new SqliteExpirationStore(join(directory.path, 'expirations.db'));
    const key = { namespace: 'ns', path: 'f' };
    await store.claim('first', [key]);
    await store.settle('first', [{ ...key, deadline: 1, intent: null, seen: true }]);
    expect((await openBelow(directory.path)).length).toBeGreaterThan(0);
    await store.close();
    expect(await openBelow(directory.path)).toEqual([]);
  });

  it.each<[string, string]>([
    ['EIO', 'RemoteConnectionError'],
    ['ENOSPC', 'InsufficientStorage'],
    ['EACCES', 'PermissionDenied'],
    ['EROFS', 'PermissionDenied'],
    ['EEXIST', 'RemoteConnectionError'],
    ['ENOTDIR', 'RemoteConnectionError'],
  ])('what the system says of it, or of its directory, %s, is %s', (code, expected) => {
    const cause = Object.assign(new Error('fdatasync'), { code });
    expect(translateSqliteError(cause)).toMatchObject({ code: expected, cause });
  });
});
