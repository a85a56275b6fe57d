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
import { isCompressedForm, requireReplaceable } from './compressed-upload.js';
import type { Exchange } from './exchange.js';
import { badRequest, ClientGone, notFound, tooLarge } from './http-problem.js';
import type { FilePart, FormReceiver } from './multipart.js';
import type { Fate, Stored } from './publish.js';
import { publishAt, publishCounted, publishRenamed } from './publish.js';
import { tellFailure } from './request-failure.js';
import { declaredMediaType, mediaTypeOf } from './semantics/content-headers.js';
import { inTheWay } from './stored-file.js';
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
  /** The file of this name, of which `authorize` has agreed that it is replaced; null: room was kept for one more. */
  readonly found: Info | null;
}

interface LateField {
  readonly name: string;
  /** File parts that began before it. */
  readonly partsBefore: number;
}

/** A file of a form that is in its place. */
export interface Published extends Stored {
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
  /** Null until a part has to be waited for. */
  #abort: AbortController | null = null;
  /** What is staged and not published. */
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
    try {
      await arriving;
    } finally {
      this.#arriving.delete(arriving);
    }
  }

  /** Make every file of the form visible, or none. @throws HttpProblem 400 for a form without files */
  async publish(): Promise<Published[]> {
    if (this.#uploads.length === 0) throw badRequest('The form has no file.');
    await this.#parameters.check();
    if (this.#uploads.length > 1) for (const { staged } of this.#uploads) await staged.synced;
    this.#uploads.sort((a, b) => a.ordinal - b.ordinal);
    const published = await this.#publishAll(this.#uploads);
    this.#uploads.length = 0;
    return published;
  }

  /** @returns in the order of the uploads */
  async #publishAll(uploads: readonly StagedUpload[]): Promise<Published[]> {
    // All of them at once, so that nobody sees half of what can be done in one go.
    const attempts = await Promise.allSettled(uploads.map((upload) => this.#publishSoon(upload)));
    const published = new Map<StagedUpload, Published>();
    for (const [i, upload] of uploads.entries()) {
      const attempt = attempts[i];
      if (attempt?.status === 'fulfilled' && attempt.value !== null) published.set(upload, attempt.value);
    }
    try {
      for (const attempt of attempts) if (attempt.status === 'rejected') throw attempt.reason;
      for (const upload of uploads)
        if (!published.has(upload)) published.set(upload, await this.#publishOne(upload));
    } catch (error) {
      await this.#takeBack([...published.values()]);
      throw error;
    }
    return uploads.map((upload) => published.get(upload) as Published);
  }

  /** Forget whatever is not published. */
  async discard(): Promise<void> {
    this.#isOver = true;
    if (this.#arriving.size > 0) {
      this.#abort?.abort();
      await Promise.allSettled(this.#arriving);
    }
    if (this.#uploads.length === 0) return;
    const discards = await Promise.allSettled(this.#uploads.map(({ staged }) => staged.discard()));
    for (const outcome of discards) {
      if (outcome.status === 'rejected')
        this.#warn(outcome.reason, 'a refused upload could not be discarded');
    }
  }

  /** Aborted when the form is given up. */
  get #signal(): AbortSignal {
    if (this.#isOver) return AbortSignal.abort();
    if (this.#abort === null) {
      this.#abort = new AbortController();
      setMaxListeners(0, this.#abort.signal); // One for each part that arrives, however many may.
    }
    return this.#abort.signal;
  }

  #receive(part: FilePart, ordinal: number): Promise<void> {
    return part.name === undefined ? this.#receiveNameless(part, ordinal) : this.#stage(part, ordinal);
  }

  async #receiveNameless(part: FilePart, ordinal: number): Promise<void> {
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
    const found = this.#policy.onConflict === 'rename' ? null : await this.#agree(name, path);
    await requireReplaceable(this.#exchange, path);
    if (found === null) await this.#room?.useFile();
    const signal = () => this.#signal;
    const offer = { name, declared: saidType(contentType, name), room: this.#room, signal };
    const body = await admitBody(this.#exchange, this.#policy, stream, offer);
    const { content } = body;
    const how = {
      final: this.#policy.onConflict !== 'rename',
      // Where a signed URL has named the file, that is its name.
      ...(given === undefined || this.#policy.filename !== null ? {} : { filename: given }),
      ...(body.contentType === undefined ? {} : { contentType: body.contentType }),
    };
    // One file alone can't be published by half, so it need not be staged before.
    const mayBeHeld = found === null && this.#files === 1;
    const staged = Buffer.isBuffer(content)
      ? ((mayBeHeld ? fs.hold(path, content, how) : null) ?? (await fs.stage(path, content, how)))
      : await fs.stage(path, content, { ...how, signal: signal() });
    this.#uploads.push({ ordinal, name, staged, found });
  }

  #count(): void {
    const { maxFiles } = this.#policy;
    this.#files++;
    if (this.#files > maxFiles) throw tooLarge(`A form may have at most ${maxFiles} files here.`);
    if (this.#files > 1 && this.#parameters.filename !== undefined) {
      throw badRequest('filename is for a form with a single file.');
    }
  }

  /** Refuse early what can't be published later. @returns as `#agreeAt` */
  async #agree(name: string, path: string): Promise<Info | null> {
    // One form can't give two files one name, and the second would undo the first.
    if (this.#names.has(name)) throw new FileExists(path);
    this.#names.add(name);
    return this.#agreeAt(path);
  }

  /** @returns the file that may be replaced; null when there is none */
  async #agreeAt(path: string): Promise<Info | null> {
    const info = await inTheWay(this.#exchange, path);
    if (info === null) return null;
    if (info.isDir) throw new FileExpected(path);
    if (this.#policy.onConflict === 'fail') throw new FileExists(path);
    await this.#exchange.require('replace', path);
    return info;
  }

  /** @returns null when that can't be, and nothing was done */
  async #publishSoon({ name, staged, found }: StagedUpload): Promise<Published | null> {
    const path = joinPath(this.#exchange.path, name);
    if (found !== null || this.#room !== null || isCompressedForm(this.#exchange, path)) return null;
    const how = { ...this.#parameters.lifetime, overwrite: false };
    const info = (await staged.publishSoon?.(path, how)) ?? null;
    return info && { info, isNew: true, deadline: null };
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

  #place({ name, staged, found }: StagedUpload, fate: Fate): Promise<Stored> {
    const { path: directory } = this.#exchange;
    if (this.#policy.onConflict === 'rename') {
      const renamed = { directory, name, fate };
      return publishCounted(this.#room, () => publishRenamed(this.#exchange, staged, renamed));
    }
    const path = joinPath(directory, name);
    const agree = (): Promise<Info | null> => this.#agreeAt(path);
    return publishAt(this.#exchange, staged, { path, fate, found, agree }, this.#room);
  }

  /** Remove what was published before the form failed. What was replaced can't be brought back. */
  async #takeBack(published: readonly Published[]): Promise<void> {
    for (const { info, isNew } of published) {
      if (!isNew) continue;
      // What somebody else has put there since stays, with its deadline.
      await this.#exchange.fs.removeVersion(info.path, info).catch((error: unknown) => {
        this.#warn(error, 'a file of a form that failed could not be removed');
      });
    }
    // It was counted when it was published.
    if (published.length > 0) this.#exchange.usageChanged();
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
