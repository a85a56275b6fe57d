/**
 * Files that lie compressed beside themselves (`app.js.br` beside `app.js`),
 * for clients that take them. Such a form is a representation of its own, with
 * entity tag, length and ranges of its own (RFC 9110 sections 8.8.3 and 14.2).
 *
 * The file itself must be there, and its deadline is what counts. A form is
 * passed over when its own has passed, and when it is older than the file:
 * then it is that of a former version.
 */
import { InvalidPath } from '../errors/errors.js';
import type { LookedUpFile, ServedFile } from '../namespaces/namespace-filesystem.js';
import type { Exchange } from './exchange.js';
import { acceptedCodings, CODINGS } from './semantics/accept-encoding.js';
import { sendFile } from './send-file.js';

/** @returns false, and nothing is sent, when there is no form that the client takes */
export async function sendCompressed(exchange: Exchange, original: ServedFile): Promise<boolean> {
  const { options, request, service, fs, path } = exchange;
  if (options.precompressed.length === 0) return false;
  for (const coding of acceptedCodings(request.headers['accept-encoding']?.toString())) {
    if (!options.precompressed.includes(coding)) continue;
    const ending = CODINGS.find((known) => known.coding === coding)?.ending ?? '';
    const formPath = path + ending;
    const form = service.lookUps.get(fs, formPath, request.socket) ?? (await findForm(exchange, formPath));
    try {
      if (!isForm(exchange, form, original)) continue;
      const { version } = form;
      const { deadline } = original;
      const described = original.version.info;
      if (await sendFile(exchange, { version, deadline, described, coding })) return true;
    } finally {
      form.version?.file?.close();
    }
  }
  return false;
}

async function findForm({ fs }: Exchange, path: string): Promise<LookedUpFile> {
  try {
    return await fs.served(path);
  } catch (error) {
    if (error instanceof InvalidPath) return { version: null, deadline: null }; // With its ending the name is too long.
    throw error;
  }
}

function isForm(exchange: Exchange, form: LookedUpFile, original: ServedFile): form is ServedFile {
  if (form.version === null) return false;
  if (form.deadline !== null && form.deadline <= exchange.now()) return false;
  return form.version.info.modified.getTime() >= original.version.info.modified.getTime();
}
