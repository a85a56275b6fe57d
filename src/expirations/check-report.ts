/** What a check of rows against files is told, and tells. */

/**
 * What is wrong at a path. `lost`: a deadline whose file was there and is not
 * any more. `unsettled`: a write whose process ended before it made the deadline
 * firm. `directory`: a deadline where a directory is, which no purge removes.
 */
export type CheckKind = 'lost' | 'unsettled' | 'directory';

/** One path that is not as it should be. */
export interface CheckFinding {
  /** What is wrong. */
  kind: CheckKind;
  /** Namespace of the path. */
  namespace: string;
  /** Canonical path in it. */
  path: string;
  /** Whether it was mended. */
  fixed: boolean;
}

/** What a check found. */
export interface CheckReport {
  /** Rows looked at. */
  rows: number;
  /** Rows of files that have not come yet, which only S3 can tell from those that are lost; nothing is wrong with them. */
  waiting: number;
  /** Rows whose file is gone. */
  lost: number;
  /** Rows of writes that were broken off. */
  unsettled: number;
  /** Rows where a directory is. */
  directories: number;
  /** Files that killed writers left unpublished, untouched for a day. */
  leftovers: number;
  /** How many of all these were mended. */
  fixed: number;
  /** The first 100. */
  findings: CheckFinding[];
}

/** Options of `check`. */
export interface CheckOptions {
  /**
   * Mend what is found: forget what is lost and deadlines of directories, settle
   * what is unsettled by what is stored, remove what is left over. On disk a deadline given
   * ahead of its file counts as lost, and is forgotten too. Default false.
   */
  fix?: boolean;
  /** Looks at no further row; the check then resolves with its report so far. */
  signal?: AbortSignal;
  /** Called after each page of rows. */
  onProgress?: (report: CheckReport) => void;
}
