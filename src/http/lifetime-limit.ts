/** How long the router lets clients keep what they upload. */
import { z } from 'zod';
import { badRequest } from './http-problem.js';

/** How long uploaded files are kept, in seconds from when they are stored. */
export interface LifetimeOptions {
  /** The most that a client may ask for; default no limit. */
  max?: number;
  /** For an upload that names no deadline; default `max`, or none without it. */
  default?: number;
}

/** The router option `lifetime`, with its defaults filled in. */
export interface LifetimeLimit {
  /** Seconds; `Infinity` for no limit. */
  readonly max: number;
  /** Seconds for an upload that names no deadline; undefined: its path keeps the deadline that it has. */
  readonly default: number | undefined;
}

/** Well before the last moment that a date can tell, which is 8.64e12. */
const MAX_LIFETIME_SECONDS = 8e12;
const LIFETIME_WANTS = 'must be a number of seconds, 0 or more';
const lifetimeSeconds = z
  .number({ error: LIFETIME_WANTS })
  .min(0, LIFETIME_WANTS)
  .max(MAX_LIFETIME_SECONDS, `must be at most ${MAX_LIFETIME_SECONDS}`);

/** Of the option, to the limit that it makes. */
export const lifetimeSchema = z
  .strictObject(
    { max: lifetimeSeconds.optional(), default: lifetimeSeconds.optional() },
    'must be { max, default }',
  )
  .transform(({ max = Number.POSITIVE_INFINITY, default: named }) => ({
    max,
    default: named ?? (max === Number.POSITIVE_INFINITY ? undefined : max),
  }))
  .refine(({ max, default: named = 0 }) => named <= max, {
    path: ['default'],
    error: 'must not be more than lifetime.max',
  });

const SECONDS_PER_DAY = 86_400;

/** @throws HttpProblem 400: the sum is more than the limit */
export function requireLifetime({ max }: LifetimeLimit, seconds: number, days: number): void {
  if (seconds + days * SECONDS_PER_DAY > max) throw badRequest(`${limitOf(max)}.`);
}

/** @throws HttpProblem 400: nothing is kept for ever here */
export function requireMortal({ max }: LifetimeLimit): void {
  if (max !== Number.POSITIVE_INFINITY) throw badRequest(`${limitOf(max)}, so it must have a deadline.`);
}

function limitOf(max: number): string {
  return `A file is kept for at most ${max} seconds here`;
}
