/** What the client takes and gives. Types alone, so that the client itself is one file. */

/** A stored file. */
export interface StoredFile {
  /** Name of the namespace. */
  namespace: string;
  /** Canonical path in it. */
  path: string;
  /** Bytes. */
  size: number;
  /** Media type. */
  contentType: string;
  /** Entity tag, for `ifMatch`. */
  etag: string;
  /** Where it is served: a path, or an absolute URL. */
  url: string;
  /** ISO 8601; null: it never expires. */
  expires: string | null;
}

/** A file or directory in a listing. */
export interface Entry {
  /** Last component of the path. */
  name: string;
  /** Canonical path in the namespace. */
  path: string;
  /** Whether it is a directory. */
  isDir: boolean;
  /** Bytes; 0 for a directory. */
  size: number;
  /** ISO 8601. */
  modified: string;
  /** Where it is served. */
  url: string;
  /** ISO 8601; null: it never expires. */
  expires: string | null;
}

/** How far an upload has come, in bytes. */
export interface UploadProgress {
  /** Bytes sent so far. */
  loaded: number;
  /** Bytes in all. */
  total: number;
}

/** What goes with every upload. */
export interface UploadOptions {
  /** Seconds that the file lives; summed up with `days`. Default: it keeps the deadline of its path, or has none. */
  seconds?: number;
  /** Days of 24 hours that the file lives. */
  days?: number;
  /** Seconds that the answered URL works, where URLs are signed. */
  timeout?: number;
  /** Aborting it ends the upload; nothing of it stays, unless all of it had been sent. */
  signal?: AbortSignal;
  /** Called as bytes go out. */
  onProgress?: (progress: UploadProgress) => void;
}

/** Options of `upload`. */
export interface FormUploadOptions extends UploadOptions {
  /** Directory that the files go to; default the root of the namespace. */
  directory?: string;
  /** Name for a single file; default its own. */
  filename?: string;
}

/** Options of `put`. */
export interface PutOptions extends UploadOptions {
  /** Replace the file only if it has this entity tag. */
  ifMatch?: string;
  /** Only if nothing is there; default false. */
  createOnly?: boolean;
  /** Media type; default that of the blob, else by the name. */
  contentType?: string;
}

/** A file to be uploaded: a `File`, a `Blob` under a name, or a mere `Blob`, which is called `file`. */
export type Upload = Blob | NamedBlob;

/** A blob with the name that it shall have. */
export interface NamedBlob {
  /** The content. */
  blob: Blob;
  /** Name of the file. */
  name: string;
}

/** Options of `createClient`. */
export interface ClientOptions {
  /** Where the files are served, such as `/files` or `https://files.example.com/files`. */
  baseUrl: string;
  /** Sent as `Authorization: Bearer`; a function is asked each time. */
  token?: string | (() => string | undefined);
  /**
   * As fetch's: whether cookies go along, default `'same-origin'`. To another origin `'include'` wants
   * `cors: { credentials: true }` there. With `'omit'` a browser tells of no progress.
   */
  credentials?: 'include' | 'same-origin' | 'omit';
  /** Sent with all requests, but for those that the client sets itself; a function is asked each time. */
  headers?: Record<string, string> | (() => Record<string, string>);
  /** In place of the global one. */
  fetch?: typeof fetch;
}

/**
 * A client for one server. Its methods reject with `RequestFailed`, also for an answer that is not the service's own;
 * with fetch's own errors when no answer comes; and with a TypeError, before anything is sent, for a path that leads
 * out of its namespace.
 */
export interface Client {
  /** Upload files under free names: all of them or none. */
  upload(
    namespace: string,
    files: Upload | readonly Upload[],
    options?: FormUploadOptions,
  ): Promise<StoredFile[]>;
  /** Store a file at a path, replacing what is there. */
  put(namespace: string, path: string, body: Blob | string, options?: PutOptions): Promise<StoredFile>;
  /** All that a directory holds, fetched page by page. */
  list(
    namespace: string,
    directory?: string,
    options?: { pageSize?: number; signal?: AbortSignal },
  ): AsyncGenerator<Entry, void>;
  /** Set how long a file lives from now on; null: for ever. */
  expire(
    namespace: string,
    path: string,
    lifetime: { seconds?: number; days?: number } | null,
  ): Promise<StoredFile>;
  /** Remove a file and its deadline. */
  remove(namespace: string, path: string): Promise<void>;
  /** Where a file is served. Nothing is asked. @throws TypeError a path that leads out of its namespace */
  url(namespace: string, path: string, options?: { download?: boolean | string }): string;
}
