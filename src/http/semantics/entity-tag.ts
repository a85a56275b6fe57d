/** Entity tags and how they compare (RFC 9110 section 8.8.3). */
import type { Info } from '../../fs/info.js';

const ENTITY_TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;
const LIST_MEMBER = /\s*((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")\s*(?:,|$)|\s*,/y;

/** What a filesystem tells of a file by which its versions are told apart. */
export type Versioned = Pick<Info, 'etag' | 'size' | 'modified'>;

/**
 * The entity tag of a file. A filesystem that has none gets a weak one of size
 * and time, as two changes within the time's grain would share it.
 */
export function entityTagOf(info: Versioned): string {
  if (info.etag !== undefined && ENTITY_TAG.test(info.etag)) return info.etag;
  return `W/"${info.size.toString(36)}-${info.modified.getTime().toString(36)}"`;
}

/**
 * The members of an `If-Match` or `If-None-Match` field.
 * @returns `*`, or the tags; what is not well-formed matches nothing and is left out with all that follows
 */
export function parseEntityTags(field: string): '*' | string[] {
  if (field.trim() === '*') return '*';
  const tags: string[] = [];
  const member = new RegExp(LIST_MEMBER);
  for (let match = member.exec(field); match !== null; match = member.exec(field)) {
    if (match[1] !== undefined) tags.push(match[1]);
    if (member.lastIndex >= field.length) break;
  }
  return tags;
}

/** Strong comparison: the same tag, and neither weak (section 8.8.3.2). */
export function matchesStrongly(a: string, b: string): boolean {
  return a === b && !a.startsWith('W/');
}

/** Weak comparison: the same opaque tag, weak or not (section 8.8.3.2). */
export function matchesWeakly(a: string, b: string): boolean {
  return opaque(a) === opaque(b);
}

function opaque(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}
