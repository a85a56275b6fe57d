/**
 * Memoization: the result of something expensive is kept as a file until it is
 * too old. Any number of processes share it, on one disk or one bucket.
 *
 *   node examples/memoize.js
 */
import { createHash } from 'node:crypto';
import { createMayfly } from 'mayfly';

/**
 * A function that remembers.
 * @param {import('mayfly').NamespaceFS} results where the results are kept
 * @param {{ seconds: number }} lifetime how old a result may become
 * @param {(...args: unknown[]) => Promise<unknown>} compute its arguments and results are JSON
 */
export function memoize(results, lifetime, compute) {
  const underWay = new Map();
  return (...args) => {
    const path = `${createHash('sha256').update(JSON.stringify(args)).digest('hex')}.json`;
    // Asked twice at once, it is computed once.
    const result = underWay.get(path) ?? recall(path, args).finally(() => underWay.delete(path));
    underWay.set(path, result);
    return result;
  };

  async function recall(path, args) {
    const deadline = await results.getExpiration(path);
    // A file past its deadline is there until the next purge.
    if (deadline !== null && deadline > new Date()) {
      const kept = await results.readText(path).catch(() => null);
      if (kept !== null) return JSON.parse(kept);
    }
    const result = await compute(...args);
    await results.write(path, JSON.stringify(result), lifetime);
    return result;
  }
}

if (process.argv[1] === import.meta.filename) {
  const mayfly = createMayfly({
    storage: { type: 'osfs', directoryRoot: 'var/files', urlRoot: '/files' },
    expirations: { type: 'sqlite', path: 'var/expirations.db' },
  });
  let computed = 0;
  const countPrimes = memoize(mayfly.getFilesystem('primes'), { seconds: 60 }, async (limit) => {
    computed++;
    let count = 0;
    for (let n = 2; n < limit; n++) {
      let divisor = 2;
      while (divisor * divisor <= n && n % divisor !== 0) divisor++;
      if (divisor * divisor > n) count++;
    }
    return count;
  });
  console.log(await countPrimes(200_000), await countPrimes(200_000), `computed ${computed} times`);
  await mayfly.close();
}
