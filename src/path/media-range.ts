/** Media ranges such as `image/*` (RFC 9110 section 12.5.1, without parameters and weights). */

const TOKEN = "[!#$%&'+.^_`|~0-9A-Za-z-]+";
const RANGE = new RegExp(`^(?:\\*/\\*|${TOKEN}/\\*|${TOKEN}/${TOKEN})$`);

/** Names of one thing, by the one that is used here. */
const ALIASES: Readonly<Record<string, string>> = {
  'image/jpg': 'image/jpeg',
  'image/pjpeg': 'image/jpeg',
  'image/x-png': 'image/png',
  'image/vnd.microsoft.icon': 'image/x-icon',
  'image/x-ms-bmp': 'image/bmp',
  'text/xml': 'application/xml',
  'application/x-zip-compressed': 'application/zip',
  'application/x-gzip': 'application/gzip',
  'application/x-pdf': 'application/pdf',
  'audio/mp3': 'audio/mpeg',
  'audio/x-wav': 'audio/wav',
  'audio/vnd.wave': 'audio/wav',
  'audio/x-m4a': 'audio/mp4',
  'audio/m4a': 'audio/mp4',
  'audio/x-flac': 'audio/flac',
  'video/x-m4v': 'video/mp4',
};

/** Whether a text is a media type, all of one type, or everything. */
export function isMediaRange(text: string): boolean {
  return RANGE.test(text);
}

/** Whether one of the ranges takes a media type, whose parameters do not count. */
export function matchesRange(mediaType: string, ranges: readonly string[]): boolean {
  const type = canonical(mediaType);
  const [major] = type.split('/', 1);
  return ranges.some((range) => {
    const wanted = canonical(range);
    return wanted === '*/*' || wanted === `${major}/*` || wanted === type;
  });
}

function canonical(mediaType: string): string {
  const bare = (mediaType.split(';', 1)[0] ?? '').trim().toLowerCase();
  return (Object.hasOwn(ALIASES, bare) ? ALIASES[bare] : undefined) ?? bare;
}
