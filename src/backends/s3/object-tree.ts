/**
 * Files and directories as they show in the keys of a bucket: what is at a
 * path, and what must be so before something is put there.
 */
import { Readable } from 'node:stream';
import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import {
  DestinationExists,
  DirectoryExists,
  DirectoryExpected,
  FileExists,
  FileExpected,
  PermissionDenied,
  ResourceNotFound,
} from '../../errors/errors.js';
import type { Info } from '../../fs/info.js';
import { ancestors, dirname } from '../../path/parts.js';
import type { Bucket } from './bucket.js';
import { directoryExists } from './listing.js';
import { writeMark } from './metadata.js';
import { ObjectBody } from './object-body.js';
import { directoryInfo, infoOf } from './object-info.js';
import type { KeySpace } from './object-key.js';

/** What other tools give markers too. */
const MARKER_TYPE = 'application/x-directory';

export interface Strictness {
  /** Look before writing; see `S3FSOptions.strict`. */
  readonly strict: boolean;
  /** Files may be written where no directory is: it comes with them. */
  readonly impliesParents: boolean;
}

/** Paths are canonical. */
export class ObjectTree {
  constructor(
    readonly bucket: Bucket,
    readonly keys: KeySpace,
    readonly strictness: Strictness,
  ) {}

  /** One request for a file, two for a directory or for nothing. */
  async find(path: string): Promise<Info | null> {
    if (path === '') {
      // The root is always there, as long as its bucket is.
      await this.bucket.list({ prefix: this.keys.prefix, maxKeys: 1 }, { path });
      return directoryInfo(path);
    }
    const object = await this.head(path);
    if (object !== null) return infoOf(path, object);
    return (await this.isDirectory(path)) ? directoryInfo(path) : null;
  }

  async head(path: string): Promise<HeadObjectCommandOutput | null> {
    if (path === '' || this.keys.hides(path)) return null;
    return this.bucket.head(this.keys.key(path), { path });
  }

  async isDirectory(path: string): Promise<boolean> {
    if (path === '') return true;
    if (this.keys.hides(path)) return false;
    return directoryExists(this.bucket, this.keys.directoryKey(path), { path });
  }

  /** @throws ResourceNotFound, FileExpected */
  async needFile(path: string): Promise<HeadObjectCommandOutput> {
    const object = await this.head(path);
    if (object === null) throw await this.noFile(path);
    return object;
  }

  /** Why there is no file at a path. */
  async noFile(path: string): Promise<Error> {
    return (await this.isDirectory(path)) ? new FileExpected(path) : new ResourceNotFound(path);
  }

  /** Why there is no directory at a path. */
  async noDirectory(path: string): Promise<Error> {
    return (await this.head(path)) === null ? new ResourceNotFound(path) : new DirectoryExpected(path);
  }

  /**
   * One request; a body that breaks is gone on with.
   * @param ifMatch open this version only
   * @returns null when there is another version
   * @throws ResourceNotFound, FileExpected
   */
  async open(
    path: string,
    { start, end }: { start: number; end: number },
    ifMatch?: string,
  ): Promise<Readable | null> {
    if (path === '' || this.keys.hides(path)) throw await this.noFile(path);
    const key = this.keys.key(path);
    const request = {
      ...(start > 0 ? { start } : {}),
      ...(Number.isFinite(end) ? { end } : {}),
      ...(ifMatch === undefined ? {} : { ifMatch }),
    };
    const found = await this.bucket.get(key, request, { path });
    if (found === null) throw await this.noFile(path);
    if (found === 'changed') return null;
    if (found === 'past-end') return Readable.from([], { objectMode: false });
    const { etag, body, length } = found;
    return new ObjectBody(path, body, length, async (offset) => {
      const rest = { start: start + offset, end: start + length - 1 };
      const again = await this.bucket.get(key, etag === undefined ? rest : { ...rest, ifMatch: etag }, {
        path,
      });
      return again === null || typeof again === 'string' ? 'changed' : again.body;
    });
  }

  /**
   * Make sure that a file may be put at a path. Two requests side by side, one
   * of them only below the root; none when not strict.
   *
   * @param clear somebody has looked
   * @throws FileExpected, DirectoryExpected, ResourceNotFound: the directory is missing
   */
  async checkPlace(path: string, clear = false): Promise<void> {
    if (path === '') throw new FileExpected(path);
    this.refuseHidden(path);
    const { strict, impliesParents } = this.strictness;
    if (!strict || clear) return;
    const [isDirectory] = await Promise.all([this.isDirectory(path), this.checkParent(path, impliesParents)]);
    if (isDirectory) throw new FileExpected(path);
  }

  /**
   * @param implied a directory that is missing is fine, as long as no file is in its place
   * @throws ResourceNotFound, DirectoryExpected
   */
  async checkParent(path: string, implied: boolean): Promise<void> {
    if (await this.isDirectory(dirname(path))) return;
    const above = ancestors(path).reverse();
    const objects = await Promise.all(above.map((ancestor) => this.head(ancestor)));
    const file = above.find((_, i) => objects[i] !== null);
    if (file !== undefined) throw new DirectoryExpected(file);
    if (!implied) throw new ResourceNotFound(path);
  }

  /** pyfilesystem2 looks at the destination before anything else, and so do we. */
  async checkDestination(path: string, overwrite: boolean): Promise<void> {
    const there = await this.find(path);
    if (there === null) return;
    if (!overwrite) throw new DestinationExists(path);
    if (there.isDir) throw new FileExpected(path);
  }

  /** @throws DirectoryExists one is there, unless `recreate` */
  async putMarker(path: string, recreate: boolean): Promise<void> {
    const headers = { ContentType: MARKER_TYPE, Metadata: writeMark() };
    try {
      await this.bucket.put(this.keys.directoryKey(path), Buffer.alloc(0), headers, {
        path,
        createOnly: true,
      });
    } catch (error) {
      if (!(error instanceof FileExists)) throw error;
      if (!recreate) throw new DirectoryExists(path, { cause: error });
    }
  }

  /** @throws PermissionDenied the path is none of the user's */
  refuseHidden(path: string): void {
    if (this.keys.hides(path)) throw new PermissionDenied(path);
  }
}
