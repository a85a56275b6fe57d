/**
 * Which filesystems are directories of another without being a `SubFS` by
 * class. They are kept here rather than asked, as `instanceof` must not throw:
 * a prototype, or a proxy, has none of the private members that would tell.
 */

const opened = new WeakSet<object>();

/** Have a filesystem count as a `SubFS`, whatever else it is: for what `openDir` gives where that is none by class. */
export function markOpenedDirectory(fs: object): void {
  opened.add(fs);
}

/** Whether it was marked. */
export function isOpenedDirectory(value: unknown): boolean {
  return opened.has(value as object);
}
