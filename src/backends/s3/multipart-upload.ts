/**
 * An object that goes up part by part while its bytes arrive, a few parts side
 * by side.
 *
 * The parts are filled in buffers that are used again and again: megabytes
 * that are thrown away with each part are collected so late that a process
 * holds twice of what it needs, which is why this is not lib-storage's `Upload`.
 * Source: Amazon S3 User Guide, "Uploading and copying objects using multipart
 * upload".
 */
import type { CompletedPart } from '@aws-sdk/client-s3';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { OperationFailed } from '../../errors/errors.js';
import type { Bucket } from './bucket.js';
import type { ObjectHeaders } from './bucket-types.js';
import { MAX_PARTS } from './limits.js';

/** Parts of one file on their way at a time; one more is being filled. Fewer where S3 is faster than the source, or many upload at once. */
const PARTS_AT_ONCE = 4;

export interface MultipartTarget {
  readonly key: string;
  /** For errors. */
  readonly path: string;
  readonly partSize: number;
  readonly headers: ObjectHeaders;
}

/** To be added to, ended, and then completed or aborted. */
export class MultipartUpload {
  /** Bytes added. */
  size = 0;
  readonly #bucket: Bucket;
  readonly #target: MultipartTarget;
  readonly #uploadId: string;
  readonly #parts: CompletedPart[] = [];
  readonly #underWay = new Set<Promise<unknown>>();
  #free: Buffer[] = [];
  #buffers = 0;
  #filling: Buffer | null = null;
  #filledBytes = 0;
  #begun = 0;
  #failure: { readonly reason: unknown } | null = null;

  private constructor(bucket: Bucket, target: MultipartTarget, uploadId: string) {
    this.#bucket = bucket;
    this.#target = target;
    this.#uploadId = uploadId;
  }

  /** One request. */
  static async begin(bucket: Bucket, target: MultipartTarget): Promise<MultipartUpload> {
    const { key, path, headers } = target;
    const command = new CreateMultipartUploadCommand({ ...headers, Bucket: bucket.name, Key: key });
    const { UploadId } = await bucket.call({ path }, (options) => bucket.client.send(command, options));
    if (UploadId === undefined) throw new OperationFailed(path);
    return new MultipartUpload(bucket, target, UploadId);
  }

  /**
   * Take bytes, which are the caller's again when this resolves. Waits while enough parts are on their way.
   * @throws a failure of S3 with any part so far; OperationFailed: too many parts
   */
  async add(chunk: Buffer): Promise<void> {
    for (let taken = 0; taken < chunk.length; ) {
      this.#filling ??= await this.#emptyBuffer();
      this.#throwFailure();
      const copied = chunk.copy(this.#filling, this.#filledBytes, taken);
      taken += copied;
      this.size += copied;
      this.#filledBytes += copied;
      if (this.#filledBytes === this.#target.partSize) this.#sendFilled();
    }
  }

  /** Wait until all that was added is there. Nothing may be added after. @throws as `add` */
  async end(): Promise<void> {
    if (this.#filledBytes > 0) this.#sendFilled();
    await this.#settled();
    this.#letGo();
    this.#throwFailure();
  }

  /** Make it an object. @throws FileExists with `createOnly`, where the server knows how to check; it is still there then */
  async complete({ createOnly }: { createOnly: boolean }): Promise<void> {
    const { key, path, headers } = this.#target;
    const command = new CompleteMultipartUploadCommand({
      Bucket: this.#bucket.name,
      Key: key,
      UploadId: this.#uploadId,
      MultipartUpload: { Parts: this.#parts },
      ...(createOnly ? { IfNoneMatch: '*' } : {}),
    });
    await this.#bucket.creating(key, headers, { path, createOnly }, (options) =>
      // Large objects take their time.
      this.#bucket.client.send(command, { ...options, requestTimeout: 0 }),
    );
  }

  /** Remove all parts. Waits for those on their way, so that none comes after. */
  async abort(): Promise<void> {
    const { key, path } = this.#target;
    this.#failure ??= { reason: new OperationFailed(path, { message: 'the upload was aborted' }) };
    await this.#settled();
    this.#letGo();
    await this.#bucket.abortUpload(key, this.#uploadId, { path });
  }

  async #emptyBuffer(): Promise<Buffer> {
    for (;;) {
      this.#throwFailure();
      const free = this.#free.pop();
      if (free !== undefined) return free;
      const mayHaveMore = this.#buffers <= PARTS_AT_ONCE;
      if (this.#buffers === 0 || (mayHaveMore && this.#bucket.partBudget.take())) {
        this.#buffers++;
        return Buffer.allocUnsafeSlow(this.#target.partSize);
      }
      await Promise.race(this.#underWay);
    }
  }

  #sendFilled(): void {
    const buffer = this.#filling;
    if (buffer === null) return;
    const bytes = buffer.subarray(0, this.#filledBytes);
    this.#filling = null;
    this.#filledBytes = 0;
    const sending = this.#sendPart(++this.#begun, bytes)
      .then(() => this.#free.push(buffer))
      .catch((reason: unknown) => {
        this.#failure ??= { reason };
      })
      .finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
  }

  async #sendPart(PartNumber: number, Body: Buffer): Promise<void> {
    const { key, path } = this.#target;
    if (PartNumber > MAX_PARTS) {
      const message = `a file has at most ${MAX_PARTS} parts: raise partSize for files as large as this`;
      throw new OperationFailed(path, { message });
    }
    const part = { Bucket: this.#bucket.name, Key: key, UploadId: this.#uploadId, PartNumber, Body };
    const command = new UploadPartCommand({ ...part, ContentLength: Body.length });
    const { ETag } = await this.#bucket.call({ path }, (options) =>
      // No limit to the beginning of the answer: it comes after the body.
      this.#bucket.client.send(command, { ...options, requestTimeout: 0 }),
    );
    if (ETag === undefined) throw new OperationFailed(path);
    this.#parts[PartNumber - 1] = { PartNumber, ETag };
  }

  #letGo(): void {
    this.#bucket.partBudget.giveBack(Math.max(0, this.#buffers - 1));
    this.#buffers = 0;
    this.#free = [];
    this.#filling = null;
  }

  async #settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.reason;
  }
}
