/**
 * The `code` of an error of Node or a driver, such as `ENOENT`; else the empty
 * string. No `instanceof Error`: under jest, and in any other vm context,
 * Node's own errors are of another realm's `Error`.
 */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}
