/** The URLs of a namespace's files: those that mayfly answers, and those that the storage does. */
import { ResourceReadOnly, Unsupported } from '../errors/errors.js';
import { checkAmount } from '../expirations/lifetime.js';
import { findInfo } from '../fs/derived/read.js';
import type { PresignedUrl, Presigner } from '../fs/presigner.js';
import { checkMediaType } from '../path/media-type.js';
import { fileUrl } from '../urls/url-root.js';
import type { Deadlines } from './deadlines.js';
import type { UrlOptions } from './namespace-options.js';
import { checkUrlOptions } from './option-types.js';
import { ownQuery } from './own-url.js';
import type { PresignedUrlOptions } from './presigned-url.js';
import { presignOptions } from './presigned-url.js';
import type { NamespaceScope } from './scope.js';
import type { UploadStorage, UploadUrl, UploadUrlOptions } from './upload-url.js';
import { checkUpload, presignedUpload, signedUploadUrl } from './upload-url.js';

/** Seconds that a presigned URL works when nobody said how long, as in django-pyfs. */
const DEFAULT_PRESIGN_SECONDS = 60;
/** A URL that was asked for by its life is the same for a tenth of it. */
const ASKED_WINDOWS = 10;

export class Urls {
  readonly #scope: NamespaceScope;
  readonly #deadlines: Deadlines;

  constructor(scope: NamespaceScope, deadlines: Deadlines) {
    this.#scope = scope;
    this.#deadlines = deadlines;
  }

  /**
   * See `NamespaceFS.getUrl`.
   * @param deadlineOf asked only where the answer counts
   */
  async urlOf(path: string, options: UrlOptions, deadlineOf: () => Promise<Date | null>): Promise<string> {
    checkUrlOptions(options);
    const { timeout: seconds = 0, download, contentType } = options;
    checkAmount('timeout', seconds);
    if (contentType !== undefined) checkMediaType(contentType);
    const { host } = this.#scope;
    const presigner = this.#presigner();
    if (presigner !== null && seconds > presigner.maxSeconds) {
      throw new RangeError(`timeout must be at most ${presigner.maxSeconds} seconds, not ${seconds}`);
    }
    if (presigner !== null && (seconds > 0 || host.urlRoot === null || contentType !== undefined)) {
      const expiresIn = Math.ceil(seconds) || DEFAULT_PRESIGN_SECONDS;
      const how = { expiresIn, window: expiresIn / ASKED_WINDOWS, download, contentType };
      return (await presigner.presign(path, presignOptions(path, how, await deadlineOf(), host.clock))).url;
    }
    const asked = { timeout: seconds, download, contentType };
    const query = await ownQuery(host, this.#scope.key(path), asked, deadlineOf);
    return this.plain(path) + (query === '' ? '' : `?${query}`);
  }

  /** See `NamespaceFS.getUploadUrl`. */
  async uploadUrl(path: string, options: UploadUrlOptions): Promise<UploadUrl> {
    const { clock, urls, urlRoot, storage } = this.#scope.host;
    const local = this.#scope.validatePath(path);
    const isDirectory = local === '' || path.endsWith('/');
    if (this.#scope.files.getMeta().readOnly) throw new ResourceReadOnly(local);
    const upload = checkUpload(options, clock());
    const presigner = this.#presigner();
    if (presigner === null) {
      const target = { ...this.#scope.key(local), isDirectory };
      const made = signedUploadUrl(urls, urlRoot, target, upload, clock());
      return made.path === null ? made : { ...made, path: local };
    }
    await storage.bound();
    const taker: UploadStorage = {
      presigner,
      clock,
      findInfo: (target) => findInfo(this.#scope, target),
      getExpiration: (target) => this.#deadlines.findOne(target),
      expireAt: (target, deadline, check) => this.#deadlines.expireAt(target, deadline, check),
    };
    return presignedUpload(taker, { namespace: this.#scope.namespace, path: local, isDirectory }, upload);
  }

  /** See `NamespaceFS.getPlainUrl`. */
  plain(path: string): string {
    return fileUrl(this.#scope.host.urlRoot ?? '', this.#scope.namespace, this.#scope.key(path).path);
  }

  /** See `NamespaceFS.presign`. */
  async presign(path: string, options: PresignedUrlOptions): Promise<PresignedUrl> {
    const presigner = this.#presigner();
    if (presigner === null) throw new Unsupported(path);
    const deadline = options.deadline === undefined ? await this.#deadlines.findOne(path) : options.deadline;
    return presigner.presign(path, presignOptions(path, options, deadline, this.#scope.host.clock));
  }

  #presigner(): Presigner | null {
    return this.#scope.files.presigner();
  }
}
