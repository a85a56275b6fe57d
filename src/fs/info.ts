/** What a filesystem tells of a file or directory. Follows pyfilesystem2's `Info`, its sections flattened. */
export interface Info {
  /** Last component of the path; the root's is the empty string. */
  readonly name: string;
  /** Canonical path in the filesystem that was asked. */
  readonly path: string;
  /** True for a directory, false for a file. */
  readonly isDir: boolean;
  /** Bytes; 0 for a directory. */
  readonly size: number;
  /** When the content was last changed; of what a write returns: about now, where the backend does not tell. */
  readonly modified: Date;
  /** When the file or directory was made, where the backend knows. */
  readonly created?: Date;
  /** When the content was last read, where the backend knows. */
  readonly accessed?: Date;
  /** Entity tag with its quotes (RFC 9110 section 8.8.3): two different contents of a path never share one. */
  readonly etag?: string;
  /**
   * Differs for every write, also of the same bytes, where the backend can
   * tell; `etag` may not. Listings may leave it out.
   */
  readonly version?: string;
  /** Media type kept with the file, where the backend keeps one. */
  readonly contentType?: string;
  /**
   * Name that clients are to save the file under, where one was kept that is
   * not `name`. It came from outside: never to be used as a path. Listings may
   * leave it out.
   */
  readonly filename?: string;
}
