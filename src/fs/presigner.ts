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

/** Signs without asking anybody, so for a file that is not there as well. */
export interface Presigner {
  /** Longest life that a URL can have, in seconds. */
  readonly maxSeconds: number;
  /** @throws InvalidPath, IllegalBackReference, FilesystemClosed; OperationFailed: there are no credentials to sign with */
  presign(path: string, options: PresignOptions): Promise<PresignedUrl>;
}
