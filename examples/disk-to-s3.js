/**
 * Migration from disk to S3: all namespaces are copied, each file with the time
 * that it has left. Afterwards the application goes on with the same code and
 * `storage: { type: 's3fs', bucket, urlRoot: '/files' }`: the URLs that are out
 * there keep working, as the router redirects them to S3.
 *
 *   S3_BUCKET=my-bucket node examples/disk-to-s3.js
 *
 * It may run while the application serves, and again: what is in S3 already is
 * left alone. Stop uploads before the last run.
 */
import { createMayfly } from 'mayfly';

/** Files under way at once. */
const AT_ONCE = 16;

/** Copy all that `from` has to `to`. */
export async function migrate(from, to) {
  const counts = { copied: 0, unchanged: 0, expired: 0 };
  for await (const namespace of from.namespaces()) {
    const source = from.getFilesystem(namespace);
    const destination = to.getFilesystem(namespace);
    const running = new Set();
    for await (const file of source.scanTree('')) {
      if (file.isDir) continue;
      const copy = copyOne(source, destination, file).then((outcome) => {
        counts[outcome]++;
        running.delete(copy);
      });
      running.add(copy);
      if (running.size >= AT_ONCE) await Promise.race(running);
    }
    await Promise.all(running);
  }
  return counts;
}

async function copyOne(source, destination, { path, size, modified }) {
  const deadline = await source.getExpiration(path);
  const seconds = deadline === null ? undefined : (deadline.getTime() - Date.now()) / 1000;
  if (seconds !== undefined && seconds <= 0) return 'expired';
  const there = (await destination.exists(path)) ? await destination.getInfo(path) : null;
  if (there !== null && there.size === size && there.modified > modified) return 'unchanged';
  const lifetime = seconds === undefined ? {} : { seconds };
  await destination.write(path, await source.openRead(path), lifetime);
  return 'copied';
}

if (process.argv[1] === import.meta.filename) {
  const disk = createMayfly({
    storage: { type: 'osfs', directoryRoot: 'var/files', urlRoot: '/files' },
    expirations: { type: 'sqlite', path: 'var/expirations.db' },
    purge: false,
  });
  const { S3_BUCKET: bucket, S3_ENDPOINT: endpoint, S3_REGION: region } = process.env;
  const bucketAt = { bucket, ...(endpoint && { endpoint }), ...(region && { region }) };
  const s3 = createMayfly({
    storage: { type: 's3fs', ...bucketAt, urlRoot: '/files' },
    // Deadlines belong to their storage, so S3 has a store of its own.
    expirations: { type: 'sqlite', path: 'var/expirations-s3.db' },
    purge: false,
  });
  console.log(JSON.stringify(await migrate(disk, s3)));
  await disk.close();
  await s3.close();
}
