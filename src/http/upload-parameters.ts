/** What a client says about its upload, in the query or in form fields: one set of checks for both. */
import { deadlineAfter } from '../expirations/lifetime.js';
import type { NamespaceFS } from '../namespaces/namespace-filesystem.js';
import { badRequest } from './http-problem.js';
import type { LifetimeLimit } from './lifetime-limit.js';
import { requireLifetime } from './lifetime-limit.js';
import type { SignedUpload } from './signed-request.js';

const NAMES = ['seconds', 'days', 'timeout', 'filename'] as const;
type ParameterName = (typeof NAMES)[number];

/** A plain decimal: no sign, no exponent, no hexadecimal, no space. It can be read in one way only, or matching it would take long. */
const DECIMAL = /^(?:\d+(?:\.\d*)?|\.\d+)$/;
/** More than any number that means something. */
const MOST_DIGITS = 100;

export function isParameterName(name: string): name is ParameterName {
  return (NAMES as readonly string[]).includes(name);
}

/** What a client has no say in. */
export interface UploadBounds {
  /** Null: none. */
  readonly lifetime: LifetimeLimit | null;
  /** What a signed URL has settled; null for none. */
  readonly signed: SignedUpload | null;
}

const NO_BOUNDS: UploadBounds = { lifetime: null, signed: null };

/** Collects the parameters of one upload; each may be given once. */
export class UploadParameters {
  readonly #given = new Set<ParameterName>();
  readonly #settled = new Set<ParameterName>();
  readonly #fs: NamespaceFS;
  readonly #now: () => number;
  readonly #lifetime: { seconds?: number; days?: number } = {};
  readonly #until: number | null;
  readonly #limit: LifetimeLimit | null;
  #timeout: number | undefined;
  #filename: string | undefined;

  constructor(fs: NamespaceFS, now: () => number, { lifetime, signed }: UploadBounds = NO_BOUNDS) {
    this.#fs = fs;
    this.#now = now;
    this.#until = signed?.until ?? null;
    this.#limit = lifetime;
    if (signed !== null) for (const name of NAMES) this.#settled.add(name);
  }

  /** How long the file lives; neither key: its path keeps the deadline that it has. */
  get lifetime(): { seconds?: number; days?: number } {
    // A deadline that has passed meanwhile is one all the same.
    if (this.#until !== null) return { seconds: Math.max(0, this.#until - this.#now()) / 1000 };
    const { seconds, days } = this.#lifetime;
    const usual = this.#limit?.default;
    return seconds === undefined && days === undefined && usual !== undefined
      ? { seconds: usual }
      : this.#lifetime;
  }

  /** Seconds that the returned URLs shall work. */
  get timeout(): number | undefined {
    return this.#timeout;
  }

  /** Name for the file, when the form has a single one. */
  get filename(): string | undefined {
    return this.#filename;
  }

  /** Take what is in a query. @returns as `check` @throws HttpProblem 400 */
  addQuery(query: URLSearchParams): Promise<void> | undefined {
    for (const [name, value] of query) {
      if (isParameterName(name) && !this.#settled.has(name)) this.add(name, value);
    }
    return this.check();
  }

  /** @throws HttpProblem 400: not a number, or given before */
  add(name: ParameterName, value: string): void {
    if (this.#settled.has(name)) throw badRequest(`${name} is settled by the URL.`);
    if (this.#given.has(name)) throw badRequest(`${name} is given twice.`);
    this.#given.add(name);
    if (name === 'filename') {
      if (value !== '') this.#filename = value; // An unfilled input asks for nothing.
      return;
    }
    const isDecimal = value.length <= MOST_DIGITS && DECIMAL.test(value);
    const number = isDecimal ? Number(value) : Number.NaN;
    if (!Number.isFinite(number)) throw badRequest(`${name} must be a decimal number of 0 or more.`);
    if (name === 'timeout') this.#timeout = number;
    else this.#lifetime[name] = number;
  }

  /**
   * Whether mayfly will take the numbers, asked before anything is stored.
   * @returns undefined where nobody has to be waited for
   * @throws HttpProblem 400
   */
  check(): Promise<void> | undefined {
    const { seconds = 0, days = 0 } = this.#lifetime;
    if (this.#limit !== null) requireLifetime(this.#limit, seconds, days);
    const now = this.#now();
    try {
      deadlineAfter(now, seconds, days);
    } catch (error) {
      throw outOfRange(error);
    }
    return this.#timeout === undefined ? undefined : this.#checkTimeout(this.#timeout);
  }

  async #checkTimeout(timeout: number): Promise<void> {
    try {
      await this.#fs.getUrl('file', timeout);
    } catch (error) {
      throw outOfRange(error);
    }
  }
}

function outOfRange(error: unknown): unknown {
  return error instanceof RangeError ? badRequest('A number of seconds or days is out of range.') : error;
}
