/**
 * GET and HEAD of a file that the storage delivers itself: 302 to a presigned
 * URL. Whether there is such a file, nobody is asked: that is the storage's to
 * answer. Whether its deadline has passed, we know.
 */
import { send } from '../answer.js';
import type { Exchange } from '../exchange.js';
import { gone } from '../http-problem.js';
import { redirectCacheControl } from '../semantics/cache-lifetime.js';
import { formatHttpDate } from '../semantics/http-date.js';

export async function redirectToFile(exchange: Exchange): Promise<void> {
  const { fs, path, method, query, plain, response, signed } = exchange;
  const { presignSeconds, cacheControl, trusted } = exchange.options;
  const known = fs.expirationNow(path);
  const [deadline = null] = known === undefined ? await fs.getExpirations([path], { recent: true }) : [known];
  if (deadline !== null && deadline.getTime() <= exchange.now()) throw gone();
  const left = exchange.secondsLeft(deadline?.getTime() ?? null);
  // Who was let in for a minute is not sent on for an hour.
  const expiresIn = Math.max(1, Math.min(presignSeconds, exchange.secondsLeft(null) ?? presignSeconds));
  const { url, expiresAt } = await fs.presign(path, {
    method: method === 'HEAD' ? 'HEAD' : 'GET',
    expiresIn,
    // Everybody gets the same URL until it has half its life left, so that caches know it again.
    window: expiresIn / 2,
    download: plain ? undefined : (query.get('download') ?? undefined),
    contentType: signed?.type,
    deadline,
    cacheControl,
    trusted,
  });
  send(response, 302, {
    Location: url,
    'Cache-Control': redirectCacheControl(cacheControl, (expiresAt - Date.now()) / 1000, left),
    ...(deadline === null ? {} : { Sunset: formatHttpDate(deadline.getTime()) }), // RFC 8594
  });
}
