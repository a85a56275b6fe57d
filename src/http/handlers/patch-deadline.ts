/** PATCH of a file's deadline. */
import type { z } from 'zod';
import { FileExpected } from '../../errors/errors.js';
import type { Info } from '../../fs/info.js';
import { sendJson } from '../answer.js';
import type { Exchange } from '../exchange.js';
import { describeFile } from '../file-resource.js';
import { badRequest, gone, HttpProblem, notFound, preconditionFailed } from '../http-problem.js';
import { requireLifetime, requireMortal } from '../lifetime-limit.js';
import { readSmallBody, refuseEncodedBody, refuseReadBody } from '../request-body.js';
import { deadlineChangeSchema } from '../schemas.js';
import { evaluateConditions } from '../semantics/conditional.js';
import { lookUp } from '../stored-file.js';

const MAX_BODY_BYTES = 64 * 1024;

type Change = z.infer<typeof deadlineChangeSchema>;

export async function patchDeadline(exchange: Exchange): Promise<void> {
  const { fs, path, response, options } = exchange;
  await exchange.require('expire');
  const { info, expired } = await lookUp(exchange);
  if (expired) throw gone();
  let file = checked(exchange, info);
  const { seconds = 0, days = 0, expires = true } = await readChange(exchange);
  if (options.lifetime !== null) {
    if (expires) requireLifetime(options.lifetime, seconds, days);
    else requireMortal(options.lifetime);
  }
  let deadline: Date | null;
  try {
    // The file may be another by now, or none.
    const check = (current: Info | null): void => {
      file = checked(exchange, current);
    };
    deadline = await fs.expire(path, seconds, days, expires, { check });
  } catch (error) {
    if (error instanceof RangeError) throw badRequest('seconds or days are out of range.');
    throw error;
  }
  sendJson(response, 200, await describeFile(exchange, file, deadline));
}

/** @throws HttpProblem 404, 412; FileExpected */
function checked(exchange: Exchange, info: Info | null): Info {
  if (info?.isDir) throw new FileExpected(exchange.path);
  if (info === null || exchange.namesDirectory) throw notFound();
  if (evaluateConditions('PATCH', exchange.request.headers, info) === 'failed') throw preconditionFailed();
  return info;
}

/** @throws HttpProblem 400, 413, 415 */
async function readChange({ request }: Exchange): Promise<Change> {
  if (!/^\s*application\/json\s*(?:;|$)/i.test(request.headers['content-type'] ?? '')) {
    throw new HttpProblem(415, 'A deadline is patched with application/json.', {
      'Accept-Patch': 'application/json',
    });
  }
  refuseEncodedBody(request);
  // `express.json()` for a whole application is common, and what it read is all here.
  const parsedBefore = 'body' in request && request.body !== undefined && request.readableDidRead;
  if (!parsedBefore) refuseReadBody(request);
  const value = parsedBefore ? request.body : parseJson(await readSmallBody(request, MAX_BODY_BYTES));
  const { success, data } = deadlineChangeSchema.safeParse(value);
  if (!success)
    throw badRequest('The body must be an object of seconds, days (numbers of 0 or more) and expires.');
  if (data.seconds === undefined && data.days === undefined && data.expires !== false) {
    throw badRequest('There is nothing to change: give seconds or days, or "expires": false.');
  }
  return data;
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw badRequest('The body is not JSON.');
  }
}
