/**
 * One canonical form for every spelling of a path.
 *
 * Canonical: components joined by single slashes, no slash at either end, no
 * `.` or `..`; the root is the empty string. Paths are made so once, at the
 * door of a filesystem, and trusted from there on. Follows pyfilesystem2's
 * `fs.path.normpath`, without its leading slash.
 */
import { IllegalBackReference, InvalidPath } from '../errors/errors.js';

/** C0 controls, DEL and C1 controls: they split headers and log lines, and no one types them. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** An empty component, `.` or `..`, whichever of them there are. */
const NOT_CANONICAL = /^\/|\/\/|\/$|(?:^|\/)\.\.?(?:\/|$)/;

/**
 * @param path any spelling: `a/b`, `/a/b`, `a//b/./c/..`
 * @throws TypeError `path` is not a string
 * @throws InvalidPath a control character or a lone surrogate
 * @throws IllegalBackReference it climbs above its root
 */
export function normalizePath(path: string): string {
  if (typeof path !== 'string') throw new TypeError(`path must be a string, not ${typeof path}`);
  if (CONTROL.test(path))
    throw new InvalidPath(path, {
      message: `path ${JSON.stringify(path.slice(0, 200))} has a control character`,
    });
  if (!path.isWellFormed())
    throw new InvalidPath(path.toWellFormed(), {
      message: 'path has a lone surrogate: it is not valid Unicode',
    });
  if (!NOT_CANONICAL.test(path)) return path;
  const components: string[] = [];
  for (const component of path.split('/')) {
    if (component === '' || component === '.') continue;
    if (component !== '..') components.push(component);
    else if (components.pop() === undefined) throw new IllegalBackReference(path);
  }
  return components.join('/');
}

const encoder = new TextEncoder();

/**
 * Refuse a canonical path with a component that is too long for a disk.
 *
 * @param maxBytes of one component in UTF-8; 255 on every common file system
 * @throws InvalidPath a component is longer
 */
export function checkComponentLength(path: string, maxBytes: number): void {
  if (path.length <= maxBytes / 3) return; // no code unit takes more than three bytes
  for (const component of path.split('/')) {
    if (encoder.encode(component).length > maxBytes) {
      throw new InvalidPath(path, {
        message: `a component of the path is over ${maxBytes} bytes: shorten it`,
      });
    }
  }
}
