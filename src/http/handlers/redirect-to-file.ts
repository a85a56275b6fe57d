/**
 * GET and HEAD of a file that the storage delivers itself: 302 to a presigned
 * URL. Whether there is such a file, nobody is asked: that is the storage's to
 * answer. Whether its deadline has passed, we know.
 */
import { send } from '../answer.js';
import type { Exchange } from '../exchange.js';
import { gone } from '../http-problem.js';
import { redirectCacheControl, secondsLeft } from '../semantics/cache-lifetime.js';
import { formatHttpDate } from '../semantics/http-date.js';

export async function redirectToFile(exchange: Exchange): Promise<void> {
  const { fs, path, method, query, plain, response } = exchange;
  const { presignSeconds, cacheControl, trusted } = exchange.options;
  const known = fs.expirationNow(path);
  const [deadline = null] = known === undefined ? await fs.getExpirations([path], { recent: true }) : [known];
  if (deadline !== null && deadline.getTime() <= exchange.now()) throw gone();
  const { url, expiresAt } = await fs.presign(path, {
    method: method === 'HEAD' ? 'HEAD' : 'GET',
    expiresIn: presignSeconds,
    // Everybody gets the same URL until it has half its life left, so that caches know it again.
    window: presignSeconds / 2,
    download: plain ? undefined : (query.get('download') ?? undefined),
    deadline,
    cacheControl,
    trusted,
  });
  const fileLeft = deadline === null ? null : secondsLeft(deadline.getTime(), exchange.now());
  send(response, 302, {
    Location: url,
    'Cache-Control': redirectCacheControl(cacheControl, (expiresAt - Date.now()) / 1000, fileLeft),
    ...(deadline === null ? {} : { Sunset: formatHttpDate(deadline.getTime()) }), // RFC 8594
  });
}
