/**
 * One bucket, call by call: keys in, plain data out, every error in mayfly's
 * words. Each method is one request, except where it says otherwise, so what
 * a filesystem operation costs can be read off its code.
 */
import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  CopyObjectCommandInput,
  DeleteObjectsCommandOutput,
  GetObjectCommandOutput,
  HeadObjectCommandOutput,
  MultipartUpload,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  AbortMultipartUploadCommand,
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { FileExists, OperationFailed, ResourceNotFound } from '../../errors/errors.js';
import { Limiter } from '../../fs/derived/concurrency.js';
import type {
  CallContext,
  DeleteFailure,
  GetRequest,
  ListPage,
  ListRequest,
  ObjectHeaders,
  OpenObject,
  StaleUpload,
} from './bucket-types.js';
import { LIST_PAGE } from './limits.js';
import { decoderOf, toListPage } from './list-page.js';
import { WRITE_MARK } from './metadata.js';
import { PartBudget } from './part-budget.js';
import { ANSWER_MS } from './s3-client.js';
import { isOvertaken, isPrecondition, s3CodeOf, statusOf, translateS3Error } from './s3-errors.js';

/** Requests under way at a time, until their answer begins; the others wait here, where no time limit runs yet. */
const REQUESTS_AT_ONCE = 128;

/** Of requests of which S3 says that another on the key is under way. */
const TRIES = 5;
const PAUSE_MS = 30;

/** Parts in memory beyond one for each upload: 192 MiB of the default size. */
const SPARE_PARTS = 24;

/** The source of a copy is not the version any more that was to be copied. */
export class SourceChanged extends Error {}

export class Bucket {
  readonly name: string;
  readonly client: S3Client;
  /** Shared by all uploads. */
  readonly partBudget = new PartBudget(SPARE_PARTS);
  readonly #requests = new Limiter(REQUESTS_AT_ONCE);
  readonly #ownsClient: boolean;

  /** @param ownsClient `close` destroys the client too */
  constructor(name: string, client: S3Client, ownsClient: boolean) {
    this.name = name;
    this.client = client;
    this.#ownsClient = ownsClient;
  }

  /** @returns null when there is no such object */
  async head(key: string, context: CallContext): Promise<HeadObjectCommandOutput | null> {
    try {
      return await this.call(context, (options) =>
        this.client.send(new HeadObjectCommand({ Bucket: this.name, Key: key }), options),
      );
    } catch (error) {
      if (error instanceof ResourceNotFound) return null;
      throw error;
    }
  }

  /** @throws FileExists there is such an object */
  async refuseExisting(key: string, context: CallContext): Promise<void> {
    if ((await this.head(key, context)) !== null) throw new FileExists(context.path);
  }

  /**
   * @returns null when there is no such object, `changed` when it is not the one of `ifMatch`, `past-end` when it
   * has no byte at `start`
   */
  async get(
    key: string,
    { start, end, ifMatch }: GetRequest,
    context: CallContext,
  ): Promise<OpenObject | null | 'changed' | 'past-end'> {
    const ranged = start !== undefined || end !== undefined;
    const command = new GetObjectCommand({
      Bucket: this.name,
      Key: key,
      ...(ranged ? { Range: `bytes=${start ?? 0}-${end ?? ''}` } : {}),
      ...(ifMatch === undefined ? {} : { IfMatch: ifMatch }),
    });
    let raw: unknown;
    try {
      const output: GetObjectCommandOutput = await this.call(context, (options) =>
        this.client.send(command, options).catch((error: unknown) => {
          raw = error;
          throw error;
        }),
      );
      const body = output.Body as unknown as IncomingMessage;
      return { body, length: output.ContentLength ?? 0, etag: output.ETag };
    } catch (error) {
      if (statusOf(raw) === 416) return 'past-end';
      if (statusOf(raw) === 412) return 'changed';
      if (error instanceof ResourceNotFound) return null;
      throw error;
    }
  }

  /**
   * Store a whole object.
   * @param createOnly of any number of requests at once, one wins
   * @returns its entity tag, where S3 told
   * @throws FileExists with `createOnly`
   */
  async put(
    key: string,
    body: Uint8Array,
    headers: ObjectHeaders,
    context: CallContext & { createOnly?: boolean },
  ): Promise<string | undefined> {
    const command = new PutObjectCommand({
      Bucket: this.name,
      Key: key,
      Body: body,
      ContentLength: body.byteLength,
      ...headers,
      ...(context.createOnly ? { IfNoneMatch: '*' } : {}),
    });
    const stored = await this.creating(key, headers, context, (options) =>
      // No limit to the beginning of the answer: it comes after the body.
      this.client.send(command, { ...options, requestTimeout: 0 }),
    );
    return stored?.ETag;
  }

  async list(request: ListRequest, context: CallContext): Promise<ListPage> {
    const { prefix, delimited, maxKeys = LIST_PAGE, startAfter, continuation } = request;
    const command = new ListObjectsV2Command({
      Bucket: this.name,
      Prefix: prefix,
      MaxKeys: maxKeys,
      EncodingType: 'url', // Else one key with a control character makes the page unreadable.
      ...(delimited ? { Delimiter: '/' } : {}),
      ...(startAfter === undefined ? {} : { StartAfter: startAfter }),
      ...(continuation === undefined ? {} : { ContinuationToken: continuation }),
    });
    return toListPage(
      await this.call(context, (options) => this.client.send(command, options)),
      context.path,
    );
  }

  /** Deleting what is not there succeeds as well. */
  async delete(key: string, context: CallContext): Promise<void> {
    await this.call(context, (options) =>
      this.client.send(new DeleteObjectCommand({ Bucket: this.name, Key: key }), options),
    );
  }

  /** At most 1000 keys. @returns those that could not be deleted */
  async deleteMany(keys: readonly string[], context: CallContext): Promise<DeleteFailure[]> {
    const command = new DeleteObjectsCommand({
      Bucket: this.name,
      Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true },
    });
    const output: DeleteObjectsCommandOutput = await this.call(context, (options) =>
      this.client.send(command, { ...options, requestTimeout: 3 * ANSWER_MS }),
    );
    return (output.Errors ?? []).map(({ Key, Code, Message }) => ({
      key: Key ?? '',
      code: Code,
      message: Message,
    }));
  }

  /**
   * Copy within the bucket, on the server; up to 5 GB.
   * @throws FileExists with `createOnly`; ResourceNotFound; SourceChanged with `CopySourceIfMatch`
   */
  async copy(
    from: string,
    to: string,
    how: Partial<CopyObjectCommandInput>,
    context: CallContext & { createOnly?: boolean },
  ): Promise<void> {
    const command = new CopyObjectCommand({
      Bucket: this.name,
      Key: to,
      CopySource: this.copySource(from),
      ...how,
      ...(context.createOnly ? { IfNoneMatch: '*' } : {}),
    });
    const { path, signal } = context;
    try {
      await this.creating(to, how, { path, signal }, (options) =>
        this.client.send(command, { ...options, requestTimeout: 0 }),
      );
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // The answer does not say which of the conditions did not hold.
      if (context.createOnly) await this.refuseExisting(to, { path, signal });
      throw how.CopySourceIfMatch === undefined ? error : new SourceChanged(undefined, { cause: error });
    }
  }

  /** The value of `x-amz-copy-source` for a key, which the SDK wants encoded. */
  copySource(key: string): string {
    return `${this.name}/${key.split('/').map(encodeURIComponent).join('/')}`;
  }

  /** Multipart uploads under a prefix that were neither completed nor aborted; a request for each 1000. */
  async *uploads(prefix: string, context: CallContext): AsyncGenerator<StaleUpload> {
    let markers: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
    for (;;) {
      const command = new ListMultipartUploadsCommand({
        Bucket: this.name,
        Prefix: prefix,
        EncodingType: 'url', // As in `list`.
        ...markers,
      });
      const output = await this.call(context, (options) => this.client.send(command, options));
      const decode = decoderOf(output);
      for (const { Key, UploadId, Initiated } of output.Uploads ?? ([] as MultipartUpload[])) {
        const key = decode(Key ?? '');
        if (Key === undefined || UploadId === undefined || !key.startsWith(prefix)) continue;
        yield { key, uploadId: UploadId, initiated: Initiated ?? new Date() };
      }
      if (!output.IsTruncated) return;
      markers = { KeyMarker: decode(output.NextKeyMarker ?? ''), UploadIdMarker: output.NextUploadIdMarker };
    }
  }

  async abortUpload(key: string, uploadId: string, context: CallContext): Promise<void> {
    const command = new AbortMultipartUploadCommand({ Bucket: this.name, Key: key, UploadId: uploadId });
    try {
      await this.call(context, (options) => this.client.send(command, options));
    } catch (error) {
      // It was completed or aborted by somebody else.
      if (!(error instanceof ResourceNotFound)) throw error;
    }
  }

  /** Run calls of the SDK with this bucket's limits, and translate what they throw. */
  async call<T>(
    { path, signal }: CallContext,
    work: (options: { abortSignal?: AbortSignal; requestTimeout: number }) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.#requests.run(() => {
        signal?.throwIfAborted();
        return work({ requestTimeout: ANSWER_MS, ...(signal === undefined ? {} : { abortSignal: signal }) });
      });
    } catch (error) {
      throw translateS3Error(error, path, signal);
    }
  }

  /**
   * Run a call that makes an object. Where another request on the key is under
   * way it is tried again. With `createOnly` the refusal of a precondition is
   * told as `FileExists`. When an answer is lost and the call tried again, S3
   * refuses what it has done before; the mark of the object tells.
   *
   * @returns what `work` did; null when only its answer was lost
   */
  async creating<T>(
    key: string,
    { Metadata }: Pick<ObjectHeaders, 'Metadata'>,
    context: CallContext & { createOnly?: boolean },
    work: (options: { abortSignal?: AbortSignal; requestTimeout: number }) => Promise<T>,
  ): Promise<T | null> {
    for (let tries = 1; ; tries++) {
      let raw: unknown;
      try {
        return await this.call(context, (options) =>
          work(options).catch((error: unknown) => {
            raw = error;
            throw error;
          }),
        );
      } catch (error) {
        const overtaken = isOvertaken(raw);
        const mark = Metadata?.[WRITE_MARK];
        if ((overtaken || isPrecondition(raw) || s3CodeOf(raw) === 'NoSuchUpload') && mark !== undefined) {
          const there = await this.head(key, { path: context.path });
          if (there?.Metadata?.[WRITE_MARK] === mark) return null;
        }
        if (context.createOnly && isPrecondition(raw)) throw new FileExists(context.path, { cause: raw });
        if (!overtaken || tries === TRIES) throw error;
        await delay(tries * PAUSE_MS);
      }
    }
  }

  close(): void {
    if (this.#ownsClient) this.client.destroy();
  }
}

/** Whether a translated error is the refusal of a precondition. */
export function isRefusal(error: unknown): boolean {
  return error instanceof OperationFailed && isPrecondition(error.cause);
}
