import { join } from 'node:path';
import { MemoryExpirationStore } from '../../src/expirations/memory-expiration-store.js';
import { PostgresExpirationStore } from '../../src/expirations/sql/postgres-expiration-store.js';
import { SqliteExpirationStore } from '../../src/expirations/sql/sqlite-expiration-store.js';
import { describeExpirationStore } from '../conformance/expiration-store.js';
import { testDatabase } from '../support/postgres.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

describeExpirationStore('MemoryExpirationStore', async () => ({ store: new MemoryExpirationStore() }));

describeExpirationStore('SqliteExpirationStore in memory', async () => ({
  store: new SqliteExpirationStore(':memory:'),
}));

describeExpirationStore(
  'SqliteExpirationStore in a file',
  async () => {
    const directory = await temporaryDirectory();
    const path = join(directory.path, 'deep', 'expirations.db');
    return {
      store: new SqliteExpirationStore(path),
      another: () => new SqliteExpirationStore(path),
      cleanup: directory.remove,
    };
  },
  { severalHolders: true },
);

describeExpirationStore(
  'PostgresExpirationStore',
  async () => {
    const { url, remove } = await testDatabase();
    return {
      store: new PostgresExpirationStore(url),
      another: () => new PostgresExpirationStore(url),
      cleanup: remove,
    };
  },
  { severalHolders: true },
);
