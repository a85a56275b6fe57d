/**
 * POST /links: a link to a file that works for a while, for who may not only
 * read. Where the storage does not sign, all there is is the file's own URL,
 * and the answer says that it does not end by itself.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { MayflyError } from '../errors/errors.js';
import { sendJson } from '../http/answer.js';
import { sendError } from '../http/error-response.js';
import { readSmallBody } from '../http/request-body.js';
import type { Mayfly } from '../mayfly.js';
import { EXPIRES, SIGNATURE } from '../urls/signed-url.js';

const MAX_BODY_BYTES = 16 * 1024;
/** SigV4's limit, and long enough for any link that is called temporary. */
const MAX_TIMEOUT_SECONDS = 604_800;

/** What is asked for. */
export const linkRequestSchema = z
  .strictObject({
    namespace: z.string(),
    path: z.string().min(1),
    timeout: z.int().min(1).max(MAX_TIMEOUT_SECONDS).describe('Seconds that the link works.'),
    download: z.boolean().optional().describe('The browser saves the file.'),
  })
  .meta({ id: 'LinkRequest' });

/** What is answered. */
export const linkSchema = z
  .strictObject({
    url: z.string(),
    temporary: z
      .boolean()
      .describe(
        'false: this server has no secret to sign with, and the link works as long as the file is there.',
      ),
    expires: z.iso
      .datetime()
      .nullable()
      .describe('When the link or, if that is earlier, the file ends; null: never.'),
  })
  .meta({ id: 'Link' });

type Handler = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

export function linksHandler(mayfly: Pick<Mayfly, 'getFilesystem'>): Handler {
  return async (req, res) => {
    if (req.method !== 'POST') {
      return sendError(res, {
        status: 405,
        detail: 'Links are asked for by POST.',
        headers: { Allow: 'POST' },
      });
    }
    const asked = linkRequestSchema.safeParse(await bodyOf(req));
    if (!asked.success) {
      return sendError(res, {
        status: 400,
        detail: `The body must be a JSON object of namespace, path and timeout (whole seconds from 1 to ${MAX_TIMEOUT_SECONDS}).`,
      });
    }
    try {
      sendJson(res, 200, await linkTo(mayfly, asked.data));
    } catch (error) {
      if (!(error instanceof MayflyError) || !REFUSED.has(error.code)) throw error;
      sendError(res, { status: 400, detail: 'There can be no such namespace or path.' });
    }
  };
}

const REFUSED = new Set(['InvalidNamespace', 'InvalidPath', 'IllegalBackReference']);

async function linkTo(
  mayfly: Pick<Mayfly, 'getFilesystem'>,
  { namespace, path, timeout, download }: z.infer<typeof linkRequestSchema>,
): Promise<z.infer<typeof linkSchema>> {
  const fs = mayfly.getFilesystem(namespace);
  const more = download === true ? { download } : {};
  const [url, lasting, deadline] = await Promise.all([
    fs.getUrl(path, { timeout, ...more }),
    fs.getUrl(path, { ...more }),
    fs.getExpiration(path),
  ]);
  const signedEnd = endOfSigned(url);
  const temporary = signedEnd !== null || url !== lasting;
  const linkEnd = signedEnd ?? (temporary ? Date.now() + timeout * 1000 : null);
  const ends = [linkEnd, deadline?.getTime() ?? null].filter((end) => end !== null);
  return { url, temporary, expires: ends.length === 0 ? null : new Date(Math.min(...ends)).toISOString() };
}

/** When a URL that is signed here ends, in ms since the epoch; null: it is not. (S3's own say it otherwise.) */
function endOfSigned(url: string): number | null {
  const { searchParams } = new URL(url, 'http://this.invalid');
  const expires = searchParams.get(EXPIRES);
  return searchParams.has(SIGNATURE) && expires !== null ? Number(expires) * 1000 : null;
}

async function bodyOf(req: IncomingMessage): Promise<unknown> {
  try {
    return JSON.parse((await readSmallBody(req, MAX_BODY_BYTES)).toString('utf8'));
  } catch {
    return null;
  }
}
