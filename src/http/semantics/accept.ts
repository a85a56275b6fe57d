/** Whether a client asks for JSON by name (RFC 9110 section 12.5.1). */

/** `*\/*` does not count: it is what browsers and curl send for a file. */
export function asksForJson(accept: string | undefined): boolean {
  // Spares nearly every request the parsing.
  if (accept === undefined || !/application\/json/i.test(accept)) return false;
  return accept.split(',').some((member) => {
    const [range = '', ...parameters] = member.split(';').map((part) => part.trim().toLowerCase());
    return range === 'application/json' && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
  });
}
