/**
 * PUT of one file, the body as it is.
 *
 * What a PUT is depends on what it finds: `upload` on a free path, `replace`
 * on a file. The path may change while the body arrives; so the bytes are
 * staged, and the question is asked again until publishing finds what was
 * agreed to. With `If-None-Match: *` it never replaces anything, so it is
 * `upload` wherever it is sent.
 */
import { FileExists, FileExpected, OperationTimeout } from '../../errors/errors.js';
import type { Info } from '../../fs/info.js';
import type { NamespaceStagedFile } from '../../namespaces/namespace-options.js';
import { basename } from '../../path/parts.js';
import { declaredLength, sendJson } from '../answer.js';
import { requireReplaceable } from '../compressed-upload.js';
import type { Exchange } from '../exchange.js';
import { describeFile } from '../file-resource.js';
import { badRequest, preconditionFailed } from '../http-problem.js';
import type { Action } from '../options.js';
import type { Fate } from '../publish.js';
import { publishNew } from '../publish.js';
import { fileTooLarge, refuseEncodedBody, refuseReadBody } from '../request-body.js';
import { tellFailure } from '../request-failure.js';
import { evaluateConditions } from '../semantics/conditional.js';
import { declaredMediaType } from '../semantics/content-headers.js';
import { lookUp } from '../stored-file.js';
import { UploadParameters } from '../upload-parameters.js';
import { admitBody, routerPolicy } from '../upload-policy.js';
import { Reservation } from '../usage.js';

/** How often the path may change hands between asking and publishing. */
const TRIES = 10;

export async function putFile(exchange: Exchange): Promise<void> {
  const { request, options } = exchange;
  if (!exchange.allows('upload') && !exchange.allows('replace')) throw exchange.notAllowed();
  if (exchange.namesDirectory) throw badRequest('A file needs a name: the URL must not end in a slash.');
  const put = new Put(exchange);
  const found = await put.agree();
  refuseReadBody(request);
  refuseEncodedBody(request);
  // RFC 9110 section 14.5: a server that can't store a part must refuse it.
  if (request.headers['content-range'] !== undefined) throw badRequest('A part of a file is not taken.');
  if (declaredLength(request) > options.maxFileSize) throw fileTooLarge(options.maxFileSize);
  const parameters = new UploadParameters(exchange.fs, () => exchange.now(), {
    lifetime: options.lifetime,
    signed: null,
  });
  await parameters.addQuery(exchange.query);
  const { quota } = options;
  const room = quota === null ? null : new Reservation(exchange.service.usage, exchange.fs, quota);
  try {
    await room?.open(declaredLength(request), false);
    if (found === null) await put.useRoom(room);
    await storeBody(exchange, put, { found, parameters, room });
  } finally {
    room?.close();
  }
}

interface Storing {
  readonly found: Info | null;
  readonly parameters: UploadParameters;
  readonly room: Reservation | null;
}

async function storeBody(exchange: Exchange, put: Put, { found, parameters, room }: Storing): Promise<void> {
  const { request, response, service } = exchange;
  const staged = await stageBody(exchange, room);
  try {
    let deadline: Date | null = null;
    const fate: Fate = {
      ...parameters.lifetime,
      onPublished: (given) => {
        deadline = given;
      },
    };
    const { info, isNew } = await put.publish(staged, found, fate, room);
    const file = await describeFile(exchange, info, deadline, parameters.timeout);
    if (isNew) sendJson(response, 201, file, { Location: file.url, ETag: file.etag });
    else sendJson(response, 200, file, { ETag: file.etag });
  } finally {
    await staged.discard().catch((error: unknown) => {
      const message = 'a refused upload could not be discarded';
      tellFailure(service.logger, 'warn', { request, error, message });
    });
  }
}

async function stageBody(exchange: Exchange, room: Reservation | null): Promise<NamespaceStagedFile> {
  const { fs, path, request, options } = exchange;
  const declared = declaredMediaType(request.headers['content-type']);
  const { content, contentType } = await admitBody(exchange, routerPolicy(options), request, {
    name: basename(path),
    declared,
    room,
  });
  return fs.stage(path, content, { final: true, ...(contentType === undefined ? {} : { contentType }) });
}

/** What is at the path changed after the client's right to it was settled. */
class PathChanged extends Error {}

/** The file that was to be replaced is gone, and there is no room kept for a new one. */
class PathFree extends Error {}

interface Stored {
  readonly info: Info;
  readonly isNew: boolean;
}

class Put {
  readonly #exchange: Exchange;
  readonly #agreed = new Set<Action>();
  readonly #createOnly: boolean;
  /** Room was kept for one file more. */
  #counted = false;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    this.#createOnly = exchange.request.headers['if-none-match']?.trim() === '*';
  }

  /**
   * See what is at the path, and whether this request may go on.
   * @returns the file that would be replaced; null when there is none
   * @throws HttpProblem 403, 405, 412; FileExpected
   */
  async agree(): Promise<Info | null> {
    const { info, expired } = await lookUp(this.#exchange);
    // A directory can't be replaced, so with it in the way the PUT is an upload that fails.
    const current = expired || info?.isDir ? null : info;
    const action = current === null || this.#createOnly ? 'upload' : 'replace';
    await this.#authorize(action);
    if (!this.#exchange.allows(action)) throw this.#exchange.notAllowed('PUT');
    if (info?.isDir) throw new FileExpected(this.#exchange.path);
    await requireReplaceable(this.#exchange, this.#exchange.path);
    this.#checkConditions(current);
    return current;
  }

  async publish(
    staged: NamespaceStagedFile,
    found: Info | null,
    fate: Fate,
    room: Reservation | null,
  ): Promise<Stored> {
    if (room === null) return this.#publish(staged, found, fate, false);
    const amount = ({ info, isNew }: Stored) => ({ bytes: info.size, files: isNew ? 1 : 0 });
    const publish = (current: Info | null): Promise<Stored> =>
      room.publish(() => this.#publish(staged, current, fate, !this.#counted), amount);
    const stored = await publish(found).catch(async (error: unknown) => {
      if (!(error instanceof PathFree)) throw error;
      // Asked out here, as looking for room waits until nobody publishes.
      await this.useRoom(room);
      return publish(null);
    });
    // What was replaced is still counted.
    if (!stored.isNew) this.#exchange.usageChanged();
    return stored;
  }

  /** Keep room for a file where none is; once. @throws HttpProblem 413 */
  async useRoom(room: Reservation | null): Promise<void> {
    if (this.#counted) return;
    this.#counted = true;
    await room?.useFile();
  }

  async #publish(
    staged: NamespaceStagedFile,
    found: Info | null,
    fate: Fate,
    replaceOnly: boolean,
  ): Promise<Stored> {
    const { path } = this.#exchange;
    let current = found;
    for (let tries = 0; tries < TRIES; tries++) {
      try {
        if (current === null) {
          if (replaceOnly) throw new PathFree();
          return { info: await publishNew(this.#exchange, staged, path, fate), isNew: true };
        }
        const check = (now: Info | null): void => this.#checkReplaced(now);
        return { info: await staged.publish(path, { ...fate, check }), isNew: false };
      } catch (error) {
        if (!(error instanceof FileExists || error instanceof PathChanged)) throw error;
        // What is in the way and can't be seen, such as a link that leads out, stays.
        if (error instanceof FileExists && tries === TRIES - 1) throw error;
        current = await this.agree();
      }
    }
    throw new OperationTimeout(path, { message: 'the file is replaced and removed too often' });
  }

  #checkReplaced(current: Info | null): void {
    this.#checkConditions(current);
    if (current === null) throw new PathChanged();
  }

  #checkConditions(current: Info | null): void {
    const { headers } = this.#exchange.request;
    if (evaluateConditions('PUT', headers, current) === 'failed') throw preconditionFailed();
  }

  /**
   * Ask once for each action. Where the action is off but the other one on,
   * that one is asked about, so that who may do nothing here does not learn
   * from the answer whether there is a file.
   */
  async #authorize(wanted: Action): Promise<void> {
    const other = wanted === 'upload' ? 'replace' : 'upload';
    const action = this.#exchange.allows(wanted) ? wanted : other;
    if (this.#agreed.has(action)) return;
    await this.#exchange.authorize(action);
    this.#agreed.add(action);
  }
}
