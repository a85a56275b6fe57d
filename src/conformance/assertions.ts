/** Assertions that node:assert has not. */
import assert from 'node:assert/strict';
import { FSError } from '../errors/errors.js';
import type { Meta } from '../fs/capabilities.js';
import type { Info } from '../fs/info.js';

type ErrorClass = { readonly name: string; readonly prototype: Error };

/** Assert that `promise` rejects with exactly this class, its name as `code`, and `path` where given. */
export async function rejectsWith(
  promise: Promise<unknown>,
  Class: ErrorClass,
  path?: string,
): Promise<void> {
  const error = await rejectionOf(promise);
  const told = error instanceof Error ? error.stack : String(error);
  assert.equal((error as Error | undefined)?.name, Class.name, `expected ${Class.name}, got ${told}`);
  if (!(Class.prototype instanceof FSError)) return;
  assert.equal((error as FSError).code, Class.name);
  if (path !== undefined) assert.equal((error as FSError).path, path, told);
}

/** What `promise` rejects with; resolving fails the test. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  return assert.fail(`expected a rejection, not ${JSON.stringify(value)}`);
}

/** Assert that `actual` has all that `expected` has, at any depth; it may have more. */
export function assertMatches(actual: unknown, expected: unknown): void {
  assert.deepEqual(partOf(actual, expected), expected);
}

/** Assert that a write returned what is told later; a storage far away may not have told the time at once. */
export function assertSameFile(written: Info, found: Info, { network }: Meta): void {
  if (!network) {
    assert.deepEqual(written, found);
    return;
  }
  assert.deepEqual({ ...written, modified: found.modified }, found);
  assert.ok(Math.abs(written.modified.getTime() - found.modified.getTime()) < 60_000);
}

function partOf(actual: unknown, expected: unknown): unknown {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return actual;
    return actual.map((item, i) => (i < expected.length ? partOf(item, expected[i]) : item));
  }
  const isPlain =
    typeof expected === 'object' && expected !== null && Object.getPrototypeOf(expected) === Object.prototype;
  if (!isPlain || typeof actual !== 'object' || actual === null) return actual;
  return Object.fromEntries(
    Object.entries(expected).map(([key, value]) => [
      key,
      partOf((actual as Record<string, unknown>)[key], value),
    ]),
  );
}

export async function collect(infos: AsyncIterable<Info>): Promise<Info[]> {
  const all: Info[] = [];
  for await (const info of infos) all.push(info);
  return all;
}

export async function pathsOf(infos: AsyncIterable<Info>): Promise<string[]> {
  return (await collect(infos)).map(({ path }) => path);
}
