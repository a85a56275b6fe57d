/** What a browser shall do with a file: show or save it, and under which name. */
import { Buffer } from 'node:buffer';
import { basename } from './parts.js';
import { encodeSegment } from './percent-encoding.js';

/** As long as a name on disk may be. */
const MAX_FILENAME_BYTES = 255;

/** C0 controls, DEL, C1 controls, and those that reorder text, by which `gpj.exe` shows as `exe.jpg`. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/**
 * `Content-Disposition` that makes a browser save the file (RFC 6266).
 * `filename` is for the clients that know no other, so it has nothing that
 * they could misread; `filename*` has the name itself (RFC 8187).
 */
export function attachmentDisposition(name: string): string {
  return withName('attachment', lastComponent(name));
}

/** `Content-Disposition` that lets a browser show the file, and save it under this name if it is asked to. */
export function inlineDisposition(name: string): string {
  return withName('inline', lastComponent(name));
}

/**
 * Of a name to save a file under what can be kept: its last component, without
 * what can't be seen. It is told to clients and is never a path of ours. For
 * backends that keep `filename`.
 *
 * @param name as it was given to a write
 * @param path canonical, of the file
 * @returns undefined where nothing is left, or no more than `path` says by itself
 */
export function keptFilename(name: string | undefined, path: string): string | undefined {
  if (name === undefined) return undefined;
  const kept = visibleName(name);
  const isNone = /^\.*$/.test(kept) || Buffer.byteLength(kept) > MAX_FILENAME_BYTES;
  return isNone || kept === basename(path) ? undefined : kept;
}

/** The last component of a name that came from outside, in NFC and without what can't be seen; maybe nothing, or dots. */
export function visibleName(name: string): string {
  return lastComponent(name).replace(UNSEEN, '').trim().normalize('NFC');
}

/** The name in a `Content-Disposition` that `inlineDisposition` made; undefined for any other. */
export function inlineFilename(disposition: string | undefined): string | undefined {
  const [, plain, encoded] =
    /^inline; filename="([^"\\%]*)"(?:; filename\*=UTF-8''([\w.~!%'()*-]+))?$/.exec(disposition ?? '') ?? [];
  if (encoded === undefined) return plain;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined; // Somebody else's, after all.
  }
}

function lastComponent(name: string): string {
  return name
    .replace(/^.*[/\\]/s, '')
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, '')
    .toWellFormed();
}

function withName(type: 'attachment' | 'inline', name: string): string {
  if (name === '') return type;
  // RFC 6266 appendix D: no percent sign followed by digits, no backslash, no quote.
  const plain = name.replace(/[^\x20-\x7e]|["%\\]/gu, '_');
  const quoted = `${type}; filename="${plain}"`;
  return plain === name ? quoted : `${quoted}; filename*=UTF-8''${encodeSegment(name)}`;
}
