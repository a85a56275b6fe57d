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

/** Answers at once where nobody has to be waited for: that is most of the speed of small files. */
export function getFile(exchange: Exchange): Promise<void> | undefined {
  return isReadByAll(exchange) && serveAtHand(exchange) ? undefined : getFileSlowly(exchange);
}

async function getFileSlowly(exchange: Exchange): Promise<void> {
  if (asksForJson(exchange.request.headers.accept) && (await isListing(exchange))) {
    await exchange.require('list');
    return listDirectory(exchange);
  }
  await exchange.require('read');
  if (exchange.namesDirectory) throw notFound();
  if (exchange.options.delivery === 'redirect') return redirectToFile(exchange);
  for (let tries = 0; tries < TRIES; tries++) {
    if (await serve(exchange, await exchange.fs.served(exchange.path))) return;
  }
  throw new OperationTimeout(exchange.path, { message: 'the file is replaced too often to be read' });
}

/** Whether a file may be sent without asking anybody. */
function isReadByAll({ options, request, namesDirectory }: Exchange): boolean {
  return (
    options.authorize === undefined &&
    options.allow.has('read') &&
    options.delivery === 'proxy' &&
    !namesDirectory &&
    !asksForJson(request.headers.accept)
  );
}

/** @returns false, and nothing is sent, when what is there can't be told without waiting */
function serveAtHand(exchange: Exchange): boolean {
  const { service, fs, path, request } = exchange;
  const served = service.lookUps.get(fs, path, request.socket);
  return served !== null && send(exchange, served) === true;
}

/** @returns false when the file has changed since it was looked up: nothing is sent then */
async function serve(exchange: Exchange, file: LookedUpFile): Promise<boolean> {
  try {
    return await send(exchange, file);
  } finally {
    file.version?.file?.close();
  }
}

function send(exchange: Exchange, { version, deadline }: LookedUpFile): boolean | Promise<boolean> {
  if (deadline !== null && deadline <= exchange.now()) throw gone();
  if (version === null) throw notFound();
  return sendFile(exchange, { version, deadline, described: version.info, coding: undefined });
}

/** A URL that ends in a slash names a directory; of others, only the storage knows. */
async function isListing(exchange: Exchange): Promise<boolean> {
  if (exchange.namesDirectory) return true;
  return exchange.allows('list') && (await lookUp(exchange)).info?.isDir === true;
}
