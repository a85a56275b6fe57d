/** Preconditions, in the order of RFC 9110 section 13.2.2. */
import type { IncomingHttpHeaders } from 'node:http';
import {
  entityTagOf,
  matchesStrongly,
  matchesWeakly,
  parseEntityTags,
  type Versioned,
} from './entity-tag.js';
import { parseHttpDate } from './http-date.js';

export type Outcome = 'proceed' | 'not-modified' | 'failed';

/** The fields that can make a request conditional. */
export type ConditionalHeaders = Pick<
  IncomingHttpHeaders,
  'if-match' | 'if-none-match' | 'if-modified-since' | 'if-unmodified-since'
>;

/** Whether a request that changes something may be refused for what it finds. */
export function isConditional(headers: ConditionalHeaders): boolean {
  const fields = [headers['if-match'], headers['if-none-match'], headers['if-unmodified-since']];
  return fields.some((field) => field !== undefined);
}

/**
 * Whether a method is to be carried out on what is there.
 * @param current null when there is no file
 * @returns `not-modified` (304) for GET and HEAD only; `failed` is 412
 */
export function evaluateConditions(
  method: string,
  headers: ConditionalHeaders,
  current: Versioned | null,
): Outcome {
  if (!mayChange(headers, current)) return 'failed';
  const reading = method === 'GET' || method === 'HEAD';
  const ifNoneMatch = headers['if-none-match'];
  // Steps 3 and 4: with If-None-Match, If-Modified-Since is ignored (section 13.1.3).
  if (ifNoneMatch !== undefined) {
    if (!matchesAny(ifNoneMatch, current, matchesWeakly)) return 'proceed';
    return reading ? 'not-modified' : 'failed';
  }
  return reading && unmodifiedSince(headers['if-modified-since'], current) ? 'not-modified' : 'proceed';
}

/** Steps 1 and 2: `If-Match`, else `If-Unmodified-Since`. */
function mayChange(headers: ConditionalHeaders, current: Versioned | null): boolean {
  const ifMatch = headers['if-match'];
  // Section 13.1.1: strong comparison, and false for `*` when there is nothing.
  if (ifMatch !== undefined) return matchesAny(ifMatch, current, matchesStrongly);
  const date = dateIn(headers['if-unmodified-since']);
  if (date === null) return true;
  return current !== null && wholeSeconds(current) <= date;
}

/**
 * Whether a Range is to be honoured (section 13.1.5): with no `If-Range`, or
 * when it names this very version.
 */
export function rangeStillApplies(ifRange: string | undefined, current: Versioned): boolean {
  if (ifRange === undefined) return true;
  const value = ifRange.trim();
  if (value.startsWith('"') || value.startsWith('W/')) return matchesStrongly(value, entityTagOf(current));
  // An exact match, not "earlier or equal". A client that has our entity tag must not send a date.
  const date = dateIn(value);
  return date !== null && date === wholeSeconds(current);
}

function matchesAny(
  field: string,
  current: Versioned | null,
  matches: (a: string, b: string) => boolean,
): boolean {
  if (current === null) return false;
  const tags = parseEntityTags(field);
  if (tags === '*') return true;
  const tag = entityTagOf(current);
  return tags.some((candidate) => matches(candidate, tag));
}

function unmodifiedSince(field: string | undefined, current: Versioned | null): boolean {
  const date = dateIn(field);
  return date !== null && current !== null && wholeSeconds(current) <= date;
}

/** A date that is not valid is ignored (sections 13.1.3 and 13.1.4). */
function dateIn(field: string | undefined): number | null {
  return field === undefined ? null : parseHttpDate(field.trim());
}

/** Dates in HTTP have whole seconds, so that is what a client can know. */
function wholeSeconds({ modified }: Versioned): number {
  return Math.floor(modified.getTime() / 1000) * 1000;
}
