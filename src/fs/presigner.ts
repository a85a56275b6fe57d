/** URLs that the storage itself answers, so that the bytes don't pass through this process. */

export interface PresignOptions {
  /** What the URL may be used for; default GET. */
  method?: 'GET' | 'HEAD';
  /** Life of the URL in whole seconds, from 1. */
  expiresIn: number;
  /**
   * Signing times are rounded down to multiples of this many seconds, so that
   * every process gives the same URL until the next one; the URL loses up to
   * that much of its life. Default 1.
   */
  window?: number;
  /** The URL shall not work later than this, in ms since the epoch by the system's clock; default no limit. */
  notAfter?: number;
  /** `Content-Disposition` of the answer; default the one that was stored. */
  contentDisposition?: string;
  /** `Content-Type` of the answer; default the one that was stored. */
  contentType?: string;
  /** `Cache-Control` of the answer; default the one that was stored. */
  cacheControl?: string;
  /** `Expires` of the answer; default none. */
  expires?: Date;
}

/** A URL that the storage itself answers. */
export interface PresignedUrl {
  /** A secret as long as it works: never to be logged. */
  readonly url: string;
  /** When it stops working, in ms since the epoch by the system's clock. */
  readonly expiresAt: number;
}

/** What a presigned upload may be. */
export interface PresignPostOptions {
  /** Life in whole seconds, from 1. */
  expiresIn: number;
  /** It shall not begin later than this, in ms since the epoch by the system's clock; default no limit. */
  notAfter?: number;
  /** Bytes that the file may have. */
  maxBytes: number;
  /** `Content-Type` to store; default: what the client sends as field. */
  contentType?: string;
  /** What the client's `Content-Type` must begin with, where `contentType` is not given; default nothing. */
  contentTypePrefix?: string;
  /** `Content-Disposition` to store; default none. */
  contentDisposition?: string;
}

/** An upload by a form that the storage itself takes. */
export interface PresignedPost {
  /** Where to send the form. */
  readonly url: string;
  /** Fields to send before the file, by name: secrets as long as they work. */
  readonly fields: Record<string, string>;
}

/** Signs without asking anybody, so for a file that is not there as well. */
export interface Presigner {
  /** Longest life that a URL can have, in seconds. */
  readonly maxSeconds: number;
  /** @throws InvalidPath, IllegalBackReference, FilesystemClosed; OperationFailed: there are no credentials to sign with */
  presign(path: string, options: PresignOptions): Promise<PresignedUrl>;
  /** Sign an upload by a form; missing where the storage takes none. Throws as `presign`. */
  presignPost?(path: string, options: PresignPostOptions): Promise<PresignedPost>;
}
