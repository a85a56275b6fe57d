/**
 * The page's words with the server: list, upload, remove.
 *
 * Every failure becomes a `Failure` with a sentence fit to be shown. The
 * server's clock is learned from its answers, as countdowns run by it.
 */

const FILES = '/files';
const TOKEN_KEY = 'mayfly-token';
const PAGE_SIZE = 500;
/** Of a text that is shown. */
const PREVIEW_BYTES = 64 * 1024;

/** A request that did not do what it should; `message` is for the reader. */
export class Failure extends Error {
  /**
   * @param {string} message
   * @param {number} status 0 when no answer came
   */
  constructor(message, status) {
    super(message);
    this.name = 'Failure';
    this.status = status;
  }
}

let clockSkewMs = 0;

/** The server's time, in ms since the epoch, as well as it is known. */
export function serverNow() {
  return Date.now() + clockSkewMs;
}

/** Keep the token for as long as this tab lives. */
export function setToken(token) {
  sessionStorage.setItem(TOKEN_KEY, token);
}

/** URL of a place or file, each component encoded. */
function addressOf(namespace, path) {
  return [FILES, namespace, ...path.split('/')]
    .map((part, at) => (at === 0 ? part : encodeURIComponent(part)))
    .join('/');
}

/**
 * Names of the namespaces.
 * @throws {Failure}
 */
export async function listNamespaces() {
  return (await request('GET', '/namespaces')).namespaces;
}

/**
 * One page of what a folder holds.
 * @param {{ namespace: string, folder: string }} place
 * @param {string | null} cursor from the page before
 * @throws {Failure}
 */
export async function listFiles({ namespace, folder }, cursor) {
  const query = new URLSearchParams({ limit: String(PAGE_SIZE), ...(cursor === null ? {} : { cursor }) });
  const address = addressOf(namespace, folder === '' ? '' : `${folder}/`);
  const { entries, cursor: next } = await request('GET', `${address}?${query}`);
  return { entries: entries.map(asFile), cursor: next ?? null };
}

/**
 * @param {string} namespace
 * @param {string} path
 * @throws {Failure}
 */
export async function removeFile(namespace, path) {
  await request('DELETE', addressOf(namespace, path));
}

/**
 * @param {string} namespace
 * @param {string} path
 * @param {number | null} seconds from now; null for ever
 * @returns the file as it is then
 * @throws {Failure}
 */
export async function expireFile(namespace, path, seconds) {
  const change = seconds === null ? { expires: false } : { seconds };
  return asFile(await request('PATCH', addressOf(namespace, path), change));
}

/**
 * A link that works for a while.
 * @param {string} namespace
 * @param {string} path
 * @param {number} timeout seconds
 * @param {{ download?: boolean }} options whether a browser that follows it saves the file
 * @returns {Promise<{ url: string, temporary: boolean }>} `temporary` is false where the server can't sign
 * @throws {Failure}
 */
export async function makeLink(namespace, path, timeout, { download = false } = {}) {
  const { url, temporary } = await request('POST', '/links', { namespace, path, timeout, download });
  return { url: new URL(url, location.href).href, temporary };
}

/**
 * The beginning of a text.
 * @returns {Promise<{ text: string, whole: boolean }>}
 * @throws {Failure}
 */
export async function readText(url, size) {
  const whole = size <= PREVIEW_BYTES;
  const range = whole ? {} : { headers: { Range: `bytes=0-${PREVIEW_BYTES - 1}` } };
  const response = await fetch(url, { ...range, cache: 'no-store' }).catch(() => null);
  if (response === null) throw connectionBroke();
  if (!response.ok) throw failureOf(response.status, null);
  return { text: await response.text(), whole };
}

/**
 * Send one file. XMLHttpRequest, because fetch does not tell how far an upload is.
 * @param {{ namespace: string, folder: string, seconds: number | null, file: File, onProgress: (sent: number) => void, signal: AbortSignal }} upload
 * @returns the file as stored
 * @throws {Failure}; an `AbortError` when cancelled
 */
export function uploadFile({ namespace, folder, seconds, file, onProgress, signal }) {
  const xhr = new XMLHttpRequest();
  const query = seconds === null ? '' : `?seconds=${seconds}`;
  const form = new FormData();
  form.append('file', file, file.name);
  return new Promise((resolve, reject) => {
    xhr.upload.addEventListener('progress', ({ loaded, total }) =>
      onProgress(total > 0 ? loaded / total : 0),
    );
    xhr.addEventListener('load', () => {
      learnClock(xhr.getResponseHeader('Date'));
      const answer = parseJson(xhr.responseText);
      const stored = answer?.files?.[0];
      if (xhr.status === 201 && stored !== undefined) resolve(asFile(stored));
      else reject(failureOf(xhr.status, answer));
    });
    xhr.addEventListener('error', () => reject(connectionBroke()));
    xhr.addEventListener('abort', () => reject(new DOMException('cancelled', 'AbortError')));
    signal.addEventListener('abort', () => xhr.abort(), { once: true });
    xhr.open(
      'POST',
      `${folder === '' ? addressOf(namespace, '').slice(0, -1) : addressOf(namespace, folder)}${query}`,
    );
    for (const [name, value] of Object.entries(headers())) xhr.setRequestHeader(name, value);
    xhr.send(form);
  });
}

async function request(method, url, body) {
  let response;
  const sent =
    body === undefined
      ? { headers: headers() }
      : { headers: { ...headers(), 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  try {
    response = await fetch(url, { method, ...sent, cache: 'no-store' });
  } catch {
    throw connectionBroke();
  }
  learnClock(response.headers.get('Date'));
  const answer = parseJson(await response.text().catch(() => ''));
  if (!response.ok) throw failureOf(response.status, answer);
  return answer;
}

function headers() {
  const token = sessionStorage.getItem(TOKEN_KEY);
  return {
    Accept: 'application/json',
    // What is no header value (an accent, say) is not the token either: let the server say so.
    ...(token === null || !/^[\x21-\x7e]+$/.test(token) ? {} : { Authorization: `Bearer ${token}` }),
  };
}

/** What the page needs to know of a file, from an upload's answer or a listing. */
function asFile({ name, path, isDir = false, size, url, expires }) {
  return {
    name: name ?? path.split('/').at(-1),
    path,
    isDir,
    size,
    url: url ? new URL(url, location.href).href : null,
    expires: expires ? Date.parse(expires) : null,
  };
}

/** The header has whole seconds, so small differences mean nothing. */
function learnClock(date) {
  const skew = Date.parse(date ?? '') - Date.now();
  if (!Number.isNaN(skew)) clockSkewMs = Math.abs(skew) < 2000 ? 0 : skew;
}

function failureOf(status, problem) {
  const said = problem?.detail ?? problem?.title;
  return new Failure(said ?? `The server answered with status ${status}.`, status);
}

function connectionBroke() {
  return new Failure('The connection broke. Is the server still running?', 0);
}

function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
