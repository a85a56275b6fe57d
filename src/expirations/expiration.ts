/** What is known of when a file expires. */

/** A file by its place: a deadline belongs to the path, whatever content is there. */
export interface FileKey {
  /** Name of the namespace. */
  readonly namespace: string;
  /** Canonical path in the namespace. */
  readonly path: string;
}

/**
 * A write in progress that changes the deadline. It is recorded before the
 * write is published and dropped after; when its writer died in between, what
 * is stored tells which of the two deadlines holds: if it is still what was
 * there before, the old one, else the new one.
 */
export interface Intent {
  /** The deadline that comes with the new content, in ms since the epoch; null: none. */
  readonly deadline: number | null;
  /** Validator of what was stored before the write; null: nothing. */
  readonly before: string | null;
}

/** The row of a file. A file without a row never expires. */
export interface Expiration extends FileKey {
  /** Ms since the epoch; null: none, the row is there for its intent. */
  readonly deadline: number | null;
  /** A write in progress that changes the deadline; null: none. */
  readonly intent: Intent | null;
  /** A file was at the path when the row was made or since: a purge need not look whether there is one. */
  readonly seen: boolean;
  /** How many purges in a row could not remove the file; a change of the deadline starts anew. */
  readonly failures: number;
  /** Differs after every change of the row, so that nobody acts on a row that is not the one it read. */
  readonly generation: number;
}

/** One text for a key, for maps; no path holds a NUL. */
export function keyText(key: FileKey): string {
  return `${key.namespace}\0${key.path}`;
}

/** When a row wants attention: the earlier of its deadline and its intent's; null: never. */
export function dueOf(row: Pick<Expiration, 'deadline' | 'intent'>): number | null {
  const intended = row.intent?.deadline ?? null;
  if (row.deadline === null) return intended;
  return intended === null ? row.deadline : Math.min(row.deadline, intended);
}
