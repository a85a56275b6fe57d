/** What is asked of a bucket and what it tells, in plain data. */
import type { IncomingMessage } from 'node:http';

/** Which file a call is for, so that errors can name it, and how to stop it. */
export interface CallContext {
  /** Canonical path in the filesystem that the caller uses. */
  readonly path: string;
  readonly signal?: AbortSignal | undefined;
}

/** What is stored with the bytes of an object. */
export interface ObjectHeaders {
  CacheControl?: string;
  ContentDisposition?: string;
  ContentEncoding?: string;
  ContentLanguage?: string;
  ContentType?: string;
  Metadata?: Record<string, string>;
}

export interface StoredObject {
  readonly key: string;
  readonly size: number;
  readonly modified: Date;
  readonly etag: string | undefined;
}

export interface ListRequest {
  prefix: string;
  /** Fold keys at the first slash after the prefix. */
  delimited?: boolean;
  maxKeys?: number;
  startAfter?: string;
  continuation?: string;
}

export interface ListPage {
  readonly objects: readonly StoredObject[];
  /** Folded prefixes, each with its slash. */
  readonly prefixes: readonly string[];
  /** Asks for the next page; undefined on the last. */
  readonly continuation: string | undefined;
}

export interface GetRequest {
  start?: number;
  /** Inclusive. */
  end?: number;
  ifMatch?: string;
}

export interface OpenObject {
  readonly body: IncomingMessage;
  /** Bytes that the body will have. */
  readonly length: number;
  readonly etag: string | undefined;
}

/** A key that a batch did not delete. */
export interface DeleteFailure {
  readonly key: string;
  readonly code: string | undefined;
  readonly message: string | undefined;
}

export interface StaleUpload {
  readonly key: string;
  readonly uploadId: string;
  readonly initiated: Date;
}
