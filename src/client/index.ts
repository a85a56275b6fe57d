/**
 * A client of the HTTP interface, for browsers and Node: `mayfly/client`.
 *
 * It stands on fetch alone and imports nothing. Where progress is wanted in a
 * browser it takes XMLHttpRequest, as fetch does not tell how far an upload is.
 */

import type { Client, ClientOptions, Entry, StoredFile, Upload, UploadProgress } from './types.js';

export type {
  Client,
  ClientOptions,
  Entry,
  FormUploadOptions,
  NamedBlob,
  PutOptions,
  StoredFile,
  Upload,
  UploadOptions,
  UploadProgress,
} from './types.js';

/** The server refused, or what answered was not this service; `message` is fit to be shown. */
export class RequestFailed extends Error {
  /** Status of the answer. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'RequestFailed';
    this.status = status;
  }
}

/**
 * @throws TypeError without a `baseUrl`
 * @example const files = createClient({ baseUrl: '/files' });
 */
export function createClient(options: ClientOptions): Client {
  const { baseUrl, token, credentials, headers: given, fetch: ownFetch } = options;
  if (typeof baseUrl !== 'string') throw new TypeError("baseUrl must be a string, such as '/files'");
  const base = baseUrl.replace(/\/+$/, '');

  const address = (namespace: string, path: string, query: object = {}): string => {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(
      Object.fromEntries(given.map(([name, value]) => [name, String(value)])),
    ).toString();
    if (/^\.{0,2}$/.test(namespace)) throw new TypeError('There can be no such namespace.');
    const encoded = [namespace, ...segmentsOf(path)].map(encodeURIComponent).join('/');
    const slash = /^$|\/$/.test(path) ? '/' : '';
    return `${base}/${encoded}${slash}${search && `?${search}`}`;
  };

  const headersWith = (own: Record<string, string | undefined>): Record<string, string> => {
    const bearer = typeof token === 'function' ? token() : token;
    const set = { Accept: 'application/json', Authorization: bearer && `Bearer ${bearer}`, ...own };
    const all = new Headers(typeof given === 'function' ? given() : given);
    for (const [name, value] of Object.entries(set)) if (value) all.set(name, value);
    return Object.fromEntries(all);
  };

  const ask = async (method: string, url: string, sent: Sent = {}): Promise<unknown> => {
    const { onProgress } = sent;
    const ready = { ...sent, headers: headersWith(sent.headers ?? {}), credentials };
    const answer =
      onProgress === undefined
        ? await viaFetch(ownFetch ?? fetch, method, url, ready)
        : await withProgress(ownFetch ?? fetch, method, url, { ...ready, onProgress });
    const told = parsed(answer.text) as { detail?: string; title?: string } | null;
    if (answer.status < 200 || answer.status > 299) {
      throw new RequestFailed(
        answer.status,
        told?.detail ?? told?.title ?? `The server answered ${answer.status}.`,
      );
    }
    // Whoever stands in between, such as a proxy that wants a login, may answer 200 with a page of its own.
    if (told === null && (method !== 'DELETE' || answer.status !== 204)) {
      const came = answer.text === '' ? 'nothing' : (answer.type ?? 'something').replace(/\s*;.*/s, '');
      throw new RequestFailed(
        answer.status,
        `The server answered ${answer.status} with ${came} instead of JSON.`,
      );
    }
    const { lists } = sent;
    if (lists !== undefined && !Array.isArray((told as Record<string, unknown>)[lists])) {
      throw new RequestFailed(
        answer.status,
        `The server answered ${answer.status} with JSON that has no ${lists}.`,
      );
    }
    return told;
  };

  return {
    async upload(namespace, files, { directory = '', signal, onProgress, ...query } = {}) {
      const form = new FormData();
      let total = 0;
      for (const file of Array.isArray(files) ? (files as readonly Upload[]) : [files as Upload]) {
        const { blob, name } =
          'blob' in file ? file : { blob: file, name: 'name' in file ? String(file.name) : 'file' };
        form.append('file', blob, name);
        total += blob.size;
      }
      const url =
        directory === ''
          ? address(namespace, '', query).replace(/\/(?=\?|$)/, '')
          : address(namespace, directory, query);
      const sent = { body: form, total, signal, onProgress, lists: 'files' };
      return ((await ask('POST', url, sent)) as { files: StoredFile[] }).files;
    },

    async put(
      namespace,
      path,
      body,
      { ifMatch, createOnly, contentType, signal, onProgress, ...query } = {},
    ) {
      const blob = typeof body === 'string' ? new Blob([body]) : body;
      const headers = {
        'If-Match': ifMatch,
        'If-None-Match': createOnly ? '*' : undefined,
        'Content-Type': contentType ?? (blob.type || undefined),
      };
      const sent = { headers, body: blob, total: blob.size, signal, onProgress };
      return (await ask('PUT', address(namespace, path, query), sent)) as StoredFile;
    },

    async *list(namespace, directory = '', { pageSize = 1000, signal } = {}) {
      const path = directory === '' ? '' : `${directory.replace(/\/+$/, '')}/`;
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const url = address(namespace, path, { limit: pageSize, cursor });
        const sent = { signal, lists: 'entries' };
        const page = (await ask('GET', url, sent)) as { entries: Entry[]; cursor: string | null };
        yield* page.entries;
        cursor = page.cursor;
      }
    },

    async expire(namespace, path, lifetime) {
      const body = JSON.stringify(lifetime ?? { expires: false });
      const headers = { 'Content-Type': 'application/json' };
      return (await ask('PATCH', address(namespace, path), { headers, body })) as StoredFile;
    },

    async remove(namespace, path) {
      await ask('DELETE', address(namespace, path));
    },

    url: (namespace, path, { download } = {}) =>
      address(namespace, path, { download: download === true ? '' : download || undefined }),
  };
}

/** Whatever makes a request of a URL resolves the dots in it, also those above the namespace, so none may be left. */
function segmentsOf(path: string): string[] {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') {
      if (segments.pop() === undefined) throw new TypeError('The path leads out of its namespace.');
    } else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return segments;
}

interface Sent {
  headers?: Record<string, string | undefined>;
  body?: FormData | Blob | string;
  /** Bytes of the files in the body. */
  total?: number;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: UploadProgress) => void) | undefined;
  /** Name of the list that this service's answer has. */
  lists?: string;
}

interface Ready extends Sent {
  /** By names in lower case. */
  headers: Record<string, string>;
  credentials: ClientOptions['credentials'];
}

interface Answer {
  status: number;
  /** `Content-Type`; null: there is none. */
  type: string | null;
  text: string;
}

async function viaFetch(
  send: typeof fetch,
  method: string,
  url: string,
  { headers, body, signal, credentials }: Ready,
): Promise<Answer> {
  const response = await send(url, {
    method,
    headers,
    ...(credentials ? { credentials } : {}),
    ...(body === undefined ? {} : { body }),
    ...(signal ? { signal } : {}),
  });
  return answerOf(response);
}

type Progressing = Ready & { onProgress: (progress: UploadProgress) => void };

function withProgress(send: typeof fetch, method: string, url: string, sent: Progressing): Promise<Answer> {
  const { XMLHttpRequest } = globalThis as { XMLHttpRequest?: new () => Xhr };
  if (XMLHttpRequest === undefined) return viaStream(send, method, url, sent);
  // To its own origin it sends cookies whatever it is told.
  if (sent.credentials === 'omit') return viaFetch(send, method, url, sent);
  return viaXhr(new XMLHttpRequest(), method, url, sent);
}

/** Where fetch takes streams, as in Node: what is read has been sent, but for a buffer. */
async function viaStream(
  send: typeof fetch,
  method: string,
  url: string,
  sent: Progressing,
): Promise<Answer> {
  const { body, headers, signal, credentials, total = 0, onProgress } = sent;
  const whole = new Response(body);
  let loaded = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      loaded += chunk.byteLength;
      // The form around the files is not counted.
      onProgress({ loaded: Math.min(loaded, total), total });
      controller.enqueue(chunk);
    },
  });
  const type = headers['content-type'] ?? whole.headers.get('Content-Type');
  const response = await send(url, {
    method,
    headers: { ...headers, ...(type ? { 'content-type': type } : {}) },
    ...(credentials ? { credentials } : {}),
    body: whole.body?.pipeThrough(counter) ?? null,
    duplex: 'half',
    ...(signal ? { signal } : {}),
  } as RequestInit);
  return answerOf(response);
}

/** What is used of a browser's XMLHttpRequest. */
interface Xhr {
  readonly status: number;
  readonly responseText: string;
  withCredentials: boolean;
  readonly upload: { onprogress: ((event: UploadProgress) => void) | null };
  onload: (() => void) | null;
  onerror: (() => void) | null;
  onabort: (() => void) | null;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  getResponseHeader(name: string): string | null;
  send(body?: FormData | Blob | string): void;
  abort(): void;
}

function viaXhr(
  xhr: Xhr,
  method: string,
  url: string,
  { headers, body, signal, credentials, onProgress }: Progressing,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const abort = (): void => xhr.abort();
    const done = (settle: () => void) => (): void => {
      signal?.removeEventListener('abort', abort);
      settle();
    };
    xhr.upload.onprogress = ({ loaded, total }) => onProgress({ loaded, total });
    xhr.onload = done(() =>
      resolve({ status: xhr.status, type: xhr.getResponseHeader('Content-Type'), text: xhr.responseText }),
    );
    xhr.onerror = done(() => reject(new TypeError('The connection broke.')));
    xhr.onabort = done(() => reject(signal?.reason));
    if (signal?.aborted) return reject(signal.reason);
    signal?.addEventListener('abort', abort);
    xhr.open(method, url);
    xhr.withCredentials = credentials === 'include';
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.send(body);
  });
}

async function answerOf(response: Response): Promise<Answer> {
  const { status, headers } = response;
  return { status, type: headers.get('Content-Type'), text: await response.text() };
}

/** The object or list that the text is in JSON; else null. */
function parsed(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}
