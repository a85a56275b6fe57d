/**
 * Options are spelled as here or as in a settings block of django-pyfs. They
 * are checked in one spelling, and what is wrong is told in the caller's own.
 */

/** `directoryRoot` as `directory_root`. */
type InSnakeCase<Name> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${InSnakeCase<Rest>}`
  : Name;

/** Options with their keys in camelCase, or all of them in snake_case, as a settings block of django-pyfs has them. */
export type EitherSpelling<Options> =
  | Options
  | (Options extends object ? { [Key in keyof Options as InSnakeCase<Key>]: Options[Key] } : never);

/** Objects of the caller's, which are not options but what options are about. */
const OPAQUE = new Set(['store', 'filesystem', 'client', 'logger']);

function inCamelCase(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * What a settings block of django-pyfs has left from osfs beside s3fs, where it means nothing. It is spelled as
 * there: in camelCase nothing is left over, but meant.
 */
function isLeftover(at: string, { type }: Record<string, unknown>, key: string, value: unknown): boolean {
  if (at !== 'storage' || type !== 's3fs') return false;
  return key === 'directory_root' || (key === 'url_root' && (value === null || value === ''));
}

/** The same options with every key in camelCase; a key that is there in both spellings is a problem. */
export function camelCased(value: unknown, at: string, problems: string[]): unknown {
  if (!isPlainObject(value)) return value;
  const result: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (isLeftover(at, value, key, inner)) continue;
    const camel = inCamelCase(key);
    const path = at === '' ? key : `${at}.${key}`;
    if (camel !== key && Object.hasOwn(value, camel))
      problems.push(`${path} is given in both spellings: drop one`);
    else {
      const own = OPAQUE.has(camel) ? inner : camelCased(inner, path, problems);
      Object.defineProperty(result, camel, { value: own, enumerable: true });
    }
  }
  return result;
}

/** The names of a path as the caller has spelled them; what he has not given keeps its name. A leftover of another spelling is not meant. */
export function asWritten(path: readonly PropertyKey[], options: unknown): string[] {
  let at = options;
  return path.map(String).map((name) => {
    if (!isPlainObject(at)) return name;
    const isExact = Object.hasOwn(at, name);
    const key = isExact ? name : (Object.keys(at).find((each) => inCamelCase(each) === name) ?? name);
    at = at[key];
    return key;
  });
}

/** As options are. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as unknown;
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}
