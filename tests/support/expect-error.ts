import { expect } from '@jest/globals';
import type { FSError } from '../../src/errors/errors.js';

type ErrorClass = { readonly name: string; readonly prototype: Error };

/** Expect `promise` to reject with exactly this class, its name as `code`, and `path` where given. */
export async function expectError(
  promise: Promise<unknown>,
  Class: ErrorClass,
  path?: string,
): Promise<void> {
  const error = await rejectionOf(promise);
  expect({ name: (error as Error).name, stack: (error as Error).stack }).toMatchObject({ name: Class.name });
  if (Class.prototype instanceof RangeError || Class === RangeError || Class === TypeError) return;
  expect((error as FSError).code).toBe(Class.name);
  if (path !== undefined) expect((error as FSError).path).toBe(path);
}

/** What `promise` rejects with; resolving fails the test. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`expected a rejection, not ${JSON.stringify(value)}`);
}
