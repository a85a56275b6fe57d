/** Which compressed form of a file a client takes (RFC 9110 section 12.5.3). */

/** Codings by which a file may lie compressed beside itself, with the ending of its name; the best first. */
export const CODINGS = [
  { coding: 'br', ending: '.br' },
  { coding: 'zstd', ending: '.zst' },
  { coding: 'gzip', ending: '.gz' },
] as const;

export type Coding = (typeof CODINGS)[number]['coding'];

const WEIGHT = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/**
 * The codings that a client takes and does not like less than no coding at
 * all; what it likes most first, among equals the best.
 *
 * @param field `Accept-Encoding`; without one nothing was said, and nothing is coded
 */
export function acceptedCodings(field: string | undefined): Coding[] {
  if (field === undefined || field.trim() === '') return [];
  const weights = weightsOf(field);
  // Section 12.5.3: identity is acceptable unless it is ruled out; with no weight of its own anything beats it.
  const identity = weights.get('identity') ?? 0;
  return CODINGS.map(({ coding }) => ({ coding, weight: weights.get(coding) ?? weights.get('*') ?? 0 }))
    .filter(({ weight }) => weight > 0 && weight >= identity)
    .sort((a, b) => b.weight - a.weight)
    .map(({ coding }) => coding);
}

function weightsOf(field: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const member of field.split(',')) {
    const [name = '', ...parameters] = member.split(';').map((part) => part.trim().toLowerCase());
    if (name === '') continue;
    const coding = name === 'x-gzip' ? 'gzip' : name; // Section 8.4.1.3.
    const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    // A weight that can't be read says no: to send as is is never wrong.
    weights.set(coding, q === undefined ? 1 : WEIGHT.test(q) ? Number(q) : 0);
  }
  return weights;
}
