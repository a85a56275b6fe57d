import { isMediaType } from '../../path/media-type.js';
import type { StageOptions } from '../essentials.js';
import type { Info } from '../info.js';

/** What of a file a copy of it is written with, beside its bytes. What others have stored on S3 may have a type that is none. */
export function keptOptions({
  contentType,
  filename,
}: Pick<Info, 'contentType' | 'filename'>): Pick<StageOptions, 'contentType' | 'filename'> {
  return {
    ...(contentType === undefined || !isMediaType(contentType) ? {} : { contentType }),
    ...(filename === undefined ? {} : { filename }),
  };
}
