/**
 * Claims that are done with, and what is to be changed under them, of which the
 * database has not been told yet: a transaction costs more than what is in it,
 * so this goes along with another one.
 */
import type { Kysely } from 'kysely';
import type { RowChange } from '../expiration-store.js';
import { areCovered, giveBack, heldKeys } from './claims.js';
import { applyChanges } from './rows.js';
import type { Schema } from './schema.js';
import type { Script } from './script.js';

export class LateSettlements {
  readonly #changes = new Map<string, readonly RowChange[]>();

  get isEmpty(): boolean {
    return this.#changes.size === 0;
  }

  get tokens(): readonly string[] {
    return [...this.#changes.keys()];
  }

  add(token: string, changes: readonly RowChange[] = []): void {
    this.#changes.set(token, changes);
  }

  /** They went through. */
  forget(tokens: readonly string[]): void {
    for (const token of tokens) this.#changes.delete(token);
  }

  /** Where one script runs after the other: settle all, before anything else. */
  *settle(db: Kysely<Schema>): Script<void> {
    for (const [token, changes] of this.#changes) {
      // Not under a claim that is lost: whoever has it now has seen for himself what holds.
      const isOurs = changes.length > 0 && areCovered(changes, yield* heldKeys(db, token, false));
      if (isOurs) yield* applyChanges(db, changes, false);
    }
    yield* giveBack(db, this.tokens, false);
  }
}
