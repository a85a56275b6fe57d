/**
 * URLs by which a browser sends one file straight to where it is stored:
 * signed for the router, or presigned for a storage that takes uploads itself.
 * What is allowed is settled as the URL is made, the file's deadline too.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock/clock.js';
import { FileExists, FileExpected, InvalidPath, Unsupported } from '../errors/errors.js';
import { checkAmount, deadlineAfter } from '../expirations/lifetime.js';
import { checkObject } from '../fs/derived/option-types.js';
import type { Info } from '../fs/info.js';
import type { Presigner, PresignPostOptions } from '../fs/presigner.js';
import { isMediaRange, matchesRange } from '../path/media-range.js';
import { contentTypeHeader, isActiveContent, mediaTypeOfName } from '../path/media-type.js';
import { basename, dirname, joinPath, splitExtension } from '../path/parts.js';
import { expiresOf, signedQuery } from '../urls/signed-url.js';
import type { UrlSigning } from '../urls/signing-key.js';
import { fileUrl } from '../urls/url-root.js';
import { systemTimeOf } from './presigned-url.js';

/** What an upload does to a file of its name. */
export type OnConflict = 'rename' | 'replace' | 'fail';

/** Options of `getUploadUrl`. */
export interface UploadUrlOptions {
  /** Seconds until the URL stops working; default 900. */
  timeout?: number;
  /** Bytes that the file may have; default what the router takes, on S3 1 GiB. */
  maxBytes?: number;
  /** Media types that are taken, such as `['image/*']`. The router goes by the content; S3 by what the client says, and by one type alone. */
  accept?: readonly string[];
  /** The file lives until so many seconds from now, at which the URL is made. */
  seconds?: number;
  /** Days of 24 hours, added to the seconds. */
  days?: number;
  /** What happens to a file of its name; default what the router does, on S3 `'rename'`. S3 looks as the URL is made, and never again. */
  onConflict?: OnConflict;
}

/** How to send a file: a form with these fields, then the file as the last one, called `file`. */
export interface UploadUrl {
  /** A secret as long as it works: never log it. */
  url: string;
  /** Always `POST`, as `multipart/form-data`. */
  method: 'POST';
  /**
   * Fields that come before the file, by name. If `Content-Type` is not among them, S3 wants it beside them: with a
   * range such as `image/*` the client says the type.
   */
  fields: Record<string, string>;
  /** Headers to send; none are needed today. */
  headers: Record<string, string>;
  /** Where the file will be; null where its name is the client's, or depends on what is there by then. */
  path: string | null;
}

const DEFAULT_UPLOAD_SECONDS = 900;
/** Of an upload to S3, where no router has a say. */
const DEFAULT_MAX_BYTES = 2 ** 30;

/** Options that were checked, with a deadline in place of a lifetime. */
export interface CheckedUpload extends Omit<UploadUrlOptions, 'seconds' | 'days' | 'timeout'> {
  readonly timeout: number;
  /** Null: no new one. */
  readonly deadline: Date | null;
}

/** @throws RangeError, TypeError */
export function checkUpload(options: UploadUrlOptions, now: number): CheckedUpload {
  checkObject('options', options);
  const { timeout = DEFAULT_UPLOAD_SECONDS, maxBytes, accept, seconds, days, onConflict } = options;
  checkAmount('timeout', timeout);
  if (timeout === 0) throw new RangeError('timeout must be more than 0: an upload URL always ends');
  if (maxBytes !== undefined && typeof maxBytes !== 'number') {
    throw new TypeError(`maxBytes must be a number, not ${typeof maxBytes}`);
  }
  if (maxBytes !== undefined && !(Number.isSafeInteger(maxBytes) && maxBytes >= 0)) {
    throw new RangeError(`maxBytes must be a whole number of 0 or more, not ${maxBytes}`);
  }
  if (accept !== undefined && !(Array.isArray(accept) && accept.length > 0 && accept.every(isMediaRange))) {
    throw new TypeError("accept must be a list of media types such as 'image/*'");
  }
  if (onConflict !== undefined && !['rename', 'replace', 'fail'].includes(onConflict)) {
    throw new TypeError("onConflict must be 'rename', 'replace' or 'fail'");
  }
  const mortal = seconds !== undefined || days !== undefined;
  const deadline = mortal ? new Date(deadlineAfter(now, seconds ?? 0, days ?? 0)) : null;
  return {
    timeout,
    deadline,
    ...(maxBytes === undefined ? {} : { maxBytes }),
    ...(accept === undefined ? {} : { accept }),
    ...(onConflict === undefined ? {} : { onConflict }),
  };
}

/** Where an upload goes: a file, or a directory in which the client names it. */
export interface UploadTarget {
  readonly namespace: string;
  /** Canonical. */
  readonly path: string;
  readonly isDirectory: boolean;
}

/** A URL of the router, which holds the upload to what was signed. @throws Unsupported: nothing is signed here */
export function signedUploadUrl(
  urls: UrlSigning | null,
  urlRoot: string | null,
  { namespace, path, isDirectory }: UploadTarget,
  { timeout, deadline, maxBytes, accept, onConflict }: CheckedUpload,
  now: number,
): UploadUrl {
  if (urls === null || urlRoot === null) {
    throw new Unsupported(path, { message: 'an upload URL must be signed: set urls.secrets' });
  }
  const directory = isDirectory ? path : dirname(path);
  const parameters = Object.entries({
    filename: isDirectory ? undefined : basename(path),
    maxBytes: maxBytes?.toString(),
    accept: accept?.join(','),
    onConflict,
    until: deadline?.getTime().toString(),
    expires: expiresOf(now, timeout, deadline),
  }).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const target = { method: 'POST', namespace, path: directory } as const;
  const settled = !isDirectory && (onConflict === 'replace' || onConflict === 'fail');
  return {
    url: `${fileUrl(urlRoot, namespace, directory)}?${signedQuery(urls.keys, target, Object.fromEntries(parameters))}`,
    method: 'POST',
    fields: {},
    headers: {},
    path: settled ? path : null,
  };
}

/** What making a presigned upload wants of the filesystem. */
export interface UploadStorage {
  findInfo(path: string): Promise<Info | null>;
  getExpiration(path: string): Promise<Date | null>;
  /** Record the deadline. @param check may refuse what is there, while other writers of the path are held off */
  expireAt(path: string, deadline: Date, check?: (current: Info | null) => void): Promise<void>;
  readonly presigner: Presigner;
  readonly clock: Clock;
}

/** An upload that the storage takes itself. The deadline is recorded now, as nobody hears of the upload. */
export async function presignedUpload(
  storage: UploadStorage,
  target: UploadTarget,
  upload: CheckedUpload,
): Promise<UploadUrl> {
  const { timeout, deadline, maxBytes = DEFAULT_MAX_BYTES, accept } = upload;
  const { presigner } = storage;
  if (presigner.presignPost === undefined) throw new Unsupported(target.path);
  if (timeout > presigner.maxSeconds) {
    throw new RangeError(`timeout must be at most ${presigner.maxSeconds} seconds, not ${timeout}`);
  }
  // S3 puts the client's name in place of it, wherever in a key it is.
  if (/\$\{filename\}/.test(target.path)) throw new InvalidPath(target.path);
  const path = await takePath(storage, target, upload);
  const end = deadline ?? (await storage.getExpiration(path));
  const { url, fields } = await presigner.presignPost(path, {
    ...contentRules(path, accept),
    maxBytes,
    expiresIn: Math.ceil(timeout),
    ...(end === null ? {} : { notAfter: systemTimeOf(end, storage.clock) }),
  });
  return { url, method: 'POST', fields, headers: {}, path };
}

/** Choose the path and record its deadline, which must not become that of a file that was not to be replaced. */
async function takePath(
  storage: UploadStorage,
  target: UploadTarget,
  { deadline, accept, onConflict = 'rename' }: CheckedUpload,
): Promise<string> {
  for (;;) {
    const path = await freePath(storage, target, onConflict);
    contentRules(path, accept); // What is refused leaves no deadline behind.
    if (deadline === null) return path;
    const check = (current: Info | null): void => {
      if (current !== null) throw new (current.isDir ? FileExpected : FileExists)(path);
    };
    try {
      await storage.expireAt(path, deadline, onConflict === 'replace' ? undefined : check);
      return path;
    } catch (error) {
      // What has come since the look is seen by the next one, which gives another name.
      if (onConflict !== 'rename' || !(error instanceof FileExists)) throw error;
    }
  }
}

async function freePath(
  storage: UploadStorage,
  { path, isDirectory }: UploadTarget,
  onConflict: OnConflict,
): Promise<string> {
  if (isDirectory) return joinPath(path, randomUUID());
  const there = await storage.findInfo(path);
  if (there?.isDir === true) throw new FileExpected(path);
  if (there === null || onConflict === 'replace') return path;
  if (onConflict === 'fail') throw new FileExists(path);
  const { stem, extension } = splitExtension(basename(path));
  return joinPath(dirname(path), `${stem}-${randomUUID().slice(0, 8)}${extension}`);
}

/**
 * A POST policy can ask for one type, or for the beginning of one, and for no
 * content. So the type is the name's if that is accepted, and a file of any
 * other kind that a browser could run is made one to save.
 */
function contentRules(
  path: string,
  accept: readonly string[] = ['*/*'],
): Pick<PresignPostOptions, 'contentType' | 'contentTypePrefix' | 'contentDisposition'> {
  const named = mediaTypeOfName(basename(path));
  if (matchesRange(named, accept)) return { contentType: contentTypeHeader(named) };
  const [only = '', ...others] = accept;
  if (others.length > 0) {
    throw new Unsupported(path, {
      message: 'S3 can hold an upload to one media type: accept one, or give a path whose name says which',
    });
  }
  const contentDisposition = 'attachment';
  if (only.endsWith('/*')) return { contentTypePrefix: only.slice(0, -1), contentDisposition };
  return isActiveContent(only) ? { contentType: only, contentDisposition } : { contentType: only };
}
