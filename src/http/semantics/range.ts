/** Byte ranges (RFC 9110 section 14). */

/** A part of a file that is sent: both ends inclusive, counted from 0. */
export interface ServedRange {
  readonly first: number;
  readonly last: number;
}

/** `whole`: send everything with 200, as if there was no `Range`. Several ranges are two or more. */
export type RangeOutcome = ServedRange | readonly ServedRange[] | 'whole' | 'unsatisfiable';

/**
 * Ranges in one answer. More serve nobody but who wants to make work (section
 * 17.15): each part costs some hundred bytes more than its own.
 */
export const MOST_RANGES = 50;

/** Longer fields are not looked at: `MOST_RANGES` of the largest numbers are shorter. */
const MOST_CHARACTERS = 2000;

const SPEC = /^(?:(\d+)-(\d*)|-(\d+))$/;

/**
 * Which part of a file a `Range` field asks for.
 *
 * A field that is not well-formed, or in another unit than bytes, is ignored
 * (section 14.2); so is one that asks for too many ranges. Of several the
 * satisfiable count, in the order in which they were asked for; those that
 * overlap or touch are made one (section 15.3.7.2).
 */
export function parseRange(field: string | undefined, sizeBytes: number): RangeOutcome {
  if (field === undefined || field.length > MOST_CHARACTERS) return 'whole';
  // Section 14.1: range units are case-insensitive.
  const set = /^bytes=(.*)$/is.exec(field)?.[1];
  if (set === undefined) return 'whole';
  const specs = set.split(',').map((spec) => spec.trim());
  const present = specs.filter((spec) => spec !== ''); // Section 5.6.1.2: empty members count for nothing.
  const outcomes = present.map((spec) => parseSpec(spec, sizeBytes));
  if (outcomes.length === 0 || outcomes.length > MOST_RANGES || outcomes.includes('whole')) return 'whole';
  const ranges = outcomes.filter((outcome) => typeof outcome !== 'string');
  if (ranges.length === 0) return 'unsatisfiable';
  const merged = merge(ranges);
  // Section 15.3.7.2: a single part needs no multipart, whatever was asked for.
  return merged.length === 1 ? (merged[0] as ServedRange) : merged;
}

function parseSpec(spec: string, sizeBytes: number): ServedRange | 'whole' | 'unsatisfiable' {
  const match = SPEC.exec(spec);
  if (match === null) return 'whole';
  const [, first, last, suffix] = match;
  if (suffix !== undefined) return lastBytes(Number(suffix), sizeBytes);
  const from = Number(first);
  const to = last === '' || last === undefined ? Number.POSITIVE_INFINITY : Number(last);
  if (to < from) return 'whole'; // Section 14.1.1: an int-range that ends before it begins is invalid.
  if (from >= sizeBytes) return 'unsatisfiable';
  return { first: from, last: Math.min(to, sizeBytes - 1) }; // Section 14.1.2: a last-pos past the end means the end.
}

/** Section 14.1.2: a suffix longer than the file means all of it; one of 0 bytes can't be satisfied. */
function lastBytes(count: number, sizeBytes: number): ServedRange | 'whole' | 'unsatisfiable' {
  if (count === 0) return 'unsatisfiable';
  // Satisfiable, but there is no Content-Range that tells of no bytes.
  if (sizeBytes === 0) return 'whole';
  return { first: Math.max(0, sizeBytes - count), last: sizeBytes - 1 };
}

/** Each byte once; a range stands where the first of those that went into it stood. */
function merge(ranges: readonly ServedRange[]): ServedRange[] {
  if (ranges.length === 1) return [...ranges];
  const byFirst = ranges
    .map((range, place) => ({ ...range, place }))
    .sort((a, b) => a.first - b.first || a.last - b.last);
  const merged: { first: number; last: number; place: number }[] = [];
  for (const range of byFirst) {
    const before = merged.at(-1);
    if (before === undefined || range.first > before.last + 1) merged.push(range);
    else {
      before.last = Math.max(before.last, range.last);
      before.place = Math.min(before.place, range.place);
    }
  }
  return merged.sort((a, b) => a.place - b.place).map(({ first, last }) => ({ first, last }));
}

/** `Content-Range` of a part (section 14.4). */
export function contentRange({ first, last }: ServedRange, sizeBytes: number): string {
  return `bytes ${first}-${last}/${sizeBytes}`;
}

/** `Content-Range` of a 416 (section 15.5.17). */
export function unsatisfiedRange(sizeBytes: number): string {
  return `bytes */${sizeBytes}`;
}

/** An answer of several parts. */
export interface Multipart {
  /** `Content-Type` of the whole. */
  readonly contentType: string;
  /** What comes before the bytes of each part. */
  readonly heads: readonly string[];
  /** What comes after the last. */
  readonly tail: string;
  /** Of all together. */
  readonly lengthBytes: number;
}

/**
 * Frame several ranges as `multipart/byteranges` (section 14.6).
 * @param contentType of the file, if it has one
 * @param boundary that does not occur in the file: random
 */
export function frameRanges(
  ranges: readonly ServedRange[],
  sizeBytes: number,
  contentType: string | undefined,
  boundary: string,
): Multipart {
  const type = contentType === undefined ? '' : `Content-Type: ${contentType}\r\n`;
  const heads = ranges.map(
    (range, i) =>
      `${i === 0 ? '' : '\r\n'}--${boundary}\r\n${type}Content-Range: ${contentRange(range, sizeBytes)}\r\n\r\n`,
  );
  const tail = `\r\n--${boundary}--\r\n`;
  const framing = heads.reduce((sum, head) => sum + head.length, tail.length);
  const bytes = ranges.reduce((sum, { first, last }) => sum + last - first + 1, framing);
  return { contentType: `multipart/byteranges; boundary=${boundary}`, heads, tail, lengthBytes: bytes };
}
