/**
 * What is at hand for requests that came in together.
 *
 * Under load a turn of the event loop brings many requests, whose first bytes
 * were all there before any of them is looked at. What one of them is told
 * holds for the others too: it was looked at after they had been sent. So each
 * file, each directory on the way to one and the lock of the database are
 * looked at once a turn.
 *
 * A second request on a connection may have been sent later than that, and so
 * may all that comes when a turn takes long (libuv asks again within a turn
 * when more than a thousand connections are ready): then it is looked up anew.
 */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Moment } from '../clock/moment.js';
import type { NamespaceFS, ServedFile } from '../namespaces/namespace-filesystem.js';

/** Longest time for which something looked up is told in a turn. */
const LONGEST_TURN_MS = 1;

export class LookUps {
  readonly #now: () => number;
  readonly #known = new Map<string, ServedFile>();
  readonly #connections = new Set<Socket>();
  #moment: Moment = Symbol();
  #began = Number.NEGATIVE_INFINITY;
  #ends = false;

  /** @param now in ms, on any clock that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * As `NamespaceFS.servedNow`.
   * @param socket by which the request came
   */
  get(fs: NamespaceFS, path: string, socket: Duplex): ServedFile | null {
    const moment = this.moment(socket);
    if (moment === undefined) return fs.servedNow(path);
    const key = `${fs.namespace}/${path}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const served = fs.servedNow(path, moment);
    if (served !== null) this.#known.set(key, served);
    return served;
  }

  /**
   * The moment of a request that is looked at now, for what is asked for once in each.
   * @param socket by which the request came
   * @returns undefined for one that was made up: nobody knows when it was sent
   */
  moment(socket: Duplex): Moment | undefined {
    if (!(socket instanceof Socket)) return undefined;
    const now = this.#now();
    if (this.#connections.has(socket) || now - this.#began > LONGEST_TURN_MS) this.#begin(now);
    this.#connections.add(socket);
    return this.#moment;
  }

  #begin(now: number): void {
    this.#forget();
    this.#moment = Symbol();
    this.#began = now;
    if (this.#ends) return;
    this.#ends = true;
    setImmediate(() => {
      this.#ends = false;
      this.#forget();
      this.#began = Number.NEGATIVE_INFINITY;
    });
  }

  #forget(): void {
    this.#known.clear();
    this.#connections.clear();
  }
}
