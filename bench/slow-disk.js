/** Makes the disk seem slower: whatever syncs through node:fs takes so much longer. To be called before mayfly is imported. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** @param {number} ms beside what the disk takes itself; what SQLite syncs, once in hundreds of writes, stays as it is */
export function slowDownSyncs(ms) {
  for (const name of ['fsync', 'fdatasync']) {
    const sync = fs[name];
    fs[name] = (fd, callback) => sync(fd, (error) => setTimeout(callback, ms, error));
  }
  syncBuiltinESMExports();
}
