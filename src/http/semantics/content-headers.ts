/** What a served file is said to be. */
import { MEDIA_TYPE, mediaTypeOfName } from '../../path/media-type.js';

/** What clients send that know nothing of a file: curl's default for bodies, and everybody's for bytes. */
const SAYS_NOTHING = /^(?:application\/octet-stream|application\/x-www-form-urlencoded|multipart\/.*)$/i;

/** The media type of a file, without a charset of ours: what was kept with it, else by its name. */
export function mediaTypeOf(info: { name: string; contentType?: string | undefined }): string {
  const kept = info.contentType;
  if (kept !== undefined && MEDIA_TYPE.test(kept)) return kept;
  return mediaTypeOfName(info.name);
}

/** The type that a client gave its upload, when it says something; a name says more than a default. */
export function declaredMediaType(field: string | undefined): string | undefined {
  const type = MEDIA_TYPE.exec(field?.trim() ?? '');
  if (type === null || SAYS_NOTHING.test(type[1] ?? '') || type[0].length > 255) return undefined;
  return type[0];
}
