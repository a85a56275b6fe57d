/**
 * Uploads, a few at a time: each waits, runs, and ends done, failed or
 * cancelled; the latter two can be tried again.
 */

const AT_ONCE = 3;

/**
 * @typedef {'waiting' | 'running' | 'done' | 'failed' | 'cancelled'} UploadState
 * @typedef {{ file: File, namespace: string, seconds: number | null, state: UploadState, sent: number, error: Error | null, stored: object | null }} Upload
 * `sent` is a share from 0 to 1
 */

export class UploadQueue {
  #running = new Map();
  #waiting = [];
  #send;
  #onChange;

  /**
   * @param {(request: object) => Promise<object>} send uploads one file
   * @param {(upload: Upload) => void} onChange called whenever an upload has changed
   */
  constructor(send, onChange) {
    this.#send = send;
    this.#onChange = onChange;
  }

  /** Uploads that wait or run. */
  get active() {
    return this.#running.size + this.#waiting.length;
  }

  /** @returns {Upload} */
  add(file, namespace, seconds) {
    const upload = { file, namespace, seconds, state: 'waiting', sent: 0, error: null, stored: null };
    this.#enqueue(upload);
    return upload;
  }

  /** Begin again with one that failed or was cancelled. */
  retry(upload) {
    if (upload.state === 'failed' || upload.state === 'cancelled') this.#enqueue(upload);
  }

  cancel(upload) {
    const place = this.#waiting.indexOf(upload);
    if (place >= 0) {
      this.#waiting.splice(place, 1);
      this.#change(upload, { state: 'cancelled' });
    }
    this.#running.get(upload)?.abort();
  }

  #enqueue(upload) {
    this.#waiting.push(upload);
    this.#change(upload, { state: 'waiting', sent: 0, error: null });
    this.#next();
  }

  #next() {
    while (this.#running.size < AT_ONCE && this.#waiting.length > 0) void this.#run(this.#waiting.shift());
  }

  async #run(upload) {
    const abort = new AbortController();
    this.#running.set(upload, abort);
    this.#change(upload, { state: 'running' });
    try {
      const { namespace, seconds, file } = upload;
      const onProgress = (sent) => this.#change(upload, { sent });
      const stored = await this.#send({ namespace, seconds, file, onProgress, signal: abort.signal });
      this.#end(upload, { state: 'done', sent: 1, stored });
    } catch (error) {
      this.#end(upload, error.name === 'AbortError' ? { state: 'cancelled' } : { state: 'failed', error });
    }
  }

  #end(upload, change) {
    this.#running.delete(upload);
    this.#change(upload, change);
    this.#next();
  }

  #change(upload, change) {
    Object.assign(upload, change);
    this.#onChange(upload);
  }
}
