import type { Moment } from '../clock/moment.js';
import type { Expiration, FileKey, Intent } from './expiration.js';

/** What a settled claim does to one row. */
export type RowChange = FileKey & {
  /** Change only the row of this generation; default: whatever is there. */
  readonly ifGeneration?: number;
} & (
    | {
        /** Forget the row. */
        readonly remove: true;
      }
    | {
        /** The deadline from now on, in ms since the epoch; null: none. */
        readonly deadline: number | null;
        /** The write in progress; null: none. */
        readonly intent: Intent | null;
        /** A file is at the path, as far as is known. */
        readonly seen: boolean;
      }
    | {
        /** The generation of the row that was tried. */
        readonly ifGeneration: number;
        /** The file could not be removed: count one failure more, and see no use in trying before this moment. */
        readonly retryAt: number;
      }
  );

/**
 * Which due rows: those that have not failed yet; those that have and whose
 * `retryAt` has come; those that have whatever their `retryAt`, up to a
 * generation (so that a purge does not meet again what failed in it).
 */
export type DueSelection =
  | 'fresh'
  | 'ripe'
  | {
      /** Generation up to which. */
      readonly failedUpTo: number;
    };

/** How much is past its deadline. */
export interface Overdue {
  /** Rows that are due, counted up to `OVERDUE_COUNTED`. */
  readonly count: number;
  /** Earliest moment at which one of them was due; null: nothing is. */
  readonly oldest: number | null;
}

/** Where `overdue` stops counting, so that its cost is bounded. */
export const OVERDUE_COUNTED = 10_000;

/** How long those who wait for a key that somebody else has claimed pause at most before they look again, in ms. */
export const CLAIM_PAUSE_MS = 50;

/** Where `claimDue` goes on: after this row, in the order of its results. */
export interface DuePosition {
  /** When the row wants attention, in ms since the epoch. */
  readonly due: number;
  /** Tells rows of one moment apart. */
  readonly generation: number;
}

/** A row that was claimed because it is due. */
export interface DueRow {
  /** The row as it was claimed. */
  readonly row: Expiration;
  /** Where `claimDue` goes on after it. */
  readonly position: DuePosition;
}

/** How a claim is settled. */
export interface SettleOptions {
  /** Keep the claim; default false, which gives it back. */
  keepClaim?: boolean;
  /** Survive a loss of power from the moment of resolving; default true. */
  durable?: boolean;
  /** When the database goes away, wait a while for it to come back; default false, which rejects soon. */
  patient?: boolean;
  /**
   * Where nothing durable is asked for: the claim may be given back a moment later, together with others', and whether
   * that succeeds is not told; default false. Changes may be made only then too, though this store shows them at once
   * and makes them when it closes; those that the database refuses are given up. So only what the intent in the row
   * tells as well may be settled this way. A store may do it all at once just as well.
   */
  lazy?: boolean;
}

/** Options of `find`. */
export interface FindOptions {
  /**
   * What this store has read within the last second will do, unless it has
   * changed the row itself since; default false, which asks the database.
   */
  recent?: boolean;
}

/**
 * Where deadlines are kept.
 *
 * Besides its rows a store keeps *claims*: the right of one holder to change a
 * path, whether or not it has a row. A holder is a store object in a process.
 * A claim must end with its process, by a lock that the operating system or
 * the database frees, never by a time-out. Several stores in several processes
 * may work on the same rows; within one store object the caller keeps claims
 * of the same path apart.
 *
 * No query's cost may grow with the number of rows. Errors are FSErrors:
 * `RemoteConnectionError` or `OperationTimeout` when the database does not
 * answer, else `OperationFailed`.
 */
export interface ExpirationStore {
  /**
   * Connect and bring the schema up to date, which all other methods do at
   * their first use; may be called again, to see whether the store still answers.
   */
  ready(): Promise<void>;

  /**
   * Give back every claim of this holder and disconnect; idempotent. From this call on what is asked is refused with
   * an FSError, though `isHeld` says false and `findNow` can't tell.
   */
  close(): Promise<void>;

  /**
   * Remember which storage the rows speak of, unless one is remembered.
   * @returns the one remembered now; null with null, when none is
   */
  bindStorage(identity: string | null): Promise<string | null>;

  /** Rows of these keys, in their order; null where there is none. Claims are not looked at. */
  find(keys: readonly FileKey[], options?: FindOptions): Promise<(Expiration | null)[]>;

  /**
   * As `find` with `recent`, of one key, when it can be told without making
   * anybody wait. A store may leave the method out.
   *
   * @param moment what other processes have changed may be looked at once in each
   * @returns undefined when it can't be told at once; then ask `find`
   */
  findNow?(key: FileKey, moment?: Moment): Expiration | null | undefined;

  /** Paths with a row at or below a directory, in code-point order after `after`, at most `limit`. */
  findBelow(namespace: string, directory: string, after: string, limit: number): Promise<string[]>;

  /**
   * Claim all of these keys, or none when another holder that lives has one.
   * A key that this holder has claimed already goes over to the new token.
   *
   * @param token names the claim; never used before
   * @returns the rows in the order of keys; null when one is held elsewhere
   */
  claim(token: string, keys: readonly FileKey[]): Promise<(Expiration | null)[] | null>;

  /**
   * As `claim`, of one key, and as the same step make the change that `change` gives, which survives a loss of power
   * once this has resolved. A store may leave the method out.
   *
   * @param change waits for nothing, and is told the row; with nobody else working on the key. It may be asked again,
   *   and the last answer counts; null: nothing is changed
   */
  claimAndChange?(
    token: string,
    key: FileKey,
    change: (row: Expiration | null) => RowChange | null,
  ): Promise<(Expiration | null)[] | null>;

  /**
   * Do `work`, which waits for nothing, while no claim is on the key and none can be made, if the key has no row
   * either. As good as a claim for what takes no longer, and cheaper. A store may leave the method out.
   *
   * @returns what `work` returned; null: the key is not free, or that can't be told at once, and it was not done
   * @throws what `work` threw; as `claim`, when the database does not answer
   */
  whileFree?<T>(key: FileKey, work: () => T): T | null;

  /**
   * Do `work`, which waits for nothing and asks `whileFree` for several keys: what has to be locked for that is locked
   * once, from the first to the end. A store may leave the method out.
   *
   * @throws what `work` threw; as `claim`, when the database does not answer
   */
  together?(work: () => void): void;

  /**
   * Whether a claim is still this holder's to act on: false once the lock that
   * it lives by was lost, so that others may have taken it over.
   */
  isHeld(token: string): Promise<boolean>;

  /** A generation that no row later than now has, and no row of now exceeds. */
  newestGeneration(): Promise<number>;

  /**
   * Claim rows that are due at `now` (see `dueOf`) and that nobody has claimed,
   * this holder included. Fresh ones come in order of due time, ripe ones of
   * `retryAt`, then generation; failed ones in order of generation.
   *
   * @param selection default `fresh`
   * @returns none only if no such row is left after `after`, as a purge ends with it: where others have just claimed
   *   all that was found, what comes next
   */
  claimDue(
    token: string,
    now: number,
    limit: number,
    after: DuePosition | null,
    selection?: DueSelection,
  ): Promise<DueRow[]>;

  /**
   * Apply changes and give the claim back, all in one step. A row that is
   * changed gets a new generation. Changes without `ifGeneration` are made only
   * under a claim that still holds; else nothing is changed and it rejects with
   * `RemoteConnectionError`.
   *
   * @returns the generations of all `ifGeneration` whose row was there and has been changed
   */
  settle(token: string, changes: readonly RowChange[], options?: SettleOptions): Promise<ReadonlySet<number>>;

  /** Drop the claims of holders that are dead. A purge begins with it. */
  releaseDead(): Promise<void>;

  /**
   * The first namespace with a row after this one, in code-point order; null: none.
   * A store may leave it out; a check then finds rows only of namespaces that are in the storage.
   */
  nextNamespace?(after: string): Promise<string | null>;

  /** What is due at `now`, whoever may have claimed it: for those who watch over the purge. */
  overdue(now: number): Promise<Overdue>;
}
