/** GET and HEAD of a file; of a directory they are a listing, when JSON is asked for. */
import { OperationTimeout } from '../../errors/errors.js';
import type { LookedUpFile } from '../../namespaces/namespace-filesystem.js';
import type { Exchange } from '../exchange.js';
import { gone, notFound } from '../http-problem.js';
import { asksForJson } from '../semantics/accept.js';
import { sendFile } from '../send-file.js';
import { lookUp } from '../stored-file.js';
import { listDirectory } from './list-directory.js';
import { redirectToFile } from './redirect-to-file.js';

/** How often a file may be replaced between looking it up and opening it. */
const TRIES = 20;

export async function getFile(exchange: Exchange): Promise<void> {
  if (asksForJson(exchange.request.headers.accept) && (await isListing(exchange))) {
    await exchange.require('list');
    return listDirectory(exchange);
  }
  await exchange.require('read');
  if (exchange.namesDirectory) throw notFound();
  if (exchange.options.delivery === 'redirect') return redirectToFile(exchange);
  const atHand = exchange.fs.servedNow(exchange.path);
  if (atHand !== null && (await serve(exchange, atHand))) return;
  for (let tries = 0; tries < TRIES; tries++) {
    if (await serve(exchange, await exchange.fs.served(exchange.path))) return;
  }
  throw new OperationTimeout(exchange.path, { message: 'the file is replaced too often to be read' });
}

/** @returns false, or a promise of it, when the file has changed since it was looked up: nothing is sent then */
async function serve(exchange: Exchange, { version, deadline }: LookedUpFile): Promise<boolean> {
  try {
    if (deadline !== null && deadline <= exchange.now()) throw gone();
    if (version === null) throw notFound();
    return await sendFile(exchange, { version, deadline, described: version.info, coding: undefined });
  } finally {
    version?.file?.close();
  }
}

/** A URL that ends in a slash names a directory; of others, only the storage knows. */
async function isListing(exchange: Exchange): Promise<boolean> {
  if (exchange.namesDirectory) return true;
  return exchange.allows('list') && (await lookUp(exchange)).info?.isDir === true;
}
