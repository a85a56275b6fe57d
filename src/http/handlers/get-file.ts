/** GET and HEAD of a file; of a directory they are a listing, when JSON is asked for. */
import { OperationTimeout } from '../../errors/errors.js';
import type { Exchange } from '../exchange.js';
import { gone, notFound } from '../http-problem.js';
import { asksForJson } from '../semantics/accept.js';
import { sendFile } from '../send-file.js';
import { signedRead } from '../signed-request.js';
import { lookUp } from '../stored-file.js';
import { listDirectory } from './list-directory.js';
import { redirectToFile } from './redirect-to-file.js';

/** How often a file may be replaced between looking it up and opening it. */
const TRIES = 20;

export async function getFile(exchange: Exchange): Promise<void> {
  if (await isListing(exchange)) {
    await exchange.require('list');
    return listDirectory(exchange);
  }
  exchange.signed = signedRead(exchange);
  if (exchange.signed !== null) exchange.grant('read');
  await exchange.require('read');
  if (exchange.namesDirectory) throw notFound();
  if (exchange.options.delivery === 'redirect') return redirectToFile(exchange);
  for (let tries = 0; tries < TRIES; tries++) {
    const { info, deadline, expired } = await lookUp(exchange);
    if (expired) throw gone();
    if (info === null || info.isDir) throw notFound();
    if (await sendFile(exchange, { info, deadline })) return;
  }
  throw new OperationTimeout(exchange.path, { message: 'the file is replaced too often to be read' });
}

/** A URL that ends in a slash names a directory; of others, only the storage knows. */
async function isListing(exchange: Exchange): Promise<boolean> {
  if (!asksForJson(exchange.request.headers.accept)) return false;
  if (exchange.namesDirectory) return true;
  return exchange.allows('list') && (await lookUp(exchange)).info?.isDir === true;
}
