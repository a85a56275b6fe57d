/**
 * Keeps files and their deadlines together, whatever else happens to the path
 * at the same time and wherever the process dies.
 *
 * Every operation that changes a path with a deadline, or gives one to a path,
 * holds that path alone: within the process by a mutex, among processes by a
 * claim in the store. A purge holds it too while it removes the file, so
 * whatever has been acknowledged is either before the removal or is respected
 * by it. A write that changes the deadline first records an intent, so that a
 * crash leaves the old file with the old deadline or the new with the new.
 */
import type { Clock } from '../clock/clock.js';
import type { Moment } from '../clock/moment.js';
import {
  DestinationExists,
  FileExists,
  OperationTimeout,
  RemoteConnectionError,
  ResourceNotFound,
} from '../errors/errors.js';
import type { Expiration, FileKey } from './expiration.js';
import type { ExpirationStore, FindOptions, RowChange } from './expiration-store.js';
import type { Held } from './held-keys.js';
import { HeldKeys } from './held-keys.js';

/** Tells what is stored at a key: a text that differs for different contents, null for nothing. */
export type ValidatorOf = (key: FileKey) => Promise<string | null>;

/** Whether it is certain at once that nothing is stored at a key. */
export type IsFreeNow = (key: FileKey) => boolean;

/** From the moment of publishing (ms since the epoch) to the deadline. */
export type DeadlineFrom = (now: number) => number;

/** A deadline that is going to be `deadline` instead of `current`. */
interface Succession {
  readonly current: number | null;
  readonly deadline: number | null;
}

/** A publish that would change the deadline. */
interface Attempt extends Succession {
  /** Validator of what was stored before. */
  readonly before: string | null;
  /** A file was there before. */
  readonly seen: boolean;
}

export class Ledger {
  readonly #store: ExpirationStore;
  readonly #keys: HeldKeys;
  readonly #clock: Clock;
  readonly #validatorOf: ValidatorOf;
  readonly #isFreeNow: IsFreeNow;

  /** @param isFreeNow default: it never is */
  constructor(
    store: ExpirationStore,
    clock: Clock,
    validatorOf: ValidatorOf,
    isFreeNow: IsFreeNow = () => false,
  ) {
    this.#store = store;
    this.#keys = new HeldKeys(store);
    this.#clock = clock;
    this.#validatorOf = validatorOf;
    this.#isFreeNow = isFreeNow;
  }

  /** Deadlines of these keys in ms since the epoch, null where there is none. */
  async deadlines(keys: readonly FileKey[], options?: FindOptions): Promise<(number | null)[]> {
    const rows = await this.#store.find(keys, options);
    return Promise.all(rows.map((row) => this.effectiveDeadline(row)));
  }

  /** As `deadlines` with `recent`, of one key; undefined when it can't be told without waiting. */
  deadlineNow(key: FileKey, moment?: Moment): number | null | undefined {
    const row = this.#store.findNow?.(key, moment);
    if (row === undefined || row === null) return row;
    return row.intent === null ? row.deadline : undefined;
  }

  /** The deadline that holds: the row's, or its intent's when what is stored shows that the write went through. */
  async effectiveDeadline(row: Expiration | null): Promise<number | null> {
    if (row === null) return null;
    if (row.intent === null) return row.deadline;
    // Asked again where nothing is found: a storage that was away for that moment only makes no write of it.
    const stored = (await this.#validatorOf(row)) ?? (await this.#validatorOf(row));
    return stored === row.intent.before ? row.deadline : row.intent.deadline;
  }

  /**
   * Give a path a deadline; null takes it away.
   * @param isSeen whether a file is at the path, as far as is known; asked with everyone else held off
   * @param check throws what stands against it; asked the same way, before anything is changed
   */
  expire(
    key: FileKey,
    deadline: number | null,
    isSeen: () => Promise<boolean>,
    check?: () => Promise<void>,
  ): Promise<void> {
    return this.#keys.hold([key], async (held) => {
      await check?.();
      return held.settle([rowWith(key, deadline, deadline !== null && (await isSeen()))]);
    });
  }

  /**
   * Publish a file at a path, with its deadline.
   * @param deadlineFrom gives the new deadline; null keeps the path's, unless that has passed: then the file has none
   * @param publish is told the deadline that the file will have, and the one that the path has had until then
   */
  publish<T>(
    key: FileKey,
    deadlineFrom: DeadlineFrom | null,
    publish: (deadline: number | null, current: number | null) => Promise<T>,
  ): Promise<T> {
    let begun: Attempt | null = null;
    const beginning = () => {
      const plan = this.#planned(deadlineFrom);
      return (row: Expiration | null): RowChange | null => {
        begun = this.#attemptNow(key, row, plan);
        return begun && rowOfAttempt(key, begun);
      };
    };
    return this.#keys.holdChanging(key, beginning, async (held) => {
      if (begun !== null) {
        const { deadline, current } = begun;
        return this.#carryOut(held, key, begun, () => publish(deadline, current));
      }
      const [row = null] = held.rows;
      const plan = this.#planned(deadlineFrom);
      const { current, deadline } = plan(await this.effectiveDeadline(row));
      return this.#withIntent(held, key, row, deadline, () => publish(deadline, current));
    });
  }

  /**
   * As `publish`, of a new file that has no deadline, by `create`, which waits for nothing and is called when the event
   * loop turns.
   * @param create is told the moment, within which directories need be looked at once for all who create files in it
   * @returns null: the path is in use, has a deadline or may have one, or `create` said so; nothing was done
   */
  createSoon<T>(key: FileKey, create: (moment: Moment) => T | null): Promise<T | null> {
    return this.#keys.whileFree(key, create);
  }

  /** Run `work`, which changes what tells contents apart but not the content, with everyone else held off. */
  alone<T>(key: FileKey, work: () => Promise<T>): Promise<T> {
    return this.#keys.hold([key], async (held) => {
      const [row = null] = held.rows;
      const settled: RowChange[] =
        row?.intent == null ? [] : [rowWith(key, await this.effectiveDeadline(row), row.seen)];
      if (settled.length > 0) await held.settle(settled, { keepClaim: true });
      return work();
    });
  }

  /**
   * Whether a write of this path was broken off. Whoever holds the path is waited for: a write that goes on is none.
   * @param fix make firm the deadline that holds
   * @throws HeldForLong
   */
  isBrokenOff(key: FileKey, fix: boolean): Promise<boolean> {
    return this.#keys.hold([key], async (held) => {
      const [row = null] = held.rows;
      if (row === null || row.intent === null) return false;
      if (fix) await held.settle([rowWith(key, await this.effectiveDeadline(row), row.seen)]);
      return true;
    });
  }

  /** Wait for all that is under way. */
  idle(): Promise<void> {
    return this.#keys.idle();
  }

  /** Remove a file and forget its deadline, also when there is no file (`remove` then throws `ResourceNotFound`). */
  remove<T>(key: FileKey, remove: () => Promise<T>): Promise<T> {
    return this.#keys.hold([key], async (held) => {
      const forget: RowChange[] = held.rows[0] == null ? [] : [{ ...key, remove: true }];
      try {
        const result = await remove();
        await held.settle(forget);
        return result;
      } catch (error) {
        if (error instanceof ResourceNotFound) await held.settle(forget);
        throw error;
      }
    });
  }

  /** Forget a path's deadline if `gone` says so, with everyone else held off. */
  forgetIf(key: FileKey, gone: () => Promise<boolean>): Promise<void> {
    return this.#keys.hold([key], async (held) =>
      held.settle((await gone()) ? [{ ...key, remove: true }] : []),
    );
  }

  /** Move a file; the destination gets the source's deadline, none included. */
  move<T>(from: FileKey, to: FileKey, move: () => Promise<T>): Promise<T> {
    return this.#keys.hold([from, to], async (held) => {
      const [source = null, destination = null] = held.rows;
      const deadline = await this.effectiveDeadline(source);
      const forgetSource: RowChange[] = source === null ? [] : [{ ...from, remove: true }];
      return this.#withIntent(held, to, destination, deadline, move, forgetSource);
    });
  }

  /**
   * Publish between recording that this brings `deadline` and making it so.
   * When publishing fails, what is stored decides which deadline holds.
   */
  async #withIntent<T>(
    held: Held,
    key: FileKey,
    row: Expiration | null,
    deadline: number | null,
    publish: () => Promise<T>,
    along: readonly RowChange[] = [],
  ): Promise<T> {
    const current = await this.effectiveDeadline(row);
    // With a row there is no short cut, also when its deadline stays: a purge that found the path
    // empty a moment ago may be about to forget the row that it read, so there must be a new one.
    if (row === null && deadline === null) {
      const result = await publish();
      await this.#settleDone(held, [], along);
      return result;
    }
    const before = await this.#validatorOf(key);
    const attempt = { current, deadline, before, seen: before !== null || row?.seen === true };
    await held.settle([rowOfAttempt(key, attempt)], { keepClaim: true });
    return this.#carryOut(held, key, attempt, publish, along);
  }

  /** Publish once the intent is recorded. */
  async #carryOut<T>(
    held: Held,
    key: FileKey,
    attempt: Attempt,
    publish: () => Promise<T>,
    along: readonly RowChange[] = [],
  ): Promise<T> {
    let result: T;
    try {
      result = await publish();
    } catch (error) {
      await this.#settleFailed(held, key, attempt, error).catch(() => {});
      throw error;
    }
    await this.#settleDone(held, [rowWith(key, attempt.deadline, true)], along);
    return result;
  }

  /** What is going to be the deadline of a file that is published now, by the one that its path has. */
  #planned(deadlineFrom: DeadlineFrom | null): (current: number | null) => Succession {
    const now = this.#clock();
    const given = deadlineFrom === null ? null : deadlineFrom(now);
    return (current) => {
      const kept = current !== null && current <= now ? null : current;
      return { current, deadline: deadlineFrom === null ? kept : given };
    };
  }

  /**
   * What a publish is going to change, while the path is being claimed.
   * @returns null: nothing, or what is stored can't be told at once
   */
  #attemptNow(
    key: FileKey,
    row: Expiration | null,
    plan: (current: number | null) => Succession,
  ): Attempt | null {
    if (row !== null && row.intent !== null) return null;
    const planned = plan(row?.deadline ?? null);
    if (row === null && planned.deadline === null) return null;
    return this.#isFreeNow(key) ? { ...planned, before: null, seen: row?.seen === true } : null;
  }

  /**
   * After a publish. To lose what is said of its own path, with the power or
   * because the store fails, is harmless: what is stored says the same. What
   * goes along can be told from nothing else, so it must be kept.
   */
  async #settleDone(held: Held, own: readonly RowChange[], along: readonly RowChange[]): Promise<void> {
    const settled = held.settle([...own, ...along], { durable: along.length > 0, lazy: true });
    await (along.length > 0 ? settled : settled.catch(() => {}));
  }

  /**
   * What is stored decides which deadline holds after a publish that failed.
   * Where that can't be seen now, the intent stays; so it does where nobody
   * answered, for what was asked for may still be done when nobody looks any
   * more. Who next changes the path settles it, or a purge when one of the two
   * deadlines comes.
   */
  async #settleFailed(
    held: Held,
    key: FileKey,
    { current, deadline, before, seen }: Attempt,
    error: unknown,
  ): Promise<void> {
    const unanswered = error instanceof RemoteConnectionError || error instanceof OperationTimeout;
    if (unanswered && deadline !== current) return;
    const refused = error instanceof FileExists || error instanceof DestinationExists;
    const happened = !refused && (await this.#validatorOf(key)) !== before;
    await held.settle([rowWith(key, happened ? deadline : current, happened || seen)]);
  }
}

function rowOfAttempt(key: FileKey, { current, deadline, before, seen }: Attempt): RowChange {
  const { namespace, path } = key;
  return { namespace, path, deadline: current, intent: { deadline, before }, seen };
}

function rowWith(key: FileKey, deadline: number | null, seen: boolean): RowChange {
  const { namespace, path } = key;
  if (deadline === null) return { namespace, path, remove: true };
  return { namespace, path, deadline, intent: null, seen };
}
