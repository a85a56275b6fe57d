/**
 * A form with files, all or nothing: every part is staged as it arrives, and
 * only when the form has ended are they published.
 */
import { setMaxListeners } from 'node:events';
import { Readable } from 'node:stream';
import { FileExists, FileExpected } from '../errors/errors.js';
import type { Info } from '../fs/info.js';
import type { NamespaceStagedFile } from '../namespaces/namespace-options.js';
import { joinPath } from '../path/parts.js';
import { requireReplaceable } from './compressed-upload.js';
import type { Exchange } from './exchange.js';
import { badRequest, ClientGone, notFound, tooLarge } from './http-problem.js';
import type { FilePart, FormReceiver } from './multipart.js';
import type { Fate } from './publish.js';
import { publishNew, publishRenamed, takeBack } from './publish.js';
import { tellFailure } from './request-failure.js';
import { declaredMediaType, mediaTypeOf } from './semantics/content-headers.js';
import { lookUp } from './stored-file.js';
import { uploadName } from './upload-name.js';
import type { UploadParameters } from './upload-parameters.js';
import { isParameterName } from './upload-parameters.js';
import type { UploadPolicy } from './upload-policy.js';
import { admitBody } from './upload-policy.js';
import type { Reservation } from './usage.js';

interface StagedUpload {
  /** Place in the form: small parts are staged side by side, and the last may be ready first. */
  readonly ordinal: number;
  readonly name: string;
  readonly staged: NamespaceStagedFile;
  /** `authorize` has agreed that a file of this name is replaced. */
  readonly mayReplace: boolean;
}

interface LateField {
  readonly name: string;
  /** File parts that began before it. */
  readonly partsBefore: number;
}

/** A file of a form that is in its place. */
export interface Published {
  readonly info: Info;
  readonly isNew: boolean;
  readonly deadline: Date | null;
}

/** What a form is held to. */
export interface FormRules {
  readonly policy: UploadPolicy;
  /** Room in the namespace; null: there is no quota. */
  readonly room: Reservation | null;
}

export class UploadForm implements FormReceiver {
  readonly #exchange: Exchange;
  readonly #parameters: UploadParameters;
  readonly #policy: UploadPolicy;
  readonly #room: Reservation | null;
  readonly #abort = new AbortController();
  readonly #uploads: StagedUpload[] = [];
  /** Parts on their way into the storage. */
  readonly #arriving = new Set<Promise<unknown>>();
  readonly #names = new Set<string>();
  /** The form was discarded, or is being: a part that begins now would be staged after that, and left behind. */
  #isOver = false;
  #parts = 0;
  #files = 0;
  /** The last field that came after parts of which it was not known yet whether they are files. */
  #lateField: LateField | null = null;

  constructor(exchange: Exchange, parameters: UploadParameters, { policy, room }: FormRules) {
    this.#exchange = exchange;
    this.#parameters = parameters;
    this.#policy = policy;
    this.#room = room;
    setMaxListeners(0, this.#abort.signal); // One for each part that arrives, however many may.
  }

  onField(name: string, value: string): void {
    if (!isParameterName(name)) return;
    if (this.#files > 0) throw lateField(name);
    this.#lateField = { name, partsBefore: this.#parts };
    this.#parameters.add(name, value);
  }

  async onFile(part: FilePart): Promise<void> {
    // The parser goes on for a moment after the form was refused.
    if (this.#isOver) throw new ClientGone();
    const arriving = this.#receive(part, this.#parts++);
    this.#arriving.add(arriving);
    await arriving.finally(() => this.#arriving.delete(arriving));
  }

  /** Make every file of the form visible, or none. @throws HttpProblem 400 for a form without files */
  async publish(): Promise<Published[]> {
    if (this.#uploads.length === 0) throw badRequest('The form has no file.');
    await this.#parameters.check();
    if (this.#room === null) return this.#publishAll();
    const published = await this.#room.publish(
      () => this.#publishAll(),
      (files) => ({
        files: files.filter(({ isNew }) => isNew).length,
        bytes: files.reduce((sum, { info }) => sum + info.size, 0),
      }),
    );
    // What was replaced is still counted.
    if (published.some(({ isNew }) => !isNew)) this.#exchange.usageChanged();
    return published;
  }

  async #publishAll(): Promise<Published[]> {
    const published: Published[] = [];
    for (const { staged } of this.#uploads) await staged.synced;
    this.#uploads.sort((a, b) => a.ordinal - b.ordinal);
    try {
      for (const upload of this.#uploads) published.push(await this.#publishOne(upload));
    } catch (error) {
      await this.#takeBack(published);
      throw error;
    }
    return published;
  }

  /** Forget whatever is not published. */
  async discard(): Promise<void> {
    this.#isOver = true;
    if (this.#arriving.size > 0) this.#abort.abort();
    await Promise.allSettled(this.#arriving);
    const discards = await Promise.allSettled(this.#uploads.map(({ staged }) => staged.discard()));
    for (const outcome of discards) {
      if (outcome.status === 'rejected')
        this.#warn(outcome.reason, 'a refused upload could not be discarded');
    }
  }

  async #receive(part: FilePart, ordinal: number): Promise<void> {
    if (part.name !== undefined) return this.#stage(part, ordinal);
    const stream = await unlessEmpty(part.stream);
    if (stream === null) return; // An input that was left unfilled.
    if (this.#lateField !== null && ordinal < this.#lateField.partsBefore)
      throw lateField(this.#lateField.name);
    await this.#stage({ ...part, stream }, ordinal);
  }

  async #stage({ name: clientName, contentType, stream }: FilePart, ordinal: number): Promise<void> {
    const { fs, path: directory } = this.#exchange;
    this.#count();
    await this.#parameters.check();
    const given = this.#parameters.filename ?? clientName;
    const name = this.#policy.filename ?? uploadName(given);
    const path = fs.validatePath(joinPath(directory, name));
    if (this.#exchange.hides(path)) throw notFound();
    const mayReplace = await this.#checkConflict(name, path);
    await requireReplaceable(this.#exchange, path);
    if (!mayReplace) await this.#room?.useFile();
    const { signal } = this.#abort;
    const offer = { name, declared: saidType(contentType, name), room: this.#room, signal };
    const body = await admitBody(this.#exchange, this.#policy, stream, offer);
    const staged = await fs.stage(path, body.content, {
      signal,
      final: this.#policy.onConflict !== 'rename',
      // Where a signed URL has named the file, that is its name.
      ...(given === undefined || this.#policy.filename !== null ? {} : { filename: given }),
      ...(body.contentType === undefined ? {} : { contentType: body.contentType }),
    });
    this.#uploads.push({ ordinal, name, staged, mayReplace });
  }

  #count(): void {
    const { maxFiles } = this.#policy;
    this.#files++;
    if (this.#files > maxFiles) throw tooLarge(`A form may have at most ${maxFiles} files here.`);
    if (this.#files > 1 && this.#parameters.filename !== undefined) {
      throw badRequest('filename is for a form with a single file.');
    }
  }

  /** Refuse early what can't be published later. @returns whether a file that is there may be replaced */
  async #checkConflict(name: string, path: string): Promise<boolean> {
    const { onConflict } = this.#policy;
    if (onConflict === 'rename') return false;
    // One form can't give two files one name, and the second would undo the first.
    if (this.#names.has(name)) throw new FileExists(path);
    this.#names.add(name);
    const { info, expired } = await lookUp(this.#exchange, path);
    if (info === null || expired) return false;
    if (info.isDir) throw new FileExpected(path);
    if (onConflict === 'fail') throw new FileExists(path);
    await this.#exchange.require('replace', path);
    return true;
  }

  async #publishOne(upload: StagedUpload): Promise<Published> {
    let deadline: Date | null = null;
    const fate: Fate = {
      ...this.#parameters.lifetime,
      onPublished: (given) => {
        deadline = given;
      },
    };
    const stored = await this.#place(upload, fate);
    return { ...stored, deadline };
  }

  async #place({ name, staged, mayReplace }: StagedUpload, fate: Fate): Promise<Omit<Published, 'deadline'>> {
    const { path: directory } = this.#exchange;
    const { onConflict } = this.#policy;
    if (onConflict === 'rename') {
      return {
        info: await publishRenamed(this.#exchange, staged, { directory, name, fate }),
        isNew: true,
      };
    }
    const path = joinPath(directory, name);
    if (mayReplace) return { info: await staged.publish(path, fate), isNew: false };
    try {
      return { info: await publishNew(this.#exchange, staged, path, fate), isNew: true };
    } catch (error) {
      if (!(error instanceof FileExists) || onConflict === 'fail') throw error;
      // It came while ours arrived, so replacing it was not asked about yet.
      await this.#exchange.require('replace', path);
      return { info: await staged.publish(path, fate), isNew: false };
    }
  }

  /** Remove what was published before the form failed. What was replaced can't be brought back. */
  async #takeBack(published: readonly Published[]): Promise<void> {
    for (const { info, isNew } of published) {
      if (!isNew) continue;
      await takeBack(this.#exchange, info).catch((error: unknown) => {
        this.#warn(error, 'a file of a form that failed could not be removed');
      });
    }
  }

  #warn(error: unknown, message: string): void {
    const { namespace, request, service } = this.#exchange;
    tellFailure(service.logger, 'warn', { request, error, message, fields: { namespace } });
  }
}

function lateField(name: string): Error {
  return badRequest(`The field ${name} must come before the files that it is for.`);
}

/** The same stream, or null when there is nothing in it. */
async function unlessEmpty(stream: Readable): Promise<Readable | null> {
  const iterator = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = await iterator.next();
  if (first.done === true) return null;
  const rest = async function* (): AsyncGenerator<Buffer> {
    yield first.value;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  };
  return Readable.from(rest(), { objectMode: false });
}

/** The parser calls a part without a type `text/plain`, so of that a name that says something knows more. */
function saidType(contentType: string, name: string): string | undefined {
  const byName = declaredMediaType(mediaTypeOf({ name }));
  return contentType === 'text/plain' && byName !== undefined ? undefined : declaredMediaType(contentType);
}
