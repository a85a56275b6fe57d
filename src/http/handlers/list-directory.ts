/**
 * GET of a directory as JSON, page by page. Files past their deadline are left
 * out, as they answer 410, and so is what the dotfile rule hides.
 */
import type { z } from 'zod';
import { DirectoryExpected } from '../../errors/errors.js';
import type { Info } from '../../fs/info.js';
import { compareCodePoints } from '../../path/parts.js';
import { sendJson } from '../answer.js';
import type { Exchange } from '../exchange.js';
import { badRequest, notFound } from '../http-problem.js';
import type { entrySchema, pageSchema } from '../schemas.js';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

type Entry = z.infer<typeof entrySchema>;
type Page = z.infer<typeof pageSchema>;

/** Answer a listing that is authorized. */
export async function listDirectory(exchange: Exchange): Promise<void> {
  const limit = limitIn(exchange.query);
  const after = nameIn(exchange.query.get('cursor'));
  try {
    sendJson(exchange.response, 200, await readPage(exchange, limit, after), { Vary: 'Accept' });
  } catch (error) {
    // A file's URL with a slash at its end is not the file's.
    throw error instanceof DirectoryExpected ? notFound() : error;
  }
}

async function readPage(exchange: Exchange, limit: number, after: string | null): Promise<Page> {
  const entries: Entry[] = [];
  let batch: Info[] = [];
  for await (const info of exchange.fs.scanDir(exchange.path, after === null ? {} : { after })) {
    const passed = after !== null && compareCodePoints(info.name, after) <= 0;
    if (passed || exchange.hides(info.path)) continue;
    batch.push(info);
    // One more than fits shows that there is another page.
    if (entries.length + batch.length <= limit) continue;
    entries.push(...(await describe(exchange, batch)));
    batch = [];
    if (entries.length > limit) break;
  }
  entries.push(...(await describe(exchange, batch)));
  const shown = entries.slice(0, limit);
  const last = entries.length > limit ? shown.at(-1) : undefined;
  return { entries: shown, cursor: last === undefined ? null : cursorAfter(last.name) };
}

async function describe(exchange: Exchange, batch: readonly Info[]): Promise<Entry[]> {
  const { fs } = exchange;
  const deadlines = await fs.getExpirations(batch.map(({ path }) => path));
  const entries: Entry[] = [];
  for (const [i, { name, path, isDir, size, modified }] of batch.entries()) {
    const deadline = isDir ? null : (deadlines[i] ?? null);
    if (deadline !== null && deadline.getTime() <= exchange.now()) continue;
    const url = isDir ? fs.getPlainUrl(path) : await fs.getUrlUntil(path, deadline);
    const expires = deadline?.toISOString() ?? null;
    entries.push({ name, path, isDir, size, modified: modified.toISOString(), url, expires });
  }
  return entries;
}

function limitIn(query: URLSearchParams): number {
  const text = query.get('limit');
  if (text === null) return DEFAULT_LIMIT;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_LIMIT)
    throw badRequest(`limit must be a whole number from 1 to ${MAX_LIMIT}.`);
  return limit;
}

function cursorAfter(name: string): string {
  return Buffer.from(name).toString('base64url');
}

/** The name that a cursor stands for. @throws HttpProblem 400: it is none of ours */
function nameIn(cursor: string | null): string | null {
  if (cursor === null) return null;
  const name = Buffer.from(cursor, 'base64url').toString();
  if (name === '' || cursorAfter(name) !== cursor) throw badRequest('cursor is not one that was given here.');
  return name;
}
