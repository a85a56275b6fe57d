/**
 * PUT of one file, the body as it is.
 *
 * What a PUT is depends on what it finds: `upload` on a free path, `replace`
 * on a file. The path may change while the body arrives; so the bytes are
 * staged, and if it has, the question is asked again. With `If-None-Match: *`
 * it never replaces anything, so it is `upload` wherever it is sent.
 */
import { Buffer } from 'node:buffer';
import type { Readable } from 'node:stream';
import { FileExpected } from '../../errors/errors.js';
import type { Info } from '../../fs/info.js';
import type { NamespaceStagedFile } from '../../namespaces/namespace-options.js';
import { basename } from '../../path/parts.js';
import { declaredLength, sendJson } from '../answer.js';
import { isCompressedForm, requireReplaceable } from '../compressed-upload.js';
import type { Exchange } from '../exchange.js';
import { describeFile } from '../file-resource.js';
import { badRequest, preconditionFailed } from '../http-problem.js';
import type { Action } from '../options.js';
import type { Fate, Stored } from '../publish.js';
import { publishAt } from '../publish.js';
import { fileTooLarge, refuseEncodedBody, refuseReadBody, takeSmall } from '../request-body.js';
import { tellFailure } from '../request-failure.js';
import { evaluateConditions, isConditional } from '../semantics/conditional.js';
import { declaredMediaType } from '../semantics/content-headers.js';
import { inTheWay } from '../stored-file.js';
import { UploadParameters } from '../upload-parameters.js';
import { admitBody, routerPolicy } from '../upload-policy.js';
import { Reservation } from '../usage.js';

export async function putFile(exchange: Exchange): Promise<void> {
  const { request, options } = exchange;
  if (!exchange.allows('upload') && !exchange.allows('replace')) throw exchange.notAllowed();
  if (exchange.namesDirectory) throw badRequest('A file needs a name: the URL must not end in a slash.');
  const put = new Put(exchange);
  const arrived = mayGoUnseen(exchange) ? await takeSmall(request) : null;
  if (arrived !== null && (await createSoon(exchange, arrived))) return;
  const found = await put.agree();
  if (arrived === null) refuseReadBody(request);
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
    if (found === null) await room?.useFile();
    await storeBody(exchange, put, { body: arrived ?? request, found, parameters, room });
  } finally {
    room?.close();
  }
}

/** Whether what is at the path is nobody's business but the storage's, so long as the file is new. */
function mayGoUnseen(exchange: Exchange): boolean {
  const { options, path, request } = exchange;
  const isOpen = options.authorize === undefined && options.quota === null && options.accept === null;
  if (!isOpen || options.lifetime !== null || !exchange.allows('upload') || !exchange.plain) return false;
  const { headers } = request;
  const isPlain = headers['content-encoding'] === undefined && headers['content-range'] === undefined;
  if (!isPlain || isConditional(headers) || isCompressedForm(exchange, path)) return false;
  return declaredLength(request) <= options.maxFileSize;
}

/** @returns false: it is no new file, or can't be stored in one go, and nothing was done */
async function createSoon(exchange: Exchange, content: Buffer): Promise<boolean> {
  const { fs, path, response } = exchange;
  const info = await fs.createSoon(path, content);
  if (info === null) return false;
  const file = await describeFile(exchange, info, null);
  sendJson(response, 201, file, { Location: file.url, ETag: file.etag });
  return true;
}

interface Storing {
  readonly body: Readable | Buffer;
  readonly found: Info | null;
  readonly parameters: UploadParameters;
  readonly room: Reservation | null;
}

async function storeBody(
  exchange: Exchange,
  put: Put,
  { body, found, parameters, room }: Storing,
): Promise<void> {
  const { request, response, service } = exchange;
  const staged = await stageBody(exchange, body, { isNew: found === null, room });
  room?.trim();
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

async function stageBody(
  exchange: Exchange,
  body: Readable | Buffer,
  { isNew, room }: { isNew: boolean; room: Reservation | null },
): Promise<NamespaceStagedFile> {
  const { fs, path, request, options } = exchange;
  const declared = declaredMediaType(request.headers['content-type']);
  const { content, contentType } = await admitBody(exchange, routerPolicy(options), body, {
    name: basename(path),
    declared,
    room,
  });
  const how = { final: true, ...(contentType === undefined ? {} : { contentType }) };
  const held = isNew && Buffer.isBuffer(content) ? fs.hold(path, content, how) : null;
  return held ?? fs.stage(path, content, how);
}

class Put {
  readonly #exchange: Exchange;
  readonly #agreed = new Set<Action>();
  readonly #createOnly: boolean;

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
    const info = await inTheWay(this.#exchange);
    // A directory can't be replaced, so with it in the way the PUT is an upload that fails.
    const current = info?.isDir ? null : info;
    const action = current === null || this.#createOnly ? 'upload' : 'replace';
    await this.#authorize(action);
    if (!this.#exchange.allows(action)) throw this.#exchange.notAllowed('PUT');
    if (info?.isDir) throw new FileExpected(this.#exchange.path);
    await requireReplaceable(this.#exchange, this.#exchange.path);
    this.#checkConditions(current);
    return current;
  }

  /** @returns the file in its place, of which `found` was what `agree` said. @throws as `publishAt` and `agree` */
  publish(
    staged: NamespaceStagedFile,
    found: Info | null,
    fate: Fate,
    room: Reservation | null,
  ): Promise<Stored> {
    const { path } = this.#exchange;
    const agree = (): Promise<Info | null> => this.agree();
    const check = (current: Info | null): void => this.#checkConditions(current);
    return publishAt(this.#exchange, staged, { path, fate, found, agree, check }, room);
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
