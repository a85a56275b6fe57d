/** Taking canonical paths (see `normalize.ts`) apart and putting them together. */

/** Join canonical parts; empty ones vanish. */
export function joinPath(...parts: string[]): string {
  return parts.filter((part) => part !== '').join('/');
}

/** The path of the directory that holds `path`; of the root, the root. */
export function dirname(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '' : path.slice(0, slash);
}

/** The last component; of the root, the empty string. */
export function basename(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Every directory above `path`, nearest first, without the root. */
export function ancestors(path: string): string[] {
  const above: string[] = [];
  for (let parent = dirname(path); parent !== ''; parent = dirname(parent)) above.push(parent);
  return above;
}

/** Whether `path` is `base` or lies below it, component by component: `foobar` is not below `foo`. */
export function isWithin(base: string, path: string): boolean {
  return base === '' || path === base || path.startsWith(`${base}/`);
}

/** The way from `base` to `path`, which is `base` (then: the empty string) or lies below it. */
export function relativePath(base: string, path: string): string {
  return base === '' ? path : path.slice(base.length + 1);
}

/**
 * Split a name at its last dot. A leading dot is part of the stem, and so is
 * everything before the last dot: `.env` has no extension, `a.tar.gz` has `.gz`.
 */
export function splitExtension(name: string): { stem: string; extension: string } {
  const dot = name.lastIndexOf('.');
  if (dot <= 0) return { stem: name, extension: '' };
  return { stem: name.slice(0, dot), extension: name.slice(dot) };
}

/**
 * Order of names by Unicode code point, the order of every listing. It is that
 * of UTF-8 bytes, so S3 lists in it too; JavaScript's `<` compares UTF-16 units
 * and puts emoji before U+E000 and later.
 */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const xSurrogate = x >= 0xd800 && x <= 0xdfff;
    const ySurrogate = y >= 0xd800 && y <= 0xdfff;
    if (xSurrogate === ySurrogate) return x - y;
    return xSurrogate ? (y >= 0xe000 ? 1 : x - y) : x >= 0xe000 ? -1 : x - y;
  }
  return a.length - b.length;
}
