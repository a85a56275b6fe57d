/** Byte ranges (RFC 9110 section 14). */

/** Both ends inclusive, counted from 0. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** `whole`: send everything with 200, as if there was no `Range`. */
export type RangeOutcome = ByteRange | 'whole' | 'unsatisfiable';

const SPEC = /^(?:(\d+)-(\d*)|-(\d+))$/;

/**
 * Which part of a file a `Range` field asks for.
 *
 * A field that is not well-formed, or in another unit than bytes, is ignored
 * (section 14.2). So is one that asks for several ranges, which a server may
 * answer with the whole (section 14.2 again, last paragraph).
 */
export function parseRange(field: string | undefined, sizeBytes: number): RangeOutcome {
  // Section 14.1: range units are case-insensitive.
  const set = /^bytes=(.*)$/is.exec(field ?? '')?.[1];
  if (set === undefined) return 'whole';
  const specs = set.split(',').map((spec) => spec.trim());
  const present = specs.filter((spec) => spec !== ''); // Section 5.6.1.2: empty members count for nothing.
  const outcomes = present.map((spec) => parseSpec(spec, sizeBytes));
  if (outcomes.length === 0 || outcomes.includes('whole')) return 'whole';
  if (outcomes.every((outcome) => outcome === 'unsatisfiable')) return 'unsatisfiable';
  return outcomes.length === 1 ? (outcomes[0] as RangeOutcome) : 'whole';
}

function parseSpec(spec: string, sizeBytes: number): RangeOutcome {
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
function lastBytes(count: number, sizeBytes: number): RangeOutcome {
  if (count === 0) return 'unsatisfiable';
  // Satisfiable, but there is no Content-Range that tells of no bytes.
  if (sizeBytes === 0) return 'whole';
  return { first: Math.max(0, sizeBytes - count), last: sizeBytes - 1 };
}

/** `Content-Range` of a part (section 14.4). */
export function contentRange({ first, last }: ByteRange, sizeBytes: number): string {
  return `bytes ${first}-${last}/${sizeBytes}`;
}

/** `Content-Range` of a 416 (section 15.5.17). */
export function unsatisfiedRange(sizeBytes: number): string {
  return `bytes */${sizeBytes}`;
}
