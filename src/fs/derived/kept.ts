import type { StageOptions } from '../essentials.js';
import type { Info } from '../info.js';

/** What of a file a copy of it is written with, beside its bytes. */
export function keptOptions({
  contentType,
  filename,
}: Pick<Info, 'contentType' | 'filename'>): Pick<StageOptions, 'contentType' | 'filename'> {
  return {
    ...(contentType === undefined ? {} : { contentType }),
    ...(filename === undefined ? {} : { filename }),
  };
}
