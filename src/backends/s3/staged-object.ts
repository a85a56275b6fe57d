/**
 * Bytes that have arrived and are no object yet.
 *
 * - What fits into one part waits in memory and becomes an object by one PUT,
 *   which can be told to create only.
 * - More, for a key that is settled, goes up as a multipart upload that lacks
 *   nothing but its end.
 * - More, for a key that may change, goes to a hidden object, from which the
 *   server copies it.
 */
import { OperationFailed } from '../../errors/errors.js';
import { chunksOf } from '../../fs/derived/source.js';
import type { WriteSource } from '../../fs/essentials.js';
import type { Bucket } from './bucket.js';
import type { ObjectHeaders } from './bucket-types.js';
import { copyObject } from './copying.js';
import { MultipartUpload } from './multipart-upload.js';

/** Where an object is to be made. */
export interface Destination {
  readonly key: string;
  readonly path: string;
  readonly createOnly: boolean;
  /** All that it shall be stored with; of what went up as `final` it was told then. */
  readonly headers: ObjectHeaders;
}

export interface StagedObject {
  readonly size: number;
  /**
   * Make it an object.
   * @returns its entity tag, where S3 tells
   * @throws FileExists with `createOnly`; it stays staged
   */
  publish(destination: Destination): Promise<string | undefined>;
  discard(): Promise<void>;
}

export interface StagePlan {
  /** Where it will most likely go. */
  readonly key: string;
  readonly path: string;
  /** It goes there or nowhere. */
  readonly final: boolean;
  /** Key of a hidden object, should one be needed. */
  readonly hiddenKey: string;
  /** Bytes of a part; from 5 MiB. */
  readonly partSize: number;
  /** All that it will be stored with, if it goes there. */
  readonly headers: ObjectHeaders;
  readonly signal: AbortSignal | undefined;
}

/** Take in a source to its end. @throws what the source throws, the signal's reason, or a failure of S3 */
export async function stageObject(
  bucket: Bucket,
  source: WriteSource,
  plan: StagePlan,
): Promise<StagedObject> {
  const chunks = chunksOf(source, plan.signal);
  try {
    const begun: Buffer[] = [];
    let size = 0;
    while (size <= plan.partSize) {
      const { done, value } = await chunks.next();
      if (done === true) return new BufferedObject(bucket, Buffer.concat(begun, size));
      begun.push(value);
      size += value.length;
    }
    return await stageInParts(bucket, begun, chunks, plan);
  } finally {
    // Lets go of the source when it was not read to its end.
    await chunks.return();
  }
}

async function stageInParts(
  bucket: Bucket,
  begun: Buffer[],
  rest: AsyncIterable<Buffer>,
  plan: StagePlan,
): Promise<StagedObject> {
  const key = plan.final ? plan.key : plan.hiddenKey;
  const upload = await MultipartUpload.begin(bucket, { ...plan, key });
  try {
    for (let chunk = begun.shift(); chunk !== undefined; chunk = begun.shift()) await upload.add(chunk);
    for await (const chunk of rest) await upload.add(chunk);
    await upload.end();
    if (plan.final) return new CompletableObject(bucket, upload, key);
    await upload.complete({ createOnly: false });
    return new HiddenObject(bucket, upload.size, plan);
  } catch (error) {
    // The first error is the one to tell; what can't be aborted now is swept later.
    await upload.abort().catch(() => undefined);
    throw error;
  }
}

class BufferedObject implements StagedObject {
  readonly size: number;
  readonly #bucket: Bucket;
  #bytes: Buffer;

  constructor(bucket: Bucket, bytes: Buffer) {
    this.size = bytes.length;
    this.#bucket = bucket;
    this.#bytes = bytes;
  }

  publish({ key, path, createOnly, headers }: Destination): Promise<string | undefined> {
    return this.#bucket.put(key, this.#bytes, headers, { path, createOnly });
  }

  async discard(): Promise<void> {
    this.#bytes = Buffer.alloc(0);
  }
}

/** All parts are there: what lacks is the request that makes them an object. */
class CompletableObject implements StagedObject {
  readonly size: number;
  readonly #bucket: Bucket;
  readonly #upload: MultipartUpload;
  readonly #key: string;
  #isOver = false;

  constructor(bucket: Bucket, upload: MultipartUpload, key: string) {
    this.size = upload.size;
    this.#bucket = bucket;
    this.#upload = upload;
    this.#key = key;
  }

  async publish({ key, path, createOnly }: Destination): Promise<undefined> {
    if (key !== this.#key) {
      throw new OperationFailed(path, {
        message: 'a large file that was staged as final can not go elsewhere',
      });
    }
    // The server may know how to check this itself, or ignore it.
    if (createOnly) await this.#bucket.refuseExisting(key, { path });
    await this.#upload.complete({ createOnly });
    this.#isOver = true;
  }

  async discard(): Promise<void> {
    if (this.#isOver) return;
    await this.#upload.abort();
    this.#isOver = true;
  }
}

class HiddenObject implements StagedObject {
  readonly size: number;
  readonly #bucket: Bucket;
  readonly #plan: StagePlan;
  #isThere = true;

  constructor(bucket: Bucket, size: number, plan: StagePlan) {
    this.size = size;
    this.#bucket = bucket;
    this.#plan = plan;
  }

  async publish({ key, path, createOnly, headers }: Destination): Promise<undefined> {
    const source = { key: this.#plan.hiddenKey, size: this.size, headers };
    await copyObject(this.#bucket, source, { key, createOnly }, { path });
    // The file is there, so this must not fail it; what stays behind is swept.
    await this.discard().catch(() => undefined);
  }

  async discard(): Promise<void> {
    if (!this.#isThere) return;
    await this.#bucket.delete(this.#plan.hiddenKey, { path: this.#plan.path });
    this.#isThere = false;
  }
}
