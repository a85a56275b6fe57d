/** One PostgreSQL for all tests of a run: the one of DATABASE_URL, else one of our own. */
import { startPostgres } from './postgres-server.js';

export default async function setUp() {
  if (process.env.DATABASE_URL) return;
  const server = await startPostgres();
  globalThis.mayflyPostgres = server;
  process.env.DATABASE_URL = server.url;
}
