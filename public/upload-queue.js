/**
 * Uploads, a few at a time: each waits, runs, and ends done, failed or
 * cancelled; the latter two can be tried again. One that is paused begins anew
 * when it goes on, as half a file is stored nowhere.
 */

const AT_ONCE = 3;

/**
 * @typedef {'waiting' | 'running' | 'paused' | 'done' | 'failed' | 'cancelled'} UploadState
 * @typedef {{ file: File, namespace: string, folder: string, seconds: number | null, state: UploadState, sent: number, error: Error | null, stored: object | null }} Upload
 * `sent` is a share from 0 to 1
 */

export class UploadQueue {
  /** Those of this batch, the done ones included: forgotten when nothing is left to do. @type {Set<Upload>} */
  #batch = new Set();
  /** @type {Map<Upload, AbortController>} */
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

  get paused() {
    return [...this.#batch].filter(({ state }) => state === 'paused').length;
  }

  /** The share, from 0 to 1, of the bytes of this batch that have been sent. */
  get progress() {
    let [sent, all] = [0, 0];
    for (const upload of this.#batch) {
      if (upload.state === 'cancelled') continue;
      // An empty file counts as something, too.
      all += upload.file.size + 1;
      sent += (upload.file.size + 1) * (upload.state === 'done' ? 1 : upload.sent);
    }
    return all === 0 ? 0 : sent / all;
  }

  /** @returns {Upload} */
  add(file, { namespace, folder }, seconds) {
    const upload = { file, namespace, folder, seconds, state: 'waiting', sent: 0, error: null, stored: null };
    this.#enqueue(upload);
    return upload;
  }

  /** Begin again with one that failed, was cancelled or is paused. */
  retry(upload) {
    if (['failed', 'cancelled', 'paused'].includes(upload.state)) this.#enqueue(upload);
  }

  cancel(upload) {
    this.#stop(upload, 'cancelled');
  }

  pause(upload) {
    this.#stop(upload, 'paused');
  }

  pauseAll() {
    // The waiting ones first, or they would take the places of those that run.
    for (const upload of [...this.#waiting, ...this.#running.keys()]) this.pause(upload);
  }

  resumeAll() {
    for (const upload of this.#batch) if (upload.state === 'paused') this.#enqueue(upload);
  }

  cancelAll() {
    const paused = [...this.#batch].filter(({ state }) => state === 'paused');
    for (const upload of [...paused, ...this.#waiting, ...this.#running.keys()]) this.cancel(upload);
  }

  #stop(upload, state) {
    const place = this.#waiting.indexOf(upload);
    if (place >= 0) this.#waiting.splice(place, 1);
    if (place >= 0 || upload.state === 'paused') this.#change(upload, { state, sent: 0 });
    this.#running.get(upload)?.abort(state);
  }

  #enqueue(upload) {
    if (this.active + this.paused === 0) this.#batch.clear();
    this.#batch.add(upload);
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
      const { namespace, folder, seconds, file } = upload;
      const onProgress = (sent) => this.#change(upload, { sent });
      const stored = await this.#send({ namespace, folder, seconds, file, onProgress, signal: abort.signal });
      this.#end(upload, { state: 'done', sent: 1, stored });
    } catch (error) {
      const stopped = error.name === 'AbortError';
      this.#end(upload, stopped ? { state: abort.signal.reason, sent: 0 } : { state: 'failed', error });
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
