/** GET and HEAD of a file; of a directory they are a listing, when JSON is asked for. */
import { OperationTimeout } from '../../errors/errors.js';
import type { LookedUpFile, ServedFile } from '../../namespaces/namespace-filesystem.js';
import { answerTo } from '../error-response.js';
import type { Exchange } from '../exchange.js';
import { gone, notFound } from '../http-problem.js';
import type { Representation } from '../representation.js';
import { asksForJson } from '../semantics/accept.js';
import { sendCompressed } from '../send-compressed.js';
import { sendElsewhere } from '../send-elsewhere.js';
import { sendFile } from '../send-file.js';
import { isSigned, signedRead } from '../signed-request.js';
import { lookUp } from '../stored-file.js';
import { listDirectory } from './list-directory.js';
import { redirectToFile } from './redirect-to-file.js';

/** How often a file may be replaced between looking it up and opening it. */
const TRIES = 20;

/** Answers at once where nobody has to be waited for: that is most of the speed of small files. */
export function getFile(exchange: Exchange): Promise<void> | undefined {
  if (!isReadByAll(exchange)) return getFileSlowly(exchange);
  if (exchange.options.delivery === 'redirect') return redirectToFile(exchange);
  return isSentAsItIs(exchange) && serveAtHand(exchange) ? undefined : getFileSlowly(exchange);
}

async function getFileSlowly(exchange: Exchange): Promise<void> {
  if (!asksForJson(exchange.request.headers.accept)) return readFile(exchange);
  if (exchange.namesDirectory) {
    await exchange.require('list');
    return listDirectory(exchange);
  }
  // A signature is for a file.
  if (!exchange.allows('list') || isSigned(exchange)) return readFile(exchange);
  return listOrRead(exchange);
}

/**
 * Which of the two is asked for, only the storage knows, and it is asked for those alone who may list.
 * To all others a directory is as if nothing were there.
 */
async function listOrRead(exchange: Exchange): Promise<void> {
  try {
    await exchange.authorize('list');
  } catch (refusal) {
    return readFile(exchange).catch((error: unknown) => {
      throw answerTo(error).status === 404 ? refusal : error;
    });
  }
  const { info } = await lookUp(exchange);
  return info?.isDir ? listDirectory(exchange) : readFile(exchange);
}

async function readFile(exchange: Exchange): Promise<void> {
  exchange.signed = signedRead(exchange);
  if (exchange.signed !== null) exchange.grant('read');
  await exchange.require('read');
  if (exchange.namesDirectory) throw notFound();
  if (exchange.options.delivery === 'redirect') return redirectToFile(exchange);
  const { service, fs, path, request } = exchange;
  const atHand = service.lookUps.get(fs, path, request.socket);
  if (atHand !== null && (await serve(exchange, atHand))) return;
  for (let tries = 0; tries < TRIES; tries++) {
    if (await serve(exchange, await fs.served(path))) return;
  }
  throw new OperationTimeout(exchange.path, { message: 'the file is replaced too often to be read' });
}

/** Whether a file may be sent without asking anybody. */
function isReadByAll({ service: { urls }, options, request, namesDirectory, plain }: Exchange): boolean {
  return (
    (urls === null || (!urls.required && plain)) &&
    options.authorize === undefined &&
    options.allow.has('read') &&
    !namesDirectory &&
    !asksForJson(request.headers.accept)
  );
}

function isSentAsItIs({ options }: Exchange): boolean {
  return options.precompressed.length === 0 && options.accelRedirect === undefined;
}

/** @returns false, and nothing is sent, when what is there can't be told without waiting */
function serveAtHand(exchange: Exchange): boolean {
  const { service, fs, path, request } = exchange;
  const served = service.lookUps.get(fs, path, request.socket);
  return served !== null && sendFile(exchange, asItIs(present(exchange, served))) === true;
}

/** @returns false when the file has changed since it was looked up: nothing is sent then */
async function serve(exchange: Exchange, file: LookedUpFile): Promise<boolean> {
  try {
    const served = present(exchange, file);
    if (exchange.options.accelRedirect !== undefined) {
      sendElsewhere(exchange, asItIs(served), exchange.options.accelRedirect);
      return true;
    }
    return (await sendCompressed(exchange, served)) || (await sendFile(exchange, asItIs(served)));
  } finally {
    file.version?.file?.close();
  }
}

/** @throws HttpProblem 410, 404 */
function present(exchange: Exchange, { version, deadline }: LookedUpFile): ServedFile {
  if (deadline !== null && deadline <= exchange.now()) throw gone();
  if (version === null) throw notFound();
  return { version, deadline };
}

function asItIs({ version, deadline }: ServedFile): Representation {
  return { version, deadline, described: version.info, coding: undefined };
}
