/** Looking at the first bytes of a stream before anybody takes them. */
import type { Readable, TransformCallback } from 'node:stream';
import { Transform } from 'node:stream';

/** Pass a stream through a transform, errors included; when the transform is closed, so is the source. */
export function through<T extends Transform>(source: Readable, transform: T): T {
  source.once('error', (error) => transform.destroy(error));
  transform.once('close', () => source.destroy());
  transform.on('error', () => undefined); // Whoever reads has listeners of his own.
  if (source.errored !== null) return transform.destroy(source.errored);
  source.pipe(transform);
  return transform;
}

/** Holds a stream back until its first bytes have been looked at. */
export class HeadGate extends Transform {
  /** The first bytes, or all when there are fewer. Rejects with what the stream fails with. */
  readonly head: Promise<Buffer>;
  readonly #wanted: number;
  #chunks: Buffer[] | null = [];
  #length = 0;
  #proceed: (() => void) | null = null;
  #tell: (head: Buffer) => void = () => undefined;

  constructor(bytes: number) {
    super();
    this.#wanted = bytes;
    this.head = new Promise((resolve, reject) => {
      this.#tell = resolve;
      this.once('error', reject);
      this.once('close', () => reject(new Error('the stream was closed')));
    });
    this.head.catch(() => undefined); // It may have failed before anybody asks.
  }

  /** Let the bytes go on. */
  open(): void {
    this.#proceed?.();
    this.#proceed = null;
  }

  override _transform(chunk: Buffer, _encoding: string, callback: TransformCallback): void {
    this.#length += chunk.length;
    this.#chunks?.push(chunk);
    if (this.#chunks === null) callback(null, chunk);
    else if (this.#length < this.#wanted) callback();
    else this.#show(callback);
  }

  override _flush(callback: TransformCallback): void {
    if (this.#chunks === null) callback();
    else this.#show(callback);
  }

  #show(callback: TransformCallback): void {
    const all = Buffer.concat(this.#chunks ?? []);
    this.#chunks = null;
    this.#proceed = () => callback(null, all);
    this.#tell(all.subarray(0, this.#wanted));
  }
}
