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
import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { CreateMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { OperationFailed } from '../../errors/errors.js';
import { chunksOf } from '../../fs/derived/source.js';
import type { WriteSource } from '../../fs/essentials.js';
import type { Bucket, ObjectHeaders } from './bucket.js';
import { copyObject } from './copying.js';

/** Parts of one file on their way at a time; memory is this many parts and two. */
const PARTS_AT_ONCE = 4;

/** Where an object is to be made. */
export interface Destination {
  readonly key: string;
  readonly path: string;
  readonly createOnly: boolean;
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
      if (done === true) return new BufferedObject(bucket, Buffer.concat(begun, size), plan);
      begun.push(value);
      size += value.length;
    }
    const upload = new GatedUpload(bucket, plan.final ? plan.key : plan.hiddenKey, plan, begun, chunks);
    await upload.received();
    if (plan.final) return upload;
    await upload.publish({ key: plan.hiddenKey, path: plan.path, createOnly: false });
    return new HiddenObject(bucket, upload.size, plan);
  } finally {
    // Lets go of the source when it was not read to its end.
    await chunks.return();
  }
}

class BufferedObject implements StagedObject {
  readonly size: number;
  readonly #bucket: Bucket;
  readonly #plan: StagePlan;
  #bytes: Buffer;

  constructor(bucket: Bucket, bytes: Buffer, plan: StagePlan) {
    this.size = bytes.length;
    this.#bucket = bucket;
    this.#bytes = bytes;
    this.#plan = plan;
  }

  publish({ key, path, createOnly }: Destination): Promise<string | undefined> {
    return this.#bucket.put(key, this.#bytes, this.#plan.headers, { path, createOnly });
  }

  async discard(): Promise<void> {
    this.#bytes = Buffer.alloc(0);
  }
}

/** The upload is over, so there is no use in reading on. */
class Stopped extends Error {}

/** A multipart upload that lacks only its last part, which goes up when it is published. */
class GatedUpload implements StagedObject {
  size = 0;
  readonly #bucket: Bucket;
  readonly #key: string;
  readonly #path: string;
  readonly #params: ObjectHeaders & { Bucket: string; Key: string; Body: Readable; IfNoneMatch?: string };
  readonly #arrival = new Signal<void>();
  readonly #verdict = new Signal<'publish' | 'discard'>();
  readonly #done: Promise<void>;
  /** What the source threw, which is told as it is. */
  #sourceError: { readonly error: unknown } | null = null;
  #partFailed = false;
  #isOver = false;

  constructor(
    bucket: Bucket,
    key: string,
    { path, partSize, headers }: StagePlan,
    begun: Buffer[],
    rest: AsyncIterable<Buffer>,
  ) {
    this.#bucket = bucket;
    this.#key = key;
    this.#path = path;
    const Body = Readable.from(this.#body(begun, rest), { objectMode: false });
    // Looked at again for the last request, so that a condition can still be added.
    this.#params = { ...headers, Bucket: bucket.name, Key: key, Body };
    const upload = new Upload({
      client: this.#watchedClient(),
      params: this.#params,
      partSize,
      queueSize: PARTS_AT_ONCE,
    });
    this.#done = this.#run(upload);
    this.#done.catch(() => undefined); // It is told to whoever waits for it.
  }

  /** Wait until all of the source is here. @throws what the source threw, or a failure of S3 */
  async received(): Promise<void> {
    await Promise.race([this.#arrival.promise, this.#done]);
  }

  async publish({ key, path, createOnly }: Destination): Promise<undefined> {
    if (key !== this.#key) {
      throw new OperationFailed(path, {
        message: 'a large file that was staged as final can not go elsewhere',
      });
    }
    if (createOnly) {
      // The server may know how to check this itself, or ignore it.
      await this.#bucket.refuseExisting(key, { path });
      this.#params.IfNoneMatch = '*';
    }
    this.#verdict.give('publish');
    await this.#done;
  }

  async discard(): Promise<void> {
    if (this.#isOver) return;
    this.#verdict.give('discard');
    await this.#done.catch(() => undefined);
  }

  async #run(upload: Upload): Promise<void> {
    try {
      await this.#bucket.creating(this.#key, this.#params, { path: this.#path }, () => upload.done());
    } catch (error) {
      throw this.#sourceError === null ? error : this.#sourceError.error;
    } finally {
      this.#isOver = true;
    }
  }

  /** What it throws makes the upload wait for the parts on their way and then abort, so that no part comes after. */
  async *#body(begun: Buffer[], rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for (let chunk = begun.shift(); chunk !== undefined; chunk = begun.shift()) yield this.#counted(chunk);
    for await (const chunk of this.#remembering(rest)) yield this.#counted(chunk);
    this.#arrival.give();
    if ((await this.#verdict.promise) === 'discard') throw new Stopped('discarded');
  }

  /** The same chunks; an error of the source is one that comes from in here, and not from whoever reads. */
  async *#remembering(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of source) yield chunk;
    } catch (error) {
      this.#sourceError = { error };
      throw error;
    }
  }

  #counted(chunk: Buffer): Buffer {
    if (this.#partFailed) throw new Stopped('a part failed');
    this.size += chunk.length;
    return chunk;
  }

  /** What `Upload` uses of a client; one part's failure ends the reading for the others. */
  #watchedClient(): S3Client {
    const { client } = this.#bucket;
    const send = async (command: Parameters<S3Client['send']>[0]): Promise<unknown> => {
      try {
        return await client.send(command);
      } catch (error) {
        if (command instanceof UploadPartCommand || command instanceof CreateMultipartUploadCommand) {
          this.#partFailed = true;
          this.#verdict.give('discard');
        }
        throw error;
      }
    };
    return { config: client.config, send } as unknown as S3Client;
  }
}

/** A promise that somebody else keeps. */
class Signal<T> {
  give!: (value: T) => void;
  readonly promise = new Promise<T>((resolve) => {
    this.give = resolve;
  });
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

  async publish({ key, path, createOnly }: Destination): Promise<undefined> {
    const { headers, hiddenKey } = this.#plan;
    const source = { key: hiddenKey, size: this.size, headers };
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
