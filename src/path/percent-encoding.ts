/** Percent-encode all but RFC 3986's unreserved characters, so that a URL is safe in HTML, in shells and in headers. */
export function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
