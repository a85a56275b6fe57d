import { InvalidNamespace } from '../errors/errors.js';

const NAMESPACE = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/;

/** Whether a namespace may have this name: 1 to 128 of `A-Z a-z 0-9 . _ -`, not starting with a dot. */
export function isNamespaceName(name: unknown): name is string {
  return typeof name === 'string' && NAMESPACE.test(name);
}

/** @throws InvalidNamespace `name` is not a legal namespace name */
export function checkNamespaceName(name: string): void {
  if (!isNamespaceName(name)) throw new InvalidNamespace(String(name));
}
