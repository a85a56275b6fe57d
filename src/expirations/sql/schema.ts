/** Tables of the expiration store, as kysely sees them. Times are ms since the epoch. */
import type { Generated } from 'kysely';

export interface ExpirationsTable {
  /** Primary key, given by the database and never again: a changed row is a new one. */
  generation: Generated<number>;
  namespace: string;
  path: string;
  deadline: number | null;
  /** 1 while a write that changes the deadline is under way; see `Intent`. */
  has_intent: number;
  intent_deadline: number | null;
  intent_before: string | null;
  /** Earliest moment at which a purge has to look at the row; see `dueOf`. */
  due: number | null;
  /** 1 when a file was at the path when the row was made or since. */
  seen: number;
  /** How many purges in a row could not remove the file. */
  failures: number;
  /** Moment from which trying again makes sense; null: it has not failed. */
  retry_at: number | null;
}

export interface ClaimsTable {
  namespace: string;
  path: string;
  holder: string;
  token: string;
}

export interface HoldersTable {
  holder: string;
}

export interface SettingsTable {
  name: string;
  value: string;
}

export interface Schema {
  mayfly_expirations: ExpirationsTable;
  mayfly_claims: ClaimsTable;
  mayfly_holders: HoldersTable;
  mayfly_settings: SettingsTable;
}
