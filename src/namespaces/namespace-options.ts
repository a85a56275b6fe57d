/** What the methods of `NamespaceFS` take and give beyond those of `Filesystem`. */
import type { PublishOptions, WriteOptions } from '../fs/essentials.js';
import type { Info } from '../fs/info.js';
import type { StagedFile } from '../fs/staged-file.js';

/** How long a file lives from the moment at which it is stored: the sum of both. Neither: the path keeps its deadline. */
export interface Lifetime {
  /** Seconds; a fraction of a millisecond is rounded up. */
  seconds?: number;
  /** Days of 24 hours. */
  days?: number;
}

/** Options of `NamespaceFS.write`. */
export interface NamespaceWriteOptions extends WriteOptions, Lifetime {}

/** A last look at what a change is made to. */
export interface PathCheck {
  /** Called with what is at the path, while other writers of it are held off; throwing cancels the change. */
  check?: (current: Info | null) => void;
}

/** How a staged file of a namespace is published. */
export interface NamespacePublishOptions extends PublishOptions, Lifetime {
  /** As that of `PathCheck`; it is told the path's deadline as well, which a renewal changes and nothing of the file. */
  check?: (current: Info | null, deadline: Date | null) => void;
  /** Called with the file's deadline, null for none, as soon as the file has its name. */
  onPublished?: (deadline: Date | null) => void;
  /** Aborting it before the file has its name makes the publish reject with the signal's reason. */
  signal?: AbortSignal;
}

/** A staged file that is published with a deadline. */
export interface NamespaceStagedFile extends Omit<StagedFile, 'publishNow' | 'content'> {
  publish(path: string, options?: NamespacePublishOptions): Promise<Info>;
  /**
   * As `publish`, all at once when the event loop turns, together with all others who ask for that; absent where it can
   * never be.
   * @returns null when it can't be, whatever the reason: nothing was done, and `publish` does it or tells why not
   * @throws TypeError, IllegalBackReference and what else is wrong with `path` and `options` by themselves;
   *   OperationTimeout and the like: the deadlines can't be reached
   */
  publishSoon?(path: string, options?: NamespacePublishOptions): Promise<Info | null>;
}

/** Options of `getUrl`. */
export interface UrlOptions {
  /** Seconds until the URL stops working, where URLs are signed; default 0, see `getUrl`. */
  timeout?: number;
  /** Ask the browser to save the file, under this name if one is given. */
  download?: boolean | string;
  /** Media type to serve the file as. */
  contentType?: string;
}
